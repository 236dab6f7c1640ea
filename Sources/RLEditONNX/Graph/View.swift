/// The elements of an activation in another shape or order, or some of them: what reshapes, transposes and slices make of
/// tokens around attention, and of the pixels of a picture that become tokens.
struct View {
    /// Places that are `step` apart in the base.
    private struct Run: Equatable {
        var size: Int
        var step: Int
    }

    let base: Port
    /// Each dimension as runs, the slowest first; none for a dimension of size 1.
    private var dimensions: [[Run]]
    /// Place of the first element.
    private var offset = 0
    /// Factor of all values.
    var scale = 1.0

    init(_ base: Port) {
        self.base = base
        var step = 1
        var dimensions: [[Run]] = []
        for size in base.shape.reversed() {
            dimensions.append(View.run(size, step))
            step *= size
        }
        self.dimensions = dimensions.reversed()
    }

    var shape: [Int] { dimensions.map { $0.reduce(1) { $0 * $1.size } } }

    private static func run(_ size: Int, _ step: Int) -> [Run] {
        size == 1 ? [] : [Run(size: size, step: step)]
    }

    /// Runs of which one goes on where the other ends as one.
    private static func joined(_ runs: [Run]) -> [Run] {
        runs.reduce(into: []) { result, run in
            if let last = result.last, last.step == run.size * run.step {
                result[result.count - 1] = Run(size: last.size * run.size, step: run.step)
            } else {
                result.append(run)
            }
        }
    }

    private static func joined(_ dimensions: some Sequence<[Run]>) -> [Run] {
        joined(dimensions.flatMap { $0 })
    }

    // MARK: Moves

    /// The same elements in another shape; nil where a dimension would be no runs.
    func reshaped(to target: [Int]) -> View? {
        guard target.allSatisfy({ $0 > 0 }) else { return nil }
        var runs = View.joined(dimensions)
        var result = self
        result.dimensions = []
        for size in target {
            var (left, own) = (size, [Run]())
            while left > 1 {
                guard !runs.isEmpty else { return nil }
                let run = runs.removeFirst()
                if left % run.size == 0 {
                    own.append(run)
                    left /= run.size
                } else if run.size % left == 0 {
                    let inner = run.size / left
                    own.append(Run(size: left, step: run.step * inner))
                    runs.insert(Run(size: inner, step: run.step), at: 0)
                    left = 1
                } else {
                    return nil
                }
            }
            result.dimensions.append(own)
        }
        return runs.isEmpty ? result : nil
    }

    func transposed(_ order: [Int]) -> View {
        var result = self
        result.dimensions = order.map { dimensions[$0] }
        return result
    }

    /// Some places of a dimension, one after the other; nil where they are no run.
    func part(of axis: Int, _ range: Range<Int>) -> View? {
        let size = shape[axis]
        if range == 0..<size { return self }
        let runs = View.joined(dimensions[axis])
        guard range.lowerBound >= 0, range.upperBound <= size, !range.isEmpty, runs.count == 1 else {
            return nil
        }
        var result = self
        result.offset += range.lowerBound * runs[0].step
        result.dimensions[axis] = View.run(range.count, runs[0].step)
        return result
    }

    /// One place of a dimension, which is gone then.
    func place(_ index: Int, of axis: Int) -> View? {
        guard var result = part(of: axis, index..<(index + 1)) else { return nil }
        result.dimensions.remove(at: axis)
        return result
    }

    // MARK: Meanings

    /// The base itself where nothing has moved.
    var value: Value {
        shape == base.shape && isInOrder ? .activation(base) : .view(self)
    }

    /// Whether the elements of the base have kept their order, in whatever shape.
    var isInOrder: Bool {
        offset == 0 && scale == 1 && View.joined(dimensions) == View.joined(View(base).dimensions)
    }

    /// The places of each dimension that it takes of the base; nil where more than that has changed.
    var ranges: [Range<Int>]? {
        let own = shape
        guard scale == 1, own.count == base.shape.count else { return nil }
        var (left, result) = (offset, [Range<Int>]())
        var step = base.shape.reduce(1, *)
        for (axis, size) in base.shape.enumerated() {
            step /= size
            let start = left / step
            left %= step
            guard start + own[axis] <= size, View.joined(dimensions[axis]) == View.run(own[axis], step) else {
                return nil
            }
            result.append(start..<(start + own[axis]))
        }
        return result
    }

    /// Whether it holds all tokens or vectors of the base, each as a whole in the last dimension, in any order.
    var holdsTokens: Bool {
        guard (2...3).contains(base.shape.count), let features = base.shape.last,
            let last = dimensions.last
        else {
            return false
        }
        return offset == 0 && scale == 1 && View.joined(last) == View.run(features, 1)
            && shape.reduce(1, *) == base.shape.reduce(1, *)
    }

    /// The same tokens in the same order, of what a layer gives for each of them; `holdsTokens` is true.
    func after(_ port: Port) -> View {
        var result = View(port)
        let (old, new) = (base.shape[base.shape.count - 1], port.shape[port.shape.count - 1])
        result.dimensions =
            dimensions.dropLast().map { $0.map { Run(size: $0.size, step: $0.step / old * new) } } + [
                View.run(new, 1)
            ]
        return result
    }

    /// Whether it is the pixels of a picture as tokens, `[batch, pixels, channels]`.
    var isPixelTokens: Bool {
        guard base.shape.count == 4, shape.count == 3 else { return false }
        let (channels, pixels) = (base.shape[1], base.shape[2] * base.shape[3])
        return offset == 0 && scale == 1 && shape == [base.batch, pixels, channels]
            && View.joined(dimensions[1]) == View.run(pixels, 1)
            && View.joined(dimensions[2]) == View.run(channels, pixels)
    }

    /// Whether it is the first token of each text, `[batch, features]`.
    var isFirstToken: Bool {
        guard base.shape.count == 3 else { return false }
        let (length, features) = (base.shape[1], base.shape[2])
        return offset == 0 && scale == 1 && shape == [base.batch, features]
            && View.joined(dimensions[0]) == View.run(base.batch, length * features)
            && View.joined(dimensions[1]) == View.run(features, 1)
    }

    /// Queries, keys or values: `[…, length, width]` with batch and heads before, and the features that the heads are cut of;
    /// nil for anything else.
    var heads: (count: Int, features: Range<Int>)? {
        let shape = shape
        guard base.shape.count == 3, shape.count >= 3 else { return nil }
        let (length, features, width) = (base.shape[1], base.shape[2], shape[shape.count - 1])
        let leading = shape.dropLast(2).reduce(1, *)
        let count = leading / base.batch
        guard shape[shape.count - 2] == length, count * base.batch == leading,
            offset + count * width <= features,
            View.joined(dimensions[shape.count - 1]) == View.run(width, 1),
            View.joined(dimensions[shape.count - 2]) == View.run(length, features),
            View.joined(dimensions.dropLast(2))
                == View.joined(View.run(base.batch, length * features) + View.run(count, width))
        else { return nil }
        return (count, offset..<(offset + count * width))
    }
}
