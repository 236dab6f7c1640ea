import Foundation
import RLEditNN
import RLEditTensor
import Testing

@Suite("Squared gradients")
struct SquaredGradientsTests {
    private func network() throws -> Network {
        try Network(
            inputShape: [1, 6, 6],
            layers: [
                ("conv", Conv2D(1, 2, kernel: 3, padding: 1)), ("relu", Activation.relu), ("pool", MaxPool2D(2)),
                ("flatten", Flatten()), ("fc", Linear(18, 3)),
            ], random: RandomStream(seed: 2))
    }

    private func source(_ count: Int) throws -> TensorBatchSource {
        var random = RandomStream(seed: 6)
        let values = (0..<count * 36).map { _ in random.uniform(-1, 1) }
        return try TensorBatchSource(
            inputs: Tensor(values, shape: [count, 1, 6, 6]), targets: .classes((0..<count).map { $0 % 3 }))
    }

    /// One gradient of the mean cross entropy of some rows under these labels.
    private func gradient(_ source: TensorBatchSource, _ rows: Range<Int>, labels: [Int]) throws -> [Double] {
        let inputs = try source.batch(Array(rows)[...]).inputs
        return try network().gradient(inputs, .classes(labels), loss: .crossEntropy).parameters.flatMap(\.scalars)
            .map(Double.init)
    }

    private func expectClose(_ actual: [Tensor], _ expected: [Double]) {
        let values = actual.flatMap(\.scalars).map(Double.init)
        #expect(values.count == expected.count)
        #expect(zip(values, expected).allSatisfy { abs($0 - $1) <= 1e-5 * max(abs($1), 1e-3) })
    }

    @Test("are the mean of the squared gradients of single examples, or of groups", arguments: [1, 4])
    func observed(groupSize: Int) throws {
        let source = try source(10)
        var expected: [Double] = []
        let groups = stride(from: 0, to: 10, by: groupSize).map { $0..<min($0 + groupSize, 10) }
        for rows in groups {
            let own = try gradient(source, rows, labels: rows.map { $0 % 3 })
            if expected.isEmpty { expected = own.map { _ in 0 } }
            for index in own.indices { expected[index] += own[index] * own[index] / Double(groups.count) }
        }
        let actual = try network().squaredGradients(
            source, rows: Array(0..<10), labels: .observed(groupSize: groupSize))
        expectClose(actual, expected)
    }

    @Test("are weighted by the network's own probabilities where the labels are expected")
    func expected() throws {
        let source = try source(7)
        var expected: [Double] = []
        for row in 0..<7 {
            let scores = try network().forward(source.batch([row][...]).inputs).scalars.map(Double.init)
            let sum = scores.reduce(0.0) { $0 + exp($1) }
            for label in 0..<3 {
                let own = try gradient(source, row..<row + 1, labels: [label])
                if expected.isEmpty { expected = own.map { _ in 0 } }
                for index in own.indices { expected[index] += exp(scores[label]) / sum * own[index] * own[index] / 7 }
            }
        }
        expectClose(try network().squaredGradients(source, rows: Array(0..<7), labels: .expected), expected)
    }

    @Test("have the same bytes for any number of workers")
    func workers() throws {
        let source = try source(50)
        let results = try [nil, WorkerPool(workers: 2), WorkerPool(workers: 3)].map { pool in
            try network().squaredGradients(source, rows: Array(0..<50), labels: .expected, pool: pool)
                .flatMap(\.scalars).map(\.bitPattern)
        }
        #expect(results[0] == results[1] && results[0] == results[2])
    }

    @Test("need examples")
    func empty() throws {
        let source = try source(2)
        #expect(throws: NetworkError.self) { try network().squaredGradients(source, rows: [], labels: .expected) }
    }
}
