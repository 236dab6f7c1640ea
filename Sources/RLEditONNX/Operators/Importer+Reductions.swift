/// Constants that several values go into, or that become several.
extension Importer {
    func reduced(_ node: NodeMessage, _ x: Constant, axes: [Int]?) throws -> Constant {
        let given = try (axes ?? []).map { try Shapes.axis($0, rank: x.shape.count) }
        if given.isEmpty, node.int("noop_with_empty_axes") == 1 { return x }
        let axes = given.isEmpty ? Array(x.shape.indices) : given
        var groups: [[Double]] = []
        let kept = x.shape.enumerated().map { axes.contains($0.offset) ? 1 : $0.element }
        groups = Array(repeating: [], count: kept.reduce(1, *))
        var place = [Int](repeating: 0, count: x.shape.count)
        for value in try x.values(file) {
            let flat = zip(place.enumerated(), kept).reduce(0) { $0 * $1.1 + ($1.1 == 1 ? 0 : $1.0.element) }
            groups[flat].append(value)
            Shapes.step(&place, x.shape)
        }
        let values = groups.map { group -> Double in
            switch node.operation {
            case "ReduceProd": group.reduce(1, *)
            case "ReduceSum": group.reduce(0, +)
            case "ReduceMean": group.reduce(0, +) / Double(max(group.count, 1))
            case "ReduceMax": group.max() ?? -.infinity
            default: group.min() ?? .infinity
            }
        }
        let shape =
            node.int("keepdims") == 0
            ? x.shape.enumerated().filter { !axes.contains($0.offset) }.map(\.element) : kept
        return Constant(values, shape: shape, kind: x.kind)
    }

    func split(_ node: NodeMessage, _ x: Constant, _ sizes: [Int]?) throws -> [Constant] {
        let axis = try Shapes.axis(node.int("axis") ?? 0, rank: x.shape.count)
        let parts = try Shapes.parts(
            x.shape[axis], sizes: sizes ?? node.ints("split"), count: node.int("num_outputs") ?? node.outputs.count)
        var start = 0
        return try parts.map { size in
            defer { start += size }
            var shape = x.shape
            shape[axis] = size
            let first = start
            return try gathered(x, shape: shape) { place in
                var place = place
                place[axis] += first
                return place
            }
        }
    }
}
