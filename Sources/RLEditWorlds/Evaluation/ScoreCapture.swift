internal import RLEditTensor

/// Collects the scores of candidates on one set, example by example.
///
/// Invariant that makes it sendable: each block of each candidate is stored once, and blocks hold distinct rows, so no
/// two writes meet; `tensors` is read after all of them. The tensors are unique until then.
final class ScoreCapture: @unchecked Sendable {
    /// `[examples, classes]` for each candidate, in the order of the set.
    let tensors: [Tensor]
    private let set: Int
    private let classes: Int

    init(candidates: Int, set: Int, examples: Int, classes: Int) throws {
        self.set = set
        self.classes = classes
        let count = try Tensor.elementCount(of: [examples, classes])
        tensors = (0..<candidates).map { _ in Tensor(uninitialized: [examples, classes], count: count) }
    }

    /// - Parameter scores: `[classes, examples of the block]` with this row stride.
    func store(_ scores: UnsafePointer<Float>, stride: Int, block: ExampleBlocks.Block, candidate: Int) {
        guard block.set == set else { return }
        let rows = tensors[candidate].storage.pointer + block.rows.lowerBound * classes
        for example in 0..<block.rows.count {
            for c in 0..<classes { rows[example * classes + c] = scores[c * stride + example] }
        }
    }
}
