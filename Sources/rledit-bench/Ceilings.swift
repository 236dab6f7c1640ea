internal import RLEditTensor
internal import RLEditWorlds

/// The bare work that no implementation of a figure can do without, run on operands of the same sizes and spread over
/// workers in the same way.
enum Ceilings {
    /// Operations a second of repeated products `[m, k] · [k, n]` on one thread.
    static func productRate(m: Int, k: Int, n: Int, rounds: Int) throws -> Double {
        var stream = RandomStream(seed: 1, name: "operands")
        let a = try Tensor.uniform([m, k], low: -1, high: 1, using: &stream)
        let b = try Tensor.uniform([k, n], low: -1, high: 1, using: &stream)
        var c = try Tensor.zeros([m, n])
        let operations = 2.0 * Double(m) * Double(k) * Double(n)
        let calls = max(1, Int(2e9 / operations))
        var best = Double.infinity
        for _ in 0..<rounds {
            let taken = processorSeconds {
                for _ in 0..<calls { multiply(a, b, into: &c, m: m, k: k, n: n) }
            }
            best = min(best, taken / Double(calls))
        }
        return operations / best
    }

    private static func multiply(_ a: Tensor, _ b: Tensor, into c: inout Tensor, m: Int, k: Int, n: Int) {
        a.withUnsafeBufferPointer { a in
            b.withUnsafeBufferPointer { b in
                c.withUnsafeMutableBufferPointer { c in
                    guard let a = a.baseAddress, let b = b.baseAddress, let c = c.baseAddress else { return }
                    matrixProduct(m: m, n: n, k: k, a, lda: k, b, ldb: n, c, ldc: n)
                }
            }
        }
    }
}

/// Memory of the shapes that an evaluator works on: feature blocks, and for each worker a stack of weights and outputs.
///
/// Invariant that makes it sendable: blocks are only read, and a piece writes the scratch of its own worker.
final class EvaluatorOperands: @unchecked Sendable {
    private let rows: Int
    private let inputs: Int
    private let groupSize: Int
    private let blocks: [Int]
    private let features: [UnsafeMutablePointer<Float>]
    private let bases: [UnsafeMutablePointer<Float>]
    private let scratch: [UnsafeMutablePointer<Float>]
    private let weights: [UnsafeMutablePointer<Float>]

    init(_ evaluator: Evaluator, workers: Int) throws {
        rows = evaluator.layers[0].rows
        inputs = evaluator.layers[0].columns
        groupSize = evaluator.groupSize
        blocks = evaluator.blockCounts
        func floats(_ count: Int) -> UnsafeMutablePointer<Float> {
            let memory = UnsafeMutableRawPointer.allocate(byteCount: count * 4, alignment: 64)
                .bindMemory(to: Float.self, capacity: count)
            for index in 0..<count { memory[index] = Float(index % 7) * 0.1 }
            return memory
        }
        let (rows, inputs, groupSize) = (rows, inputs, groupSize)
        features = blocks.map { floats(inputs * $0) }
        bases = blocks.map { floats(rows * $0) }
        let largest = blocks.max() ?? 0
        scratch = (0..<workers).map { _ in floats(max(groupSize * rows, inputs) * largest) }
        weights = (0..<workers).map { _ in floats(groupSize * rows * inputs) }
    }

    deinit { for memory in features + bases + scratch + weights { UnsafeMutableRawPointer(memory).deallocate() } }

    /// The stacked products of this many candidates, and nothing else.
    func multiply(candidates: Int, pool: WorkerPool) {
        pool.forEach(candidates / groupSize) { _, worker in
            for (block, count) in blocks.enumerated() {
                matrixProduct(
                    m: groupSize * rows, n: count, k: inputs, weights[worker], lda: inputs, features[block], ldb: count,
                    scratch[worker], ldc: count)
            }
        }
    }

    /// Copies what this many shifts read: the unedited product for each candidate, the features once for a group.
    func stream(candidates: Int, pool: WorkerPool) {
        pool.forEach(candidates / groupSize) { _, worker in
            for (block, count) in blocks.enumerated() {
                scratch[worker].update(from: features[block], count: inputs * count)
                for _ in 0..<groupSize { scratch[worker].update(from: bases[block], count: rows * count) }
            }
        }
    }
}
