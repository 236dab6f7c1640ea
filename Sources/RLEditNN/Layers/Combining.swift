internal import CKernels
public import RLEditCore

/// The sum of two or more nodes of one shape: the end of a residual block.
public struct Add: FusesReLU, DescribedLayer {
    public init() {}

    static let constructor = LayerConstructor(
        "add", baseName: "add", inputs: .several, Add(), "The sum of two or more activations of one shape.")

    public var kind: String { "Add" }
    public var settings: [Setting<Add>] { [] }

    public func outputShape(for inputs: [[Int]]) throws(NetworkError) -> [Int] {
        let first = try severalInputs(inputs)
        for other in inputs where other != first {
            throw .layerInput(layer: kind, expected: "another input of shape \(first)", actual: other)
        }
        return first
    }

    public func makeKernel(_ request: KernelRequest) throws(NetworkError) -> any LayerKernel {
        Kernel(count: request.outputCount, fusesReLU: request.fusesReLU)
    }

    private final class Kernel: LayerKernel {
        let count: Int
        let fusesReLU: Bool

        init(count: Int, fusesReLU: Bool) {
            self.count = count
            self.fusesReLU = fusesReLU
        }

        func forward(_ pass: ForwardPass) {
            rl_binary(RL_BINARY_ADD, pass.inputs[0], 1, pass.inputs[1], 1, pass.output, Int64(count))
            for input in pass.inputs.dropFirst(2) { rl_accumulate(pass.output, input, Int64(count)) }
            if fusesReLU { rl_activation(Int32(RL_RELU), pass.output, pass.output, Int64(count)) }
        }

        func backward(_ pass: BackwardPass) {
            for case let gradient? in pass.inputGradients where UnsafePointer(gradient) != pass.outputGradient {
                gradient.update(from: pass.outputGradient, count: count)
            }
        }
    }
}

/// The product of two nodes, element by element; the second may also be a vector `[channels]`, one factor for all
/// positions of a channel (squeeze and excitation).
public struct Multiply: DescribedLayer {
    public init() {}

    static let constructor = LayerConstructor(
        "multiply", baseName: "multiply", inputs: .named(["x", "factor"]), Multiply(),
        "The product of two activations of one shape; the second may also hold one number for each channel of the first."
    )

    public var kind: String { "Multiply" }
    public var settings: [Setting<Multiply>] { [] }

    public func outputShape(for inputs: [[Int]]) throws(NetworkError) -> [Int] {
        guard inputs.count == 2 else {
            throw .layerSetting(layer: kind, field: "inputs", expected: "two nodes", actual: "\(inputs.count)")
        }
        let (first, second) = (inputs[0], inputs[1])
        guard second == first || (first.count == 3 && second == [first[0]]) else {
            throw .layerInput(
                layer: kind, expected: "a factor of shape \(first)" + (first.count == 3 ? " or [\(first[0])]" : ""),
                actual: second)
        }
        return first
    }

    public func makeKernel(_ request: KernelRequest) throws(NetworkError) -> any LayerKernel {
        let factors = request.inputShapes[1].reduce(1, *)
        let size = request.outputShape.reduce(1, *)
        // The factors of one example meet each of its positions in turn.
        return Kernel(examples: request.rows, positions: factors == size ? 1 : size / max(factors, 1), width: factors)
    }

    private final class Kernel: LayerKernel {
        let examples: Int
        let positions: Int
        let width: Int

        init(examples: Int, positions: Int, width: Int) {
            self.examples = examples
            self.positions = positions
            self.width = width
        }

        func forward(_ pass: ForwardPass) {
            eachPosition { place, example in
                rl_multiply(pass.inputs[0] + place, pass.inputs[1] + example, pass.output + place, Int64(width))
            }
        }

        func backward(_ pass: BackwardPass) {
            if let gradient = pass.inputGradients[0] {
                eachPosition { place, example in
                    rl_multiply(
                        pass.outputGradient + place, pass.inputs[1] + example, gradient + place, Int64(width))
                }
            }
            if let gradient = pass.inputGradients[1] {
                gradient.update(repeating: 0, count: examples * width)
                eachPosition { place, example in
                    for index in 0..<width {
                        gradient[example + index] +=
                            pass.outputGradient[place + index] * pass.inputs[0][place + index]
                    }
                }
            }
        }

        /// Offsets of each position in the first input and of its factors in the second.
        private func eachPosition(_ body: (_ place: Int, _ example: Int) -> Void) {
            for example in 0..<examples {
                for position in 0..<positions {
                    body((example * positions + position) * width, example * width)
                }
            }
        }
    }
}

/// Channels of pictures of one size, or features of vectors, after each other.
public struct Concatenate: DescribedLayer {
    public init() {}

    static let constructor = LayerConstructor(
        "concatenate", baseName: "concatenate", inputs: .several, Concatenate(),
        "The channels of pictures of one size, or the features of vectors or tokens, after each other.")

    public var kind: String { "Concatenate" }
    public var settings: [Setting<Concatenate>] { [] }

    public func outputShape(for inputs: [[Int]]) throws(NetworkError) -> [Int] {
        let first = try severalInputs(inputs)
        let place = Concatenate.channelPlace(first)
        var result = first
        for other in inputs.dropFirst() {
            guard other.count == first.count,
                first.indices.allSatisfy({ $0 == place || first[$0] == other[$0] })
            else {
                throw .layerInput(
                    layer: kind, expected: "another input like \(first) but for its channels", actual: other)
            }
            let (sum, overflow) = result[place].addingReportingOverflow(other[place])
            guard !overflow else {
                throw .layerInput(layer: kind, expected: "fewer channels", actual: other)
            }
            result[place] = sum
        }
        return result
    }

    /// Channels come first in the shape of pictures; features come last in that of vectors and tokens.
    private static func channelPlace(_ shape: [Int]) -> Int { shape.count == 3 ? 0 : shape.count - 1 }

    public func makeKernel(_ request: KernelRequest) throws(NetworkError) -> any LayerKernel {
        let widths = request.inputShapes.map { $0[Concatenate.channelPlace($0)] }
        return SideBySideKernel(rows: request.outputCount / max(widths.reduce(0, +), 1), widths: widths)
    }
}

/// Joins the rows of several inputs, whatever a row is: in memory channels are last for every rank, so what belongs to one
/// position lies in one piece.
final class SideBySideKernel: LayerKernel {
    private let rows: Int
    /// Floats of a row of each input.
    private let widths: [Int]

    init(rows: Int, widths: [Int]) {
        self.rows = rows
        self.widths = widths
    }

    func forward(_ pass: ForwardPass) {
        eachPart { input, place, from, width in
            (pass.output + place).update(from: pass.inputs[input] + from, count: width)
        }
    }

    func backward(_ pass: BackwardPass) {
        eachPart { input, place, from, width in
            guard let gradient = pass.inputGradients[input] else { return }
            (gradient + from).update(from: pass.outputGradient + place, count: width)
        }
    }

    private func eachPart(_ body: (_ input: Int, _ place: Int, _ from: Int, _ width: Int) -> Void) {
        let total = widths.reduce(0, +)
        for row in 0..<rows {
            var place = row * total
            for (input, width) in widths.enumerated() {
                body(input, place, row * width, width)
                place += width
            }
        }
    }
}

/// Zero channels added to pictures: with a pooling of kernel 1 and stride 2 before it, the shortcut without parameters of
/// the first residual networks (He et al. 2016, option A).
public struct PadChannels: DescribedLayer {
    public private(set) var before: Int
    public private(set) var after: Int

    public init(before: Int, after: Int) {
        self.before = before
        self.after = after
    }

    static let constructor = LayerConstructor(
        "pad_channels", baseName: "pad", PadChannels(before: 0, after: 0),
        """
        Adds channels of zeros to pictures. `pad_channels { before = 8, after = 8 }` after `average_pool2d { kernel = 1,
        stride = 2 }` is the shortcut without parameters of the first residual networks.
        """)

    public var kind: String { "PadChannels" }
    public var summary: String { "\(before) before, \(after) after" }
    public var settings: [Setting<PadChannels>] {
        let size = Bounds.count(from: 0, upTo: 1 << 24)
        return [
            .integer("before", \.before, size, "channels before the first"),
            .integer("after", \.after, size, "channels after the last"),
        ]
    }

    public func outputShape(for inputs: [[Int]]) throws(NetworkError) -> [Int] {
        for (field, value) in [("before", before), ("after", after)] where !(0...(1 << 24)).contains(value) {
            throw .layerSetting(layer: kind, field: field, expected: "between 0 and 2^24", actual: "\(value)")
        }
        let input = try onlyInput(inputs)
        guard input.count == 3, input[0] <= 1 << 24 else {
            throw .layerInput(layer: kind, expected: "[channels, height, width]", actual: input)
        }
        return [before + input[0] + after, input[1], input[2]]
    }

    public func makeKernel(_ request: KernelRequest) throws(NetworkError) -> any LayerKernel {
        let channels = request.inputShape[0]
        return Kernel(rows: request.inputCount / max(channels, 1), before: before, channels: channels, after: after)
    }

    private final class Kernel: LayerKernel {
        let rows: Int
        let before: Int
        let channels: Int
        let after: Int

        init(rows: Int, before: Int, channels: Int, after: Int) {
            self.rows = rows
            self.before = before
            self.channels = channels
            self.after = after
        }

        func forward(_ pass: ForwardPass) {
            let width = before + channels + after
            for row in 0..<rows {
                let to = pass.output + row * width
                to.update(repeating: 0, count: before)
                (to + before).update(from: pass.inputs[0] + row * channels, count: channels)
                (to + before + channels).update(repeating: 0, count: after)
            }
        }

        func backward(_ pass: BackwardPass) {
            guard let gradient = pass.inputGradients[0] else { return }
            let width = before + channels + after
            for row in 0..<rows {
                (gradient + row * channels).update(
                    from: pass.outputGradient + row * width + before, count: channels)
            }
        }
    }
}

extension Layer {
    /// The shape of the first of two or more inputs.
    fileprivate func severalInputs(_ inputs: [[Int]]) throws(NetworkError) -> [Int] {
        guard inputs.count >= 2, let first = inputs.first else {
            throw .layerSetting(layer: kind, field: "inputs", expected: "two nodes or more", actual: "\(inputs.count)")
        }
        guard !first.isEmpty else {
            throw .layerInput(layer: kind, expected: "at least one dimension", actual: first)
        }
        return first
    }
}
