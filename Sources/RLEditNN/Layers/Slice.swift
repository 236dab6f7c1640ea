public import RLEditCore

/// Some places of one dimension: channels, rows or columns of pictures, tokens, or features.
public struct Slice: DescribedLayer {
    /// Counted from 1, as the shape of an example is written.
    public private(set) var dimension: Int
    /// The first and the last place that may be taken, counted from 1.
    public private(set) var first: Int
    public private(set) var last: Int
    /// Distance between the places.
    public private(set) var step: Int

    public init(dimension: Int = 1, first: Int = 1, last: Int, step: Int = 1) {
        self.dimension = dimension
        self.first = first
        self.last = last
        self.step = step
    }

    static let constructor = LayerConstructor(
        "slice", baseName: "slice", Slice(last: 1),
        """
        Takes the places `first` to `last` of one dimension, every `step`-th of them. Dimensions are counted as the shape is
        written: of pictures `{ channels, height, width }` dimension 1 are the channels, of tokens `{ length, features }`
        dimension 2 are the features.
        """)

    public var kind: String { "Slice" }
    public var summary: String { "dimension \(dimension), \(first) to \(last)\(step == 1 ? "" : ", step \(step)")" }
    public var settings: [Setting<Slice>] {
        let place = Bounds.count(upTo: 1 << 24)
        return [
            .integer("dimension", \.dimension, .count(upTo: 3), "the dimension that is cut"),
            .integer("first", \.first, place, "the first place that is taken"),
            .integer("last", \.last, place, "the last place that may be taken").required,
            .integer("step", \.step, place, "distance between the places"),
        ]
    }

    public func outputShape(for inputs: [[Int]]) throws(NetworkError) -> [Int] {
        let input = try onlyInput(inputs)
        guard (1...3).contains(input.count) else {
            throw .layerInput(layer: kind, expected: "vectors, tokens or pictures", actual: input)
        }
        guard (1...input.count).contains(dimension) else {
            throw .layerSetting(
                layer: kind, field: "dimension", expected: "between 1 and \(input.count) for the shape \(input)",
                actual: "\(dimension)")
        }
        let size = input[dimension - 1]
        for (field, value, least) in [("first", first, 1), ("last", last, first)] {
            guard value >= least, value <= size else {
                throw .layerSetting(
                    layer: kind, field: field,
                    expected: "between \(least) and \(size), the size of dimension \(dimension)",
                    actual: "\(value)")
            }
        }
        try requirePositive(step, "step")
        var result = input
        result[dimension - 1] = (last - first) / step + 1
        return result
    }

    public func makeKernel(_ request: KernelRequest) throws(NetworkError) -> any LayerKernel {
        Kernel(layer: self, rows: request.rows, shape: request.inputShape)
    }

    private final class Kernel: LayerKernel {
        /// Places before the dimension, its size, and floats of each place, in the order of memory.
        private let outer: Int
        private let size: Int
        private let inner: Int
        private let places: [Int]

        init(layer: Slice, rows: Int, shape: [Int]) {
            let activation = ActivationShape(shape)
            let memory = activation.inMemory
            let axis = activation.placeInMemory(of: layer.dimension - 1)
            outer = rows * memory[..<axis].reduce(1, *)
            size = memory[axis]
            inner = memory[(axis + 1)...].reduce(1, *)
            places = Array(stride(from: layer.first - 1, to: layer.last, by: layer.step))
        }

        func forward(_ pass: ForwardPass) {
            eachPlace { from, to in (pass.output + to).update(from: pass.inputs[0] + from, count: inner) }
        }

        func backward(_ pass: BackwardPass) {
            guard let gradient = pass.inputGradients[0] else { return }
            gradient.update(repeating: 0, count: outer * size * inner)
            eachPlace { from, to in (gradient + from).update(from: pass.outputGradient + to, count: inner) }
        }

        private func eachPlace(_ body: (_ from: Int, _ to: Int) -> Void) {
            for row in 0..<outer {
                for (index, place) in places.enumerated() {
                    body((row * size + place) * inner, (row * places.count + index) * inner)
                }
            }
        }
    }
}
