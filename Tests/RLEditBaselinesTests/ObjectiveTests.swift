import Foundation
import RLEditBaselines
import RLEditNN
import RLEditTensor
import Testing

@Suite("Objectives")
struct ObjectiveTests {
    private let student: [Float] = [0.5, -1.25, 2, 0.75, 1, -3]
    private let teacher: [Float] = [2, 0.5, -1, 0.25, 0.5, 1.5]
    private let labels = [2, 0]

    /// A distribution in Double, by the definition.
    private func softmax(_ scores: [Double], _ temperature: Double) -> [Double] {
        let exponentials = scores.map { exp($0 / temperature) }
        return exponentials.map { $0 / exponentials.reduce(0, +) }
    }

    private func distillation(_ scores: [Double], _ t: Double, _ gamma: Double, _ alpha: Double) -> Double {
        (0..<2).reduce(0.0) { sum, row in
            let mine = Array(scores[row * 3..<row * 3 + 3])
            let theirs = softmax(teacher[row * 3..<row * 3 + 3].map(Double.init), t)
            let soft = softmax(mine, t)
            let divergence = zip(theirs, soft).reduce(0.0) { $0 + $1.0 * log($1.0 / $1.1) }
            return sum - gamma * log(softmax(mine, 1)[labels[row]]) + alpha * divergence
        }
    }

    private func unlikelihood(_ scores: [Double]) -> Double {
        (0..<2).reduce(0.0) { sum, row in
            sum - log(1 - softmax(Array(scores[row * 3..<row * 3 + 3]), 1)[labels[row]])
        }
    }

    /// Value and gradient of the objective against a definition and its central differences.
    private func check(
        _ objective: any BatchObjective, _ targets: Targets, _ reference: ([Double]) -> Double
    ) throws {
        var gradient = [Float](repeating: 0, count: 6)
        let terms = try gradient.withUnsafeMutableBufferPointer { buffer in
            try student.withUnsafeBufferPointer {
                try objective.evaluate(
                    try #require($0.baseAddress), rows: 2, shape: [3], targets, scale: 0.5,
                    gradient: buffer.baseAddress)
            }
        }
        let scores = student.map(Double.init)
        #expect(abs(terms.sum - reference(scores)) < 1e-9 && terms.count == 2)
        #expect(terms.correct == 1)
        for index in scores.indices {
            var (high, low) = (scores, scores)
            high[index] += 1e-5
            low[index] -= 1e-5
            let slope = (reference(high) - reference(low)) / 2e-5
            #expect(abs(0.5 * slope - Double(gradient[index])) < 1e-6, "\(index)")
        }
    }

    @Test("Distillation and its gradient follow the definition", arguments: [(4.0, 0.99, 0.001), (1, 0, 1), (2, 1, 3)])
    func distillation(temperature: Double, crossEntropy: Double, divergence: Double) throws {
        try check(
            Distillation(
                temperature: temperature, crossEntropyWeight: crossEntropy, divergenceWeight: divergence),
            .distillation(labels: labels, teacher: try Tensor(teacher, shape: [2, 3]))
        ) { distillation($0, temperature, crossEntropy, divergence) }
    }

    @Test("A student that answers as its teacher has no divergence and no gradient")
    func same() throws {
        var gradient = [Float](repeating: 1, count: 6)
        let objective = Distillation(temperature: 4, crossEntropyWeight: 0, divergenceWeight: 1)
        let targets = Targets.distillation(labels: labels, teacher: try Tensor(student, shape: [2, 3]))
        let terms = try gradient.withUnsafeMutableBufferPointer { buffer in
            try student.withUnsafeBufferPointer {
                try objective.evaluate(
                    try #require($0.baseAddress), rows: 2, shape: [3], targets, scale: 1, gradient: buffer.baseAddress)
            }
        }
        #expect(terms.sum == 0 && gradient.allSatisfy { $0 == 0 })
    }

    @Test("Unlikelihood and its gradient follow the definition")
    func unlikelihood() throws {
        try check(Unlikelihood(), .classes(labels), unlikelihood)
    }

    @Test("Unlikelihood stays finite when a label has all the probability there is")
    func saturated() throws {
        let scores: [Float] = [200, 0, 0]
        var gradient = [Float](repeating: 0, count: 3)
        let terms = try gradient.withUnsafeMutableBufferPointer { buffer in
            try scores.withUnsafeBufferPointer {
                try Unlikelihood().evaluate(
                    try #require($0.baseAddress), rows: 1, shape: [3], .classes([0]), scale: 1,
                    gradient: buffer.baseAddress)
            }
        }
        #expect(terms.sum.isFinite && gradient.allSatisfy(\.isFinite))
        #expect(gradient[0] == 1)
    }
}
