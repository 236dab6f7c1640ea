public import RLEditCore
internal import RLEditData
public import RLEditNN
public import RLEditTensor

/// Adversarial neuron pruning (Wu and Wang, *Adversarial neuron pruning purifies backdoored deep models*, NeurIPS 2021): the
/// neurons that carry a backdoor are those that misclassify first when the network is disturbed. A mask m over the channels
/// of all batch norms is trained on clean examples to withstand the worst disturbance (eq. 6),
///
///     min_m  α L(m ⊙ γ, β) + (1 − α) max_{δ, ξ} L((m + δ) ⊙ γ, (1 + ξ) ⊙ β),      |δ|, |ξ| ≤ ε,  m in [0, 1],
///
/// the inner maximum by one signed step from a random start (eq. 5). Channels whose mask ends below a threshold lose their
/// scale γ; the shift β stays. As in the published code, neurons are the channels of batch norms, passes in training take the
/// statistics of the batch, and the running ones stay those of the given network.
public struct AdversarialNeuronPruning: UnlearningMethod {
    public var steps = 500
    public var batchSize = 128
    public var learningRate = 0.2
    public var budget = 0.4
    public var naturalWeight = 0.2
    public var threshold = 0.2
    public var randomStart = true

    public init() {}
    public var name: String { "adversarial_neuron_pruning" }
    public var needs: Set<SetRole> { [.retain] }

    public var documentation: String {
        "Adversarial neuron pruning (Wu and Wang 2021), a defence against backdoors for networks with batch norms: trains "
            + "a mask over their channels on `retain`, which holds clean examples, against the worst disturbance of scales "
            + "and shifts, and prunes the channels that it lowers. `forget` is not used."
    }

    public var settings: [Setting<Self>] {
        [
            .integer("steps", \.steps, .count(upTo: mostCounted), "of the mask; 2000 in the paper"),
            .integer("batchSize", \.batchSize, .count(upTo: mostCounted), "examples of a step"),
            .number("learningRate", \.learningRate, .positive, "of the mask's gradient descent with momentum 0.9"),
            .number("budget", \.budget, .notNegative, "ε: the largest disturbance, as a share"),
            .number("naturalWeight", \.naturalWeight, .unit, "α: weight of the loss without disturbance"),
            .number("threshold", \.threshold, .unit, "channels with a lower mask are pruned"),
            .boolean("randomStart", \.randomStart, "whether a disturbance starts at random, and not at none"),
        ]
    }

    public func refusal(of network: Network) -> BaselineError? {
        network.nodes.contains { $0.layer is BatchNorm } ? nil : .noBatchNorm
    }

    public func unlearn(_ problem: UnlearningProblem, random: RandomStream, passes: PassCounter) throws -> Network {
        let mask = try mask(problem, random: random, passes: passes)
        var network = problem.network
        for channels in try Self.channels(of: network) {
            let kept = zip(channels.scale, mask[channels.range]).map { Double($1) < threshold ? 0 : $0 }
            try network.setParameter("\(channels.name).weight", Tensor(kept))
        }
        return network
    }

    /// The channels of one batch norm.
    private struct Channels {
        let name: String
        /// γ and β as they are.
        let scale: [Float]
        let shift: [Float]
        /// Places among the channels of all batch norms.
        let range: Range<Int>
    }

    private static func channels(of network: Network) throws(BaselineError) -> [Channels] {
        var result: [Channels] = []
        for node in network.nodes where node.layer is BatchNorm {
            guard let scale = network.parameter("\(node.name).weight"),
                let shift = network.parameter("\(node.name).bias")
            else { continue }
            let start = result.last?.range.upperBound ?? 0
            result.append(
                Channels(
                    name: node.name, scale: scale.scalars, shift: shift.scalars, range: start..<(start + scale.count)))
        }
        guard !result.isEmpty else { throw .noBatchNorm }
        return result
    }

    /// m, a number for each channel of all batch norms in their order.
    package func mask(_ problem: UnlearningProblem, random: RandomStream, passes: PassCounter) throws -> [Float] {
        let channels = try Self.channels(of: problem.network)
        let count = channels.last?.range.upperBound ?? 0
        let stepper = try GradientStepper(problem.network, optimizer: .sgd(SGD()), pool: problem.pool)
        let source = ExampleSetSource(problem.retain)
        let names = problem.network.parameterNames

        /// ∂L/∂(factor of γ) and ∂L/∂(factor of β) with these factors.
        func slopes(
            _ scales: [Float], _ shifts: [Float], rows: ArraySlice<Int>, _ stream: RandomStream
        ) throws -> (scale: [Float], shift: [Float]) {
            for part in channels {
                try stepper.setParameter(
                    "\(part.name).weight", Tensor(zip(part.scale, scales[part.range]).map { $0 * $1 }))
                try stepper.setParameter(
                    "\(part.name).bias", Tensor(zip(part.shift, shifts[part.range]).map { $0 * $1 }))
            }
            let (terms, gradients) = try stepper.gradient(
                of: [.init(source, rows, Loss.crossEntropy)], random: stream)
            guard terms.allSatisfy({ $0.sum.isFinite }) else { throw BaselineError.scoresNotFinite(set: "retain") }
            passes.forward(rows.count)
            passes.backward(rows.count)
            func gradient(_ name: String) -> [Float] { names.firstIndex(of: name).map { gradients[$0].scalars } ?? [] }
            return (
                channels.flatMap { part in zip(part.scale, gradient("\(part.name).weight")).map { $0 * $1 } },
                channels.flatMap { part in zip(part.shift, gradient("\(part.name).bias")).map { $0 * $1 } }
            )
        }

        let ones = [Float](repeating: 1, count: count)
        var (mask, velocity) = (ones, [Float](repeating: 0, count: count))
        let limit = Float(budget)
        var (batches, epoch): ([ArraySlice<Int>], Int) = ([], 0)
        for step in 0..<steps {
            try passes.report(step, of: steps)
            if batches.isEmpty {
                var order = random.split("shuffle", epoch)
                let all = order.permutation(source.count)
                batches = stride(from: 0, to: all.count, by: batchSize).map { all[$0..<min($0 + batchSize, all.count)] }
                epoch += 1
            }
            let rows = batches.removeFirst()
            var stream = random.split("disturbance", step)
            func start() -> [Float] { ones.map { _ in randomStart ? stream.uniform(-limit, limit) : 0 } }
            var (ofScales, ofShifts) = (start(), start())
            func disturbed(_ disturbance: [Float]) -> [Float] { zip(mask, disturbance).map { $0 + $1 } }
            // Eq. 5: one signed step up the loss, within the budget.
            let up = try slopes(disturbed(ofScales), ofShifts.map { 1 + $0 }, rows: rows, stream)
            func climb(_ start: [Float], _ slope: [Float]) -> [Float] {
                zip(start, slope).map { min(max($0 + limit * ($1 > 0 ? 1 : $1 < 0 ? -1 : 0), -limit), limit) }
            }
            (ofScales, ofShifts) = (climb(ofScales, up.scale), climb(ofShifts, up.shift))
            // Eq. 6, the gradient by m alone.
            let robust = try slopes(disturbed(ofScales), ofShifts.map { 1 + $0 }, rows: rows, stream).scale
            let natural = try slopes(mask, ones, rows: rows, stream).scale
            for index in mask.indices {
                let slope = Float(naturalWeight) * natural[index] + Float(1 - naturalWeight) * robust[index]
                velocity[index] = 0.9 * velocity[index] + slope
                mask[index] = min(max(mask[index] - Float(learningRate) * velocity[index], 0), 1)
            }
        }
        return mask
    }
}
