/// How two shapes meet: aligned at the last dimension, a dimension of 1 (or a missing one) is repeated.
package struct Broadcasting: Equatable {
    /// Shape of the result.
    package let shape: [Int]
    /// Merged dimensions of the loops, outermost first; at least one.
    let extents: [Int]
    /// Elements to advance in each operand for a step in each merged dimension; 0 repeats.
    let leftStrides: [Int]
    let rightStrides: [Int]

    /// - Throws: ``TensorError/notBroadcastable(operation:left:right:)``.
    package init(_ left: [Int], _ right: [Int], operation: String) throws(TensorError) {
        let rank = max(left.count, right.count)
        let paddedLeft = [Int](repeating: 1, count: rank - left.count) + left
        let paddedRight = [Int](repeating: 1, count: rank - right.count) + right
        var shape: [Int] = []
        for (a, b) in zip(paddedLeft, paddedRight) {
            guard a == b || a == 1 || b == 1 else {
                throw .notBroadcastable(operation: operation, left: left, right: right)
            }
            shape.append(a == 1 ? b : a)
        }
        self.shape = shape

        // Neighbouring dimensions that both operands walk through (or repeat) alike become one loop.
        var extents: [Int] = []
        var repeats: [(left: Bool, right: Bool)] = []
        for dimension in 0..<rank where shape[dimension] != 1 {
            let pattern = (left: paddedLeft[dimension] == 1, right: paddedRight[dimension] == 1)
            if let last = repeats.last, last == pattern {
                extents[extents.count - 1] *= shape[dimension]
            } else {
                extents.append(shape[dimension])
                repeats.append(pattern)
            }
        }
        if extents.isEmpty {
            extents = [1]
            repeats = [(false, false)]
        }
        self.extents = extents
        leftStrides = Broadcasting.strides(extents, repeated: repeats.map(\.left))
        rightStrides = Broadcasting.strides(extents, repeated: repeats.map(\.right))
    }

    private static func strides(_ extents: [Int], repeated: [Bool]) -> [Int] {
        var strides = [Int](repeating: 0, count: extents.count)
        var stride = 1
        for dimension in extents.indices.reversed() where !repeated[dimension] {
            strides[dimension] = stride
            stride *= extents[dimension]
        }
        return strides
    }

    /// Visit the innermost runs: offsets of both operands and of the result, all counted in elements.
    func forEachRun(_ body: (_ left: Int, _ right: Int, _ result: Int) -> Void) {
        guard !extents.contains(0) else { return }
        let outer = extents.count - 1
        let run = extents[outer]
        var position = [Int](repeating: 0, count: outer)
        var (left, right, result) = (0, 0, 0)
        while true {
            body(left, right, result)
            result += run
            var dimension = outer - 1
            while dimension >= 0 {
                position[dimension] += 1
                left += leftStrides[dimension]
                right += rightStrides[dimension]
                if position[dimension] < extents[dimension] { break }
                left -= leftStrides[dimension] * extents[dimension]
                right -= rightStrides[dimension] * extents[dimension]
                position[dimension] = 0
                dimension -= 1
            }
            if dimension < 0 { return }
        }
    }

    /// Length of the innermost runs, and how each operand walks along one.
    var run: (count: Int, leftStride: Int, rightStride: Int) {
        let last = extents.count - 1
        return (extents[last], leftStrides[last], rightStrides[last])
    }
}
