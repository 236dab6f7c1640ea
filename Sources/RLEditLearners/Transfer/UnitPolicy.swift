internal import CKernels
package import RLEditTensor
package import RLEditWorlds

/// ``UnitPolicyNetwork`` as a policy that gradients move: what PPO and REINFORCE train where the observation is the
/// features of units instead of weights.
///
/// An observation is the features of the layers one after another, each `[out, features]`, `[in, features]`, `[context]`;
/// an action the factors, each layer's `[out, rank]`, `[rank, in]` and its log scale. Since the length of a factor means
/// nothing, the mean of each column of factors has root mean square 1/4, which keeps samples inside of the box [−1, 1];
/// so does a quarter of the log scale.
///
/// The value function is a perceptron on the layers' context alone: what a pair is worth depends on how easy it is.
package final class UnitPolicy: Policy {
    /// Factors are divided by this to fit the box.
    package static let actionUnit: Float = 4

    package let observationSize: Int
    package let actionSize: Int
    /// Output and input units of each layer.
    package let layers: [(outputs: Int, inputs: Int)]
    let shape: UnitPolicyNetwork.Shape
    private let parameters: Parameter
    private let logDeviation: Parameter
    private let value: MultilayerPerceptron
    private var gradient: [Float]
    private var logDeviationGradient: Tensor
    /// The last forward pass.
    private(set) var observations: Tensor
    private var pass = ForwardPass()

    private struct ForwardPass {
        /// tanh units of each row, layer and side, and the factors before they were brought to length.
        var hidden: [[Float]] = []
        var raw: [[Float]] = []
    }

    /// - Parameters:
    ///   - network: initial parameters.
    ///   - initialLogStandardDeviation: of each number of an action, in units of the box.
    ///   - random: draws the value function.
    package init(
        _ network: UnitPolicyNetwork, layers: [(outputs: Int, inputs: Int)], initialLogStandardDeviation: Float,
        random: RandomStream
    ) throws {
        shape = network.shape
        self.layers = layers
        let (features, context, rank) = (shape.features, shape.context, shape.rank)
        observationSize = layers.reduce(0) { $0 + ($1.outputs + $1.inputs) * features + context }
        actionSize = layers.reduce(0) { $0 + ($1.outputs + $1.inputs) * rank + 1 }
        parameters = Parameter(shape: [shape.parameterCount])
        try parameters.assign(Tensor(network.parameters))
        logDeviation = Parameter(shape: [actionSize])
        try logDeviation.assign(Tensor(repeating: initialLogStandardDeviation, shape: [actionSize]))
        value = try MultilayerPerceptron(
            sizes: [max(context, 1) * layers.count, 16, 1], gains: [Float(2).squareRoot(), 1],
            random: random.split("value"))
        gradient = Array(repeating: 0, count: shape.parameterCount)
        logDeviationGradient = try Tensor.zeros([actionSize])
        observations = try Tensor.zeros([0, observationSize])
    }

    /// The parameters as they are now.
    package func network() throws -> UnitPolicyNetwork {
        try UnitPolicyNetwork(shape, parameters: parameters.tensor().scalars)
    }

    /// The observation of layers with these features.
    package static func observation(of layers: [UnitFeatures]) -> [Float] {
        layers.flatMap { $0.outputs.scalars + $0.inputs.scalars + $0.context.scalars }
    }

    /// What an action says of each layer.
    package static func factors(
        _ action: UnsafeBufferPointer<Float>, layers: [(outputs: Int, inputs: Int)], rank: Int
    ) -> [UnitFactors] {
        var start = 0
        return layers.map { layer in
            let outputs = Array(action[start..<(start + layer.outputs * rank)])
            start += layer.outputs * rank
            let inputs = Array(action[start..<(start + layer.inputs * rank)])
            start += layer.inputs * rank
            defer { start += 1 }
            return UnitFactors(outputs: outputs, inputs: inputs, logScale: Double(action[start] * actionUnit))
        }
    }

    package func logStandardDeviation() throws -> Tensor { try logDeviation.tensor() }

    // MARK: Forward

    package func forward(_ observations: Tensor) throws -> PolicyOutput {
        guard observations.rank == 2, observations.shape[1] == observationSize else {
            throw TensorError.shapeMismatch(
                operation: "policy", expected: [observations.shape.first ?? 0, observationSize],
                actual: observations.shape)
        }
        self.observations = observations
        pass = ForwardPass()
        let rows = observations.shape[0]
        let means = try Tensor(shape: [rows, actionSize]) { means in
            eachSide { row, side, features, context in
                var hidden = [Float](repeating: 0, count: max(side.units * shape.hidden, 1))
                var raw = [Float](repeating: 0, count: side.units * shape.rank)
                hidden.withUnsafeMutableBufferPointer { hidden in
                    raw.withUnsafeMutableBufferPointer { raw in
                        guard let hidden = hidden.baseAddress, let raw = raw.baseAddress else { return }
                        UnitPass(
                            shape: shape, parameters: UnsafePointer(parameters.value.pointer), isInput: side.isInput
                        ).forward(features, units: side.units, context: context, hidden: hidden, output: raw)
                    }
                }
                for column in 0..<shape.rank {
                    let factor = lengthFactor(raw, column: column)
                    for unit in 0..<side.units {
                        means[row * actionSize + side.place(unit, column, rank: shape.rank)] =
                            raw[unit * shape.rank + column] * factor
                    }
                }
                if side.isInput {
                    let scale = UnitPolicyNetwork.logScale(
                        shape, UnsafePointer(parameters.value.pointer),
                        Tensor(Array(UnsafeBufferPointer(start: context, count: shape.context))))
                    means[row * actionSize + side.scalePlace] = scale / UnitPolicy.actionUnit
                }
                pass.hidden.append(hidden)
                pass.raw.append(raw)
            }
        }
        value.prepare(try contexts())
        value.forward(rows: 0..<rows)
        let source = value.layers[value.layers.count - 1].output
        let values = try Tensor(shape: [rows]) { $0.baseAddress?.update(from: source.pointer, count: rows) }
        return PolicyOutput(means: means, values: values)
    }

    /// 1/(4 · root mean square) of a column of factors; 0 for one without length.
    private func lengthFactor(_ raw: [Float], column: Int) -> Float {
        let units = raw.count / max(shape.rank, 1)
        var squares = 0.0
        for unit in 0..<units {
            let value = Double(raw[unit * shape.rank + column])
            squares += value * value
        }
        let length = (squares / Double(max(units, 1))).squareRoot()
        return length > 1e-12 ? Float(1 / (Double(UnitPolicy.actionUnit) * length)) : 0
    }

    // MARK: Backward

    package func backward(_ outer: PolicyGradient) throws -> Double {
        let rows = observations.shape[0]
        guard outer.means.shape == [rows, actionSize], outer.values.shape == [rows],
            outer.logStandardDeviation.shape == [actionSize]
        else {
            throw TensorError.shapeMismatch(
                operation: "policy gradient", expected: [rows, actionSize], actual: outer.means.shape)
        }
        logDeviationGradient = outer.logStandardDeviation
        gradient = Array(repeating: 0, count: gradient.count)
        var index = 0
        outer.means.withUnsafeBufferPointer { byMeans in
            eachSide { row, side, features, context in
                defer { index += 1 }
                let raw = pass.raw[index]
                let byRaw = rawGradient(raw, side) { byMeans[row * actionSize + $0] }
                var scratch = [Float](repeating: 0, count: max(side.units * shape.hidden, 1))
                gradient.withUnsafeMutableBufferPointer { gradient in
                    pass.hidden[index].withUnsafeMutableBufferPointer { hidden in
                        byRaw.withUnsafeBufferPointer { byRaw in
                            scratch.withUnsafeMutableBufferPointer { scratch in
                                guard let gradient = gradient.baseAddress, let hidden = hidden.baseAddress,
                                    let byRaw = byRaw.baseAddress, let scratch = scratch.baseAddress
                                else { return }
                                UnitPass(
                                    shape: shape, parameters: UnsafePointer(parameters.value.pointer),
                                    isInput: side.isInput
                                ).backward(
                                    features, units: side.units, context: context, hidden: hidden,
                                    outputGradient: byRaw, scratch: scratch, gradient: gradient)
                            }
                        }
                    }
                }
                if side.isInput {
                    let byScale = byMeans[row * actionSize + side.scalePlace] / UnitPolicy.actionUnit
                    let start = 2 * shape.sideCount
                    for place in 0..<shape.context { gradient[start + place] += byScale * context[place] }
                    gradient[start + shape.context] += byScale
                }
            }
        }
        outer.values.withUnsafeBufferPointer { buffer in
            if let base = buffer.baseAddress { value.backward(rows: 0..<rows, gradient: base) }
        }
        var squares = gradient.withUnsafeBufferPointer { buffer in
            buffer.baseAddress.map { rl_sum_of_squares(Int64(buffer.count), $0) } ?? 0
        }
        squares += logDeviationGradient.withUnsafeBufferPointer { buffer in
            buffer.baseAddress.map { rl_sum_of_squares(Int64(buffer.count), $0) } ?? 0
        }
        for (place, layer) in value.layers.enumerated() {
            squares += value.gradients(layer: place, units: 0..<layer.outputs)
        }
        return squares
    }

    /// Through y = x/(4ρ), ρ the root mean square of a column: (g − x (g·x)/(n ρ²))/(4ρ).
    private func rawGradient(_ raw: [Float], _ side: Side, byMeans: (Int) -> Float) -> [Float] {
        var result = [Float](repeating: 0, count: raw.count)
        let rank = shape.rank
        for column in 0..<rank {
            let factor = Double(lengthFactor(raw, column: column))
            guard factor > 0 else { continue }
            var (along, squares) = (0.0, 0.0)
            for unit in 0..<side.units {
                let x = Double(raw[unit * rank + column])
                along += Double(byMeans(side.place(unit, column, rank: rank))) * x
                squares += x * x
            }
            for unit in 0..<side.units {
                let x = Double(raw[unit * rank + column])
                let g = Double(byMeans(side.place(unit, column, rank: rank)))
                result[unit * rank + column] = Float((g - x * along / squares) * factor)
            }
        }
        return result
    }

    package func update(_ step: AdamStep) {
        var arguments = step.kernelArguments
        func move(_ parameter: Parameter, _ gradient: UnsafePointer<Float>?) {
            guard let gradient else { return }
            rl_adam(
                Int64(parameter.count), parameter.value.pointer, parameter.firstMoment.pointer,
                parameter.secondMoment.pointer, gradient, &arguments)
        }
        gradient.withUnsafeBufferPointer { move(parameters, $0.baseAddress) }
        logDeviationGradient.withUnsafeBufferPointer { move(logDeviation, $0.baseAddress) }
        for (place, layer) in value.layers.enumerated() {
            value.update(layer: place, units: 0..<layer.outputs, step: step)
        }
        value.finishUpdate()
    }

    // MARK: State

    private var named: [(name: String, parameter: Parameter)] {
        [("policy.unit", parameters), ("policy.logStandardDeviation", logDeviation)]
            + value.layers.enumerated().flatMap { place, layer in
                [("policy.value.\(place).weight", layer.weight), ("policy.value.\(place).bias", layer.bias)]
            }
    }

    package func save(in snapshot: inout LearnerSnapshot) throws {
        for (name, parameter) in named { try parameter.save(as: name, in: &snapshot) }
    }

    package func load(from snapshot: LearnerSnapshot) throws {
        for (name, parameter) in named { try parameter.load(name, from: snapshot) }
        value.invalidate()
    }

    /// Gradients of the last `backward`: of the shared parameters, in their order.
    package func parameterGradient() -> [Float] { gradient }
}
