internal import CKernels
public import RLEditTensor
public import RLEditWorlds

/// A small network shared by all units of a layer: from what is seen of a unit, and of the layer as a whole, to the unit's
/// entries of the factors of an edit.
///
///     b(unit) = W₂ tanh(W₁ x + w₁) + V f     for output units,
///     a(unit) = the same with weights of its own for input units,
///     log s   = v · c + v₀,
///
/// where f are the unit's features, c the layer's context and x both together. Since no unit has weights of its own,
/// permuting the units permutes the edit, and the same policy fits layers of any size and several layers at once.
public struct UnitPolicyNetwork: Sendable, Equatable {
    /// Sizes, which decide what the parameters mean.
    public struct Shape: Sendable, Equatable {
        /// Features of one unit.
        public let features: Int
        /// Numbers of a layer as a whole.
        public let context: Int
        /// tanh units of each of the two networks.
        public let hidden: Int
        /// Rank of the edit.
        public let rank: Int

        public init(features: Int, context: Int, hidden: Int, rank: Int) {
            self.features = features
            self.context = context
            self.hidden = hidden
            self.rank = rank
        }

        /// Parameters of one side.
        var sideCount: Int { hidden * (features + context + 1) + rank * hidden + rank * features }
        /// Parameters in all.
        public var parameterCount: Int { 2 * sideCount + context + 1 }

        /// Named parts of the parameters, in order: `outputs.hidden.weight`, ….
        public var parts: [(name: String, shape: [Int])] {
            ["outputs", "inputs"].flatMap { side in
                [
                    ("\(side).hidden.feature_weight", [hidden, features]),
                    ("\(side).hidden.context_weight", [hidden, context]), ("\(side).hidden.bias", [hidden]),
                    ("\(side).output.weight", [rank, hidden]), ("\(side).linear.weight", [rank, features]),
                ]
            } + [("scale.weight", [context]), ("scale.bias", [1])]
        }
    }

    public let shape: Shape
    /// All parameters, in the order of ``Shape/parts``.
    public var parameters: [Float]

    /// Parameters given.
    /// - Throws: `TensorError` for another number of them.
    public init(_ shape: Shape, parameters: [Float]) throws {
        guard parameters.count == shape.parameterCount else {
            throw TensorError.countMismatch(
                shape: [shape.parameterCount], expected: shape.parameterCount, actual: parameters.count)
        }
        self.shape = shape
        self.parameters = parameters
    }

    /// Parameters drawn: each weight uniform within ±1/√(numbers that it is added up with), the scale 1 for every layer.
    public init(_ shape: Shape, random: RandomStream) {
        self.shape = shape
        var parameters: [Float] = []
        for part in shape.parts {
            var stream = random.split(part.name)
            let count = part.shape.reduce(1, *)
            let isDrawn = part.name.hasSuffix("weight") && !part.name.hasPrefix("scale")
            let fan = part.name.contains("hidden") ? shape.features + shape.context : part.shape.last ?? 1
            let bound = 1 / Float(max(fan, 1)).squareRoot()
            for _ in 0..<count { parameters.append(isDrawn ? stream.uniform(-bound, bound) : 0) }
        }
        self.parameters = parameters
    }

    /// Where the parts of one side begin.
    struct Side {
        let featureWeight, contextWeight, bias, output, linear: Int

        init(_ shape: Shape, isInput: Bool) {
            featureWeight = isInput ? shape.sideCount : 0
            contextWeight = featureWeight + shape.hidden * shape.features
            bias = contextWeight + shape.hidden * shape.context
            output = bias + shape.hidden
            linear = output + shape.rank * shape.hidden
        }
    }

    /// What the policy says of a layer.
    /// - Precondition: the features have the shape's sizes (`requireFit`).
    public func factors(for layer: UnitFeatures) -> UnitFactors {
        parameters.withUnsafeBufferPointer { parameters in
            guard let base = parameters.baseAddress else { return UnitFactors(outputs: [], inputs: [], logScale: 0) }
            return UnitPolicyNetwork.factors(shape, base, layer)
        }
    }

    /// - Throws: ``LearnerError/sizeMismatch(learner:what:expected:actual:)`` for features of another kind.
    func requireFit(_ layer: UnitFeatures) throws {
        for (what, expected, actual) in [
            ("features of an output unit", shape.features, layer.outputs.shape[1]),
            ("features of an input unit", shape.features, layer.inputs.shape[1]),
            ("numbers of context", shape.context, layer.context.count),
        ] where expected != actual {
            throw LearnerError.sizeMismatch(learner: "UnitPolicy", what: what, expected: expected, actual: actual)
        }
    }

    /// - Parameter parameters: `shape.parameterCount` floats.
    static func factors(
        _ shape: Shape, _ parameters: UnsafePointer<Float>, _ layer: UnitFeatures
    ) -> UnitFactors {
        let (outputs, inputs) = (layer.outputs.shape[0], layer.inputs.shape[0])
        var hidden = [Float](repeating: 0, count: max(outputs, inputs) * shape.hidden)
        var left = [Float](repeating: 0, count: outputs * shape.rank)
        var right = [Float](repeating: 0, count: inputs * shape.rank)
        layer.context.withUnsafeBufferPointer { context in
            hidden.withUnsafeMutableBufferPointer { hidden in
                guard let context = context.baseAddress, let hidden = hidden.baseAddress else { return }
                func run(_ features: Tensor, isInput: Bool, _ result: inout [Float]) {
                    features.withUnsafeBufferPointer { features in
                        result.withUnsafeMutableBufferPointer { result in
                            guard let features = features.baseAddress, let result = result.baseAddress else { return }
                            let pass = UnitPass(shape: shape, parameters: parameters, isInput: isInput)
                            pass.forward(
                                features, units: isInput ? inputs : outputs, context: context, hidden: hidden,
                                output: result)
                        }
                    }
                }
                run(layer.outputs, isInput: false, &left)
                run(layer.inputs, isInput: true, &right)
            }
        }
        return UnitFactors(
            outputs: left, inputs: transposed(right, rows: inputs, columns: shape.rank),
            logScale: Double(logScale(shape, parameters, layer.context)))
    }

    static func logScale(_ shape: Shape, _ parameters: UnsafePointer<Float>, _ context: Tensor) -> Float {
        let weights = parameters + 2 * shape.sideCount
        return context.withUnsafeBufferPointer { context in
            (0..<shape.context).reduce(weights[shape.context]) { $0 + weights[$1] * context[$1] }
        }
    }

    private static func transposed(_ values: [Float], rows: Int, columns: Int) -> [Float] {
        if columns == 1 { return values }
        return (0..<(rows * columns)).map { values[$0 % rows * columns + $0 / rows] }
    }
}

/// One side of the policy's network on borrowed memory: `units` rows at once.
struct UnitPass {
    let shape: UnitPolicyNetwork.Shape
    let parameters: UnsafePointer<Float>
    private let side: UnitPolicyNetwork.Side

    init(shape: UnitPolicyNetwork.Shape, parameters: UnsafePointer<Float>, isInput: Bool) {
        self.shape = shape
        self.parameters = parameters
        side = UnitPolicyNetwork.Side(shape, isInput: isInput)
    }

    /// - Parameters:
    ///   - features: `[units, features]`.
    ///   - context: `[context]`.
    ///   - hidden: room for `[units, hidden]`; holds the tanh units afterwards.
    ///   - output: `[units, rank]`.
    func forward(
        _ features: UnsafePointer<Float>, units: Int, context: UnsafePointer<Float>,
        hidden: UnsafeMutablePointer<Float>, output: UnsafeMutablePointer<Float>
    ) {
        let (f, h, r) = (shape.features, shape.hidden, shape.rank)
        if h > 0 {
            matrixProduct(
                transposeB: true, m: units, n: h, k: f, features, lda: f, parameters + side.featureWeight, ldb: f,
                hidden, ldc: h)
            // The context is the same for all units: one bias for all of them.
            withUnsafeTemporaryAllocation(of: Float.self, capacity: h) { bias in
                guard let bias = bias.baseAddress else { return }
                for unit in 0..<h {
                    var sum = parameters[side.bias + unit]
                    for place in 0..<shape.context {
                        sum += parameters[side.contextWeight + unit * shape.context + place] * context[place]
                    }
                    bias[unit] = sum
                }
                rl_bias_rows(Int64(units), Int64(h), bias, hidden, 1)
            }
        }
        matrixProduct(
            transposeB: true, m: units, n: r, k: f, features, lda: f, parameters + side.linear, ldb: f, output, ldc: r)
        if h > 0 {
            matrixProduct(
                transposeB: true, m: units, n: r, k: h, hidden, lda: h, parameters + side.output, ldb: h, beta: 1,
                output, ldc: r)
        }
    }

    /// Adds the gradients by the parameters of this side.
    /// - Parameters:
    ///   - hidden: as `forward` left it; overwritten.
    ///   - outputGradient: `[units, rank]`.
    ///   - scratch: room for `[units, hidden]`.
    ///   - gradient: of all parameters, `[parameterCount]`.
    func backward(
        _ features: UnsafePointer<Float>, units: Int, context: UnsafePointer<Float>,
        hidden: UnsafeMutablePointer<Float>, outputGradient: UnsafePointer<Float>,
        scratch: UnsafeMutablePointer<Float>, gradient: UnsafeMutablePointer<Float>
    ) {
        let (f, h, r) = (shape.features, shape.hidden, shape.rank)
        matrixProduct(
            transposeA: true, m: r, n: f, k: units, outputGradient, lda: r, features, ldb: f, beta: 1,
            gradient + side.linear, ldc: f)
        guard h > 0 else { return }
        matrixProduct(
            transposeA: true, m: r, n: h, k: units, outputGradient, lda: r, hidden, ldb: h, beta: 1,
            gradient + side.output, ldc: h)
        matrixProduct(
            m: units, n: h, k: r, outputGradient, lda: r, parameters + side.output, ldb: h, scratch, ldc: h)
        rl_activation_backward(Int32(RL_TANH), nil, hidden, scratch, scratch, Int64(units * h))
        matrixProduct(
            transposeA: true, m: h, n: f, k: units, scratch, lda: h, features, ldb: f, beta: 1,
            gradient + side.featureWeight, ldc: f)
        for unit in 0..<h {
            var sum: Float = 0
            for row in 0..<units { sum += scratch[row * h + unit] }
            gradient[side.bias + unit] += sum
            for place in 0..<shape.context {
                gradient[side.contextWeight + unit * shape.context + place] += sum * context[place]
            }
        }
    }
}
