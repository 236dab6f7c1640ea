internal import RLEditTensor
internal import RLEditWorlds

/// How the reward of a pair changes with the parameters of the policy that edits it in one step: the gradient through the
/// edit.
///
///     ∂R/∂θ = Σ_m ∂R/∂m · Σ_W ⟨∂m/∂W, ∂W/∂θ⟩
///
/// - ∂R/∂m, by each mean m that the reward has read: differences of the reward itself, which sees the candidate's
///   measurements with one of them moved. So the reward stays any Lua function.
/// - ∂m/∂W: backwards through the network (``MetricGradient``).
/// - ∂W/∂θ: differences of the edit, which is cheap to make, by each of the policy's hundred parameters.
struct EditGradient {
    private let pair: EditPair
    private let metrics: MetricGradient
    private let pool: WorkerPool
    /// Of a parameter: far above the precision of edited weights, far below what changes the policy's tanh units.
    private static let step: Float = 5e-3

    init(_ pair: EditPair, pool: WorkerPool) throws {
        self.pair = pair
        self.pool = pool
        metrics = try MetricGradient(pair.evaluator, pool: pool)
    }

    /// Judges a policy's edit.
    /// - Returns: its reward, and the gradient by the policy's parameters; zeros for an invalid reward.
    /// - Throws: ``WorldError/noGradient(reads:)``, or what the reward throws.
    func judge(
        _ policy: UnitPolicyNetwork, _ episode: Episode, by judge: RewardJudge, number: Int, progress: Double
    ) throws -> (reward: Reward, gradient: [Double]) {
        let edits = try episode.edits { $0.map { [policy.factors(for: $0)] } }
        let batch = try pair.source.evaluate([edits])
        func judged(_ batch: EvaluationBatch, isRemembered: Bool) throws -> [Reward] {
            try judge.judge(
                batch, base: pair.source.base(), steps: (0..<batch.count).map { _ in 1 },
                episodes: (0..<batch.count).map { _ in number }, progress: progress, isRemembered: isRemembered)
        }
        let reward = try judged(batch, isRemembered: true)[0]
        let none = [Double](repeating: 0, count: policy.parameters.count)
        guard !reward.isInvalid else { return (reward, none) }
        let read = try batch.readMetrics()
        let (moved, steps) = batch.moved(read, candidate: 0)
        let rewards = try judged(moved, isRemembered: false)
        var weights: [ReadMetric: Double] = [:]
        for (place, metric) in read.enumerated() {
            let (up, down) = (rewards[2 * place], rewards[2 * place + 1])
            if !up.isInvalid, !down.isInvalid { weights[metric] = (up.value - down.value) / (2 * steps[place]) }
        }
        return (reward, try through(edits, weights, policy, episode))
    }

    /// ⟨∂R/∂W, ∂W/∂θ⟩ for each parameter.
    private func through(
        _ edits: [LayerEdit], _ weights: [ReadMetric: Double], _ policy: UnitPolicyNetwork, _ episode: Episode
    ) throws -> [Double] {
        let byWeights = try metrics(edits, weights: weights, pool: pool)
        let layers = pair.evaluator.layers
        let found = Slots<Double>(count: policy.parameters.count)
        try pool.forEach(policy.parameters.count) { index, _ in
            var sides: [Double] = []
            for sign: Float in [1, -1] {
                var moved = policy
                moved.parameters[index] += sign * EditGradient.step
                let edits = try episode.edits { $0.map { [moved.factors(for: $0)] } }
                sides.append(
                    try zip(layers.indices, edits).reduce(0) { sum, next in
                        let (place, edit) = next
                        return sum + (try EditGradient.product(edit.weights(of: layers[place]), byWeights[place]))
                    })
            }
            // As far apart as the parameter itself was moved in single precision.
            let value = policy.parameters[index]
            let distance = Double((value + EditGradient.step) - (value - EditGradient.step))
            found[index] = (sides[0] - sides[1]) / distance
        }
        return try found.values()
    }

    private static func product(_ a: Tensor, _ b: Tensor) -> Double {
        a.withUnsafeBufferPointer { a in
            b.withUnsafeBufferPointer { b in
                var sum = 0.0
                for place in a.indices { sum += Double(a[place]) * Double(b[place]) }
                return sum
            }
        }
    }
}
