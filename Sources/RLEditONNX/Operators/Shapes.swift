/// Arithmetic of shapes, as ONNX defines it.
enum Shapes {
    /// Number of elements; nil for a negative size, or sizes whose product (zeros left out, so that the product of any of
    /// them is bounded too) is more than any file holds.
    static func count(_ shape: [Int]) -> Int? {
        var product = 1
        for size in shape where size != 0 {
            let (next, overflow) = product.multipliedReportingOverflow(by: size)
            guard size > 0, !overflow, next <= 1 << 31 else { return nil }
            product = next
        }
        return shape.contains(0) ? 0 : product
    }

    static func axis(_ axis: Int, rank: Int) throws -> Int {
        let place = axis < 0 ? axis + rank : axis
        guard place >= 0, place < rank else { throw Refusal("axis \(axis) of \(rank) dimensions") }
        return place
    }

    static func product(_ a: Int, _ b: Int) throws -> Int {
        let (product, overflow) = a.multipliedReportingOverflow(by: b)
        guard !overflow, product >= 0 else { throw Refusal("a shape of too many elements") }
        return product
    }

    static func reshape(_ shape: [Int], to target: [Int], keepsZero: Bool) throws -> [Int] {
        var result = target
        for index in result.indices where result[index] == 0 && !keepsZero {
            guard index < shape.count else { throw Refusal("shape \(target) does not fit \(shape)") }
            result[index] = shape[index]
        }
        let total = try shape.reduce(1) { try product($0, $1) }
        if let open = result.firstIndex(of: -1) {
            let known = try result.filter { $0 != -1 }.reduce(1) { try product($0, $1) }
            result[open] = known == 0 ? 0 : total / known
        }
        guard count(result) == total else {
            throw Refusal("shape \(target) does not fit \(shape)")
        }
        return result
    }

    static func unsqueeze(_ shape: [Int], _ axes: [Int]) throws -> [Int] {
        let rank = shape.count + axes.count
        let places = Set(try axes.map { try axis($0, rank: rank) })
        guard places.count == axes.count, rank <= TensorMessage.mostDimensions else { throw Refusal("axes \(axes)") }
        var rest = shape[...]
        return (0..<rank).map { places.contains($0) ? 1 : rest.removeFirst() }
    }

    /// - Parameter axes: nil for all of size 1.
    static func squeeze(_ shape: [Int], _ axes: [Int]?) throws -> [Int] {
        let places = Set(try axes?.map { try axis($0, rank: shape.count) } ?? shape.indices.filter { shape[$0] == 1 })
        guard places.allSatisfy({ shape.indices.contains($0) && shape[$0] == 1 }) else {
            throw Refusal("axes \(axes ?? []) of \(shape) are not all 1")
        }
        return shape.indices.filter { !places.contains($0) }.map { shape[$0] }
    }

    /// What a slice takes of each dimension.
    static func slices(
        _ shape: [Int], starts: [Int], ends: [Int], axes: [Int]?, steps: [Int]?
    ) throws -> [(start: Int, count: Int, step: Int)] {
        let axes = axes ?? Array(starts.indices)
        let steps = steps ?? Array(repeating: 1, count: starts.count)
        guard starts.count == ends.count, starts.count == axes.count, starts.count == steps.count else {
            throw Refusal("starts, ends, axes and steps are not of one length")
        }
        var result = shape.map { (start: 0, count: $0, step: 1) }
        for index in starts.indices {
            let (place, step) = (try axis(axes[index], rank: shape.count), steps[index])
            guard step != 0, step.magnitude < 1 << 31, shape.indices.contains(place) else {
                throw Refusal("step \(step)")
            }
            let size = shape[place]
            func clamp(_ value: Int, _ least: Int, _ most: Int) -> Int {
                max(least, min(value < 0 ? value + size : value, most))
            }
            let (start, end) =
                step > 0
                ? (clamp(starts[index], 0, size), clamp(ends[index], 0, size))
                : (clamp(starts[index], -1, size - 1), clamp(ends[index], -1, size - 1))
            let span = step > 0 ? end - start : start - end
            result[place] = (start, max(0, (span + abs(step) - 1) / abs(step)), step)
        }
        return result
    }

    /// Sizes of the parts of a dimension.
    static func parts(_ size: Int, sizes: [Int]?, count: Int) throws -> [Int] {
        if let sizes {
            guard sizes.allSatisfy({ $0 >= 0 }), try sizes.reduce(0, { try sum($0, $1) }) == size else {
                throw Refusal("parts \(sizes) of \(size)")
            }
            return sizes
        }
        guard count >= 1, count <= 1 << 16 else { throw Refusal("\(count) parts") }
        let part = (size + count - 1) / count
        return (0..<count).map { min(part, max(0, size - $0 * part)) }
    }

    private static func sum(_ a: Int, _ b: Int) throws -> Int {
        let (sum, overflow) = a.addingReportingOverflow(b)
        guard !overflow else { throw Refusal("parts of too many elements") }
        return sum
    }

    static func broadcast(_ a: [Int], _ b: [Int]) throws -> [Int] {
        let rank = max(a.count, b.count)
        let left = Array(repeating: 1, count: rank - a.count) + a
        let right = Array(repeating: 1, count: rank - b.count) + b
        return try zip(left, right).map { left, right in
            guard left == right || left == 1 || right == 1 else { throw Refusal("shapes \(a) and \(b) do not fit") }
            return left == 1 ? right : left
        }
    }

    /// How far each dimension of the larger shape moves in a tensor of the smaller one.
    static func steps(_ shape: [Int], in larger: [Int]) -> [Int] {
        var (result, size) = ([Int](repeating: 0, count: larger.count), 1)
        for (offset, extent) in shape.enumerated().reversed() {
            result[larger.count - shape.count + offset] = extent == 1 ? 0 : size
            size *= extent
        }
        return result
    }

    /// The next place, the last dimension fastest.
    static func step(_ place: inout [Int], _ shape: [Int]) {
        for dimension in shape.indices.reversed() {
            place[dimension] += 1
            if place[dimension] < shape[dimension] { return }
            place[dimension] = 0
        }
    }
}
