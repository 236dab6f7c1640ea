package import RLEditData
package import RLEditNN
package import RLEditTensor

extension Network {
    /// Scores of every example of a set, `[examples, classes]`, counted.
    func scores(of examples: ExampleSet, pool: WorkerPool?, passes: PassCounter) throws -> Tensor {
        let blockRows = 2048
        var blocks: [Tensor] = []
        for start in stride(from: 0, to: examples.count, by: blockRows) {
            blocks.append(
                try forward(try examples.batchInputs(start..<min(start + blockRows, examples.count)), pool: pool))
        }
        passes.forward(examples.count)
        return try blocks.count == 1 ? blocks[0] : Tensor.concat(blocks)
    }

    /// Share of the examples whose largest score is that of their label; the lowest class wins a tie, and an example with a
    /// score that is NaN is not right. A single score counts as two classes, the first with score 0.
    package func accuracy(
        on examples: ExampleSet, pool: WorkerPool?, passes: PassCounter = PassCounter()
    ) throws -> Double {
        let scores = try scores(of: examples, pool: pool, passes: passes)
        let classes = scores.shape[1]
        let right = scores.withUnsafeBufferPointer { scores in
            examples.labels.enumerated().count { row, label in
                guard classes > 1 else { return !scores[row].isNaN && (scores[row] > 0 ? 1 : 0) == label }
                return PredictedClass.of(UnsafeBufferPointer(rebasing: scores[(row * classes)..<((row + 1) * classes)]))
                    == label
            }
        }
        return Double(right) / Double(examples.count)
    }
}
