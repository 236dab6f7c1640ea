internal import RLEditCore
public import RLEditTensor

/// Which of the two worlds a unit policy edits in.
public enum UnitWorld: String, CaseIterable, Sendable {
    /// `W ← W ⊙ (1 + s·b aᵀ)`.
    case mask = "MaskWorld"
    /// `W ← W + s·b aᵀ`, centred.
    case shift = "ShiftWorld"
}

/// What a unit policy says of one layer: directions over its units, and how far to go. Lengths mean nothing, see
/// ``UnitFrame``.
public struct UnitFactors: Sendable, Equatable {
    /// Of the output units, `[out, rank]` row-major.
    public var outputs: [Float]
    /// Of the input units, `[rank, in]` row-major.
    public var inputs: [Float]
    /// log s.
    public var logScale: Double

    public init(outputs: [Float], inputs: [Float], logScale: Double) {
        self.outputs = outputs
        self.inputs = inputs
        self.logScale = logScale
    }
}

/// Turns what a unit policy says of a layer into an edit whose size means the same on every layer of every network.
///
/// **Shift.** For each of the rank's columns, b is brought to root mean square 1, and a to where aᵀ(h − μ_r) has root mean
/// square 1 over forget examples, μ_r being the retain set's mean input. Then `W ← W + s·u·b aᵀ/√rank`, where u is the root
/// mean square over the output units of their deviation on the retain set. It is centred, `w₀ ← w₀ − s·u·b (aᵀμ_r)/√rank`,
/// so that the average retain example is left as it is; a layer without a bias cannot be centred.
///
/// An input unit of a convolution is the mean of what its window shows of a channel (`UnitLayer`), so its number is spread
/// evenly over the points of the kernel. Where a batch norm counts with the layer, z is what leaves the batch norm: the edit
/// of its weights is divided by its factors, and its bias takes what centres the edit.
///
/// **Mask.** b and a both have root mean square 1: a mask is relative to the weights already. Biases stay as they are.
public struct UnitFrame: Sendable {
    public let world: UnitWorld
    public let rank: Int
    /// The layer as the edit sees it: with its bias where that is moved too.
    public let layer: EditedLayer
    /// Input units, the bias not counted.
    public let inputs: Int
    /// μ_r, `[in]`.
    private let centre: [Float]
    /// h − μ_r of forget examples, `[examples, in]`.
    private let responses: Tensor
    /// u.
    private let outputUnit: Double

    /// Points of the kernel, and the batch norm's factors; empty for none.
    private let taps: Int
    private let outputScale: [Float]

    /// So many forget examples, the first ones, measure a's response: enough for a root mean square. Positions are alike
    /// within an example, so more of them are taken, from the whole set.
    private static let responseExamples = 128
    private static let responsePositions = 2048
    /// A batch norm's factor below this share of the largest leaves nothing of its channel to edit.
    private static let smallestFactor: Float = 1e-4
    /// |log s| is held to at most this: e⁴ deviations are far past any use.
    static let largestLogScale = 4.0

    /// - Parameter bias: the layer's, `[out]`; nil for a layer without one.
    /// - Throws: ``WorldError/rankTooLarge(layer:rank:rows:columns:)``, or what ``EditedLayer`` throws.
    public init(_ activations: LayerActivations, bias: Tensor?, world: UnitWorld, rank: Int) throws {
        try self.init(
            activations, bias: bias, world: world, rank: rank,
            inputs: UnitMoments(forget: activations.forgetInputs, retain: activations.retainInputs))
    }

    /// - Parameter moments: of what enters the layer.
    init(
        _ activations: LayerActivations, bias: Tensor?, world: UnitWorld, rank: Int, inputs moments: UnitMoments
    ) throws {
        let plain = activations.layer
        let units = activations.inputs
        guard rank >= 1, rank <= min(plain.rows, units) else {
            throw WorldError.rankTooLarge(layer: plain.name, rank: rank, rows: plain.rows, columns: units)
        }
        self.world = world
        self.rank = rank
        inputs = units
        taps = activations.taps
        outputScale = world == .shift ? activations.outputScale : []
        if world == .shift, let bias, let name = activations.biasName {
            layer = try EditedLayer(
                name: plain.name, parameterName: plain.parameterName, weight: plain.base.reshaped(plain.shape),
                bias: (name, bias))
        } else {
            layer = plain
        }
        centre = moments.retainMean.map { Float($0) }
        let all = activations.forgetInputs.shape[0]
        let examples = min(all, activations.isVector ? UnitFrame.responseExamples : UnitFrame.responsePositions)
        let step = activations.isVector ? 1 : all / max(examples, 1)
        responses = try Tensor(shape: [examples, units]) { [centre] buffer in
            activations.forgetInputs.withUnsafeBufferPointer { values in
                for index in buffer.indices {
                    buffer[index] = values[index / units * step * units + index % units] - centre[index % units]
                }
            }
        }
        let deviations = UnitMoments(forget: activations.forgetOutputs, retain: activations.retainOutputs)
            .retainDeviation
        outputUnit = (deviations.reduce(0) { $0 + $1 * $1 } / Double(max(deviations.count, 1))).squareRoot()
    }

    /// Numbers in an action that gives this layer's factors: those of ``UnitFactors``, in its order.
    public var actionSize: Int { rank * (layer.rows + inputs) + 1 }

    /// The edit of the unedited layer.
    /// - Throws: ``WorldError/invalidEdit(layer:message:)`` for factors of another size, or an edit that is not finite.
    public func edit(_ factors: UnitFactors) throws -> LayerEdit { try edit(try product(factors)) }

    /// The mean of the edits that several policies make.
    /// - Throws: the same.
    public func edit(_ members: [UnitFactors]) throws -> LayerEdit {
        let products = try members.map(product)
        guard products.count > 1, let first = products.first else { return try products.first.map(edit) ?? .unchanged }
        let sum = try products.dropFirst().reduce(first) { try $0.appending($1) }
        return try edit(LowRankFactors(left: sum.left.mul(1 / Float(products.count)), right: sum.right))
    }

    private func edit(_ product: LowRankFactors) throws -> LayerEdit {
        if !outputScale.isEmpty { return .weights(try throughBatchNorm(product)) }
        return world == .mask ? .mask(accumulated: nil, factors: product) : .shift(product)
    }

    /// b and aᵀ at their lengths.
    private func product(_ factors: UnitFactors) throws -> LowRankFactors {
        let outputs = layer.rows
        guard factors.outputs.count == outputs * rank, factors.inputs.count == inputs * rank else {
            throw WorldError.invalidEdit(
                layer: layer.name,
                message: "has \(factors.outputs.count) and \(factors.inputs.count) factors, expected "
                    + "\(outputs * rank) and \(inputs * rank)")
        }
        let logScale = min(max(factors.logScale, -UnitFrame.largestLogScale), UnitFrame.largestLogScale)
        var strength = PortableMath.exp(logScale) / Double(rank).squareRoot()
        if world == .shift { strength *= outputUnit }
        let left = try Tensor(shape: [outputs, rank]) { buffer in
            for k in 0..<rank {
                var squares = 0.0
                for unit in 0..<outputs { squares += square(factors.outputs[unit * rank + k]) }
                let factor = Float(UnitFrame.over(squares / Double(outputs)) * strength)
                for unit in 0..<outputs { buffer[unit * rank + k] = factors.outputs[unit * rank + k] * factor }
            }
        }
        let columns = layer.columns
        let right = try Tensor(shape: [rank, columns]) { buffer in
            for k in 0..<rank {
                let row = factors.inputs[k * inputs..<(k + 1) * inputs]
                let length =
                    world == .mask
                    ? row.reduce(0) { $0 + square($1) } / Double(inputs) : meanSquareResponse(Array(row))
                let factor = Float(UnitFrame.over(length))
                // A mask meets each point of a kernel as it is; a shift is spread over them.
                let share = world == .mask ? factor : factor / Float(taps)
                var offset = 0.0
                for (unit, value) in row.enumerated() {
                    for tap in 0..<taps { buffer[k * columns + unit * taps + tap] = value * share }
                    offset += Double(value * factor) * Double(centre[unit])
                }
                if layer.includesBias { buffer[k * columns + inputs * taps] = Float(-offset) }
            }
        }
        guard left.isFinite, right.isFinite else {
            throw WorldError.invalidEdit(
                layer: layer.name, message: "is not finite: the policy's factors are too large for its features")
        }
        return try LowRankFactors(left: left, right: right)
    }

    /// The edited weights after which the batch norm gives what the product says. Its factor of a channel divides the
    /// weights but not the bias, which belongs to the batch norm.
    private func throughBatchNorm(_ product: LowRankFactors) throws -> Tensor {
        let (change, columns) = (try product.product(), layer.columns)
        let smallest = UnitFrame.smallestFactor * (outputScale.map(abs).max() ?? 0)
        return try Tensor(shape: [layer.rows, columns]) { buffer in
            layer.base.withUnsafeBufferPointer { base in
                change.withUnsafeBufferPointer { change in
                    for (row, scale) in outputScale.enumerated() {
                        for place in row * columns..<(row + 1) * columns {
                            let isBias = layer.includesBias && place % columns == columns - 1
                            buffer[place] = base[place]
                            if abs(scale) > smallest { buffer[place] += isBias ? change[place] : change[place] / scale }
                        }
                    }
                }
            }
        }
    }

    /// Mean over forget examples of (aᵀ(h − μ_r))².
    private func meanSquareResponse(_ a: [Float]) -> Double {
        let examples = responses.shape[0]
        var sum = 0.0
        responses.withUnsafeBufferPointer { values in
            a.withUnsafeBufferPointer { a in
                for example in 0..<examples {
                    var response: Float = 0
                    for unit in 0..<inputs { response += a[unit] * values[example * inputs + unit] }
                    sum += square(response)
                }
            }
        }
        return sum / Double(max(examples, 1))
    }

    /// 1/√x; 0 for a direction without length, which then edits nothing.
    private static func over(_ meanSquare: Double) -> Double { meanSquare > 1e-24 ? 1 / meanSquare.squareRoot() : 0 }

    private func square(_ value: Float) -> Double { Double(value) * Double(value) }
}
