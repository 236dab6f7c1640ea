internal import RLEditNN

/// Some places of the dimensions of an activation.
extension Importer {
    mutating func slice(_ node: NodeMessage, _ inputs: NodeInputs) throws -> Value {
        func list(_ name: String, _ index: Int) throws -> [Int]? {
            try node.ints(name) ?? inputs.constant(index).map { try ints($0) }
        }
        let value = try inputs.value(0)
        let old = try shape(of: value)
        let ranges = try Shapes.slices(
            old, starts: try list("starts", 1) ?? [], ends: try list("ends", 2) ?? [], axes: try list("axes", 3),
            steps: try list("steps", 4))
        if zip(ranges, old).allSatisfy({ $0.start == 0 && $0.step == 1 && $0.count == $1 }) { return value }
        if old.count != 4, ranges.allSatisfy({ $0.step == 1 }) {
            var view = try view(value)
            for (axis, range) in ranges.enumerated() {
                guard let part = view.part(of: axis, range.start..<(range.start + range.count)) else {
                    throw Refusal("places of dimension \(axis) of \(old)")
                }
                view = part
            }
            return view.value
        }
        let x = try activation(inputs, 0, node)
        let takesEach = zip(ranges, x.shape).enumerated().allSatisfy { index, range in
            let (range, size) = range
            return range.start == 0 && range.step >= 1 && range.count == (size + range.step - 1) / range.step
                && (index >= 2 || range.step == 1)
        }
        if x.shape.count == 4, takesEach {
            let stride = (height: ranges[2].step, width: ranges[3].step)
            return .activation(try emit(AveragePool2D(kernel: (1, 1), stride: stride), reading: [x]))
        }
        return .activation(try slices(x, ranges))
    }

    /// What a view takes of each dimension of its base; nil where it is more than that.
    mutating func slices(_ view: View) throws -> Port? {
        guard let ranges = view.ranges else { return nil }
        return try slices(view.base, ranges.map { (start: $0.lowerBound, count: $0.count, step: 1) })
    }

    /// A layer for each dimension that is cut.
    private mutating func slices(_ x: Port, _ ranges: [(start: Int, count: Int, step: Int)]) throws -> Port {
        var port = x
        for (axis, range) in ranges.enumerated() where range.count != x.shape[axis] || range.step != 1 {
            guard axis > 0, range.step > 0, range.count > 0 else {
                throw Refusal(
                    "of dimension \(axis) of \(x.shape) \(range.count) places from \(range.start) on, step \(range.step): "
                        + "examples cannot be left out, and places are taken forwards")
            }
            let last = range.start + (range.count - 1) * range.step + 1
            let layer = Slice(dimension: axis, first: range.start + 1, last: last, step: range.step)
            port = try emit(layer, reading: [port])
        }
        return port
    }

    mutating func softmax(_ node: NodeMessage, _ inputs: NodeInputs) throws -> Value {
        let value = try inputs.value(0)
        let shape = try shape(of: value)
        // Below opset 13 all dimensions from the axis on are one.
        let axis = try Shapes.axis(node.int("axis") ?? (opset < 13 ? 1 : -1), rank: shape.count)
        let isOne = opset >= 13 || shape[(axis + 1)...].allSatisfy { $0 == 1 }
        if case .scores(var scores) = value {
            guard !scores.isSoftmax, axis == shape.count - 1 else {
                throw Refusal("over dimension \(axis) of the products of queries and keys, expected the last")
            }
            scores.isSoftmax = true
            return .scores(scores)
        }
        guard isOne, axis == (shape.count == 4 ? 1 : shape.count - 1), (2...4).contains(shape.count) else {
            throw Refusal(
                "over dimension \(axis) of \(shape), expected the channels of pictures or the features of tokens and vectors"
            )
        }
        return .activation(try emit(Softmax(), reading: [try activation(inputs, 0, node)]))
    }
}
