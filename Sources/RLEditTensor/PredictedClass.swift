/// Which class a row of scores names: the one of the largest score, the lowest of equals.
package enum PredictedClass {
    /// Scores of which one is NaN name no class, so that no label is right.
    package static let none = -1

    /// - Parameter scores: one for each class.
    /// - Returns: the class, or ``none``.
    package static func of(_ scores: UnsafeBufferPointer<Float>) -> Int {
        var best = 0
        for index in scores.indices {
            if scores[index] > scores[best] { best = index }
            if scores[index].isNaN { return none }
        }
        return best
    }

    /// The class of each row of `[rows, classes]`.
    package static func ofRows(_ scores: Tensor) -> [Int] {
        let classes = scores.shape.last ?? 1
        guard classes > 0 else { return [] }
        return scores.withUnsafeBufferPointer { scores in
            stride(from: 0, to: scores.count, by: classes).map { start in
                of(UnsafeBufferPointer(rebasing: scores[start..<start + classes]))
            }
        }
    }
}
