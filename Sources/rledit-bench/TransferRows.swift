internal import RLEditLearners
internal import RLEditNN
internal import RLEditRuns
internal import RLEditTensor
internal import RLEditWorlds

/// What applying a unit policy to R1's layer costs: from activations to an edit, and a few evaluations of a reward.
struct TransferRows {
    let task: ReferenceTask
    let rounds: Int

    func rows() throws -> [Row] {
        let pool = WorkerPool(workers: 2)
        let problem = task.problem(ReferenceTask.shift(rank: 1))
        let rules = EditPair.Rules(
            world: .shift, layers: ["fc2"], rank: 1, features: try UnitFeatureSet(UnitFeature.labelAware))
        func best(_ body: () throws -> Void) throws -> Double {
            try (0..<rounds).map { _ in try seconds(body) }.min() ?? 0
        }
        let activations = try EditPair.activations(
            of: problem.network, sets: problem.sets, rules: rules, pool: pool)[0]
        let policy = UnitPolicyNetwork(
            UnitPolicyNetwork.Shape(
                features: rules.features.count, context: rules.features.context.count, hidden: 2, rank: 1),
            random: RandomStream(seed: 0, name: "bench"))
        let pass = try best {
            _ = try EditPair.activations(of: problem.network, sets: problem.sets, rules: rules, pool: pool)
        }
        let applied = try best {
            let features = try UnitFeatures(of: activations, rules.features)
            let frame = try UnitFrame(
                activations, bias: activations.biasName.flatMap(problem.network.parameter), world: .shift, rank: 1)
            _ = try frame.edit(policy.factors(for: features)).weights(of: frame.layer)
        }
        let pair = try EditPair(
            network: problem.network, name: "bench", label: "7", sets: problem.sets, rules: rules, pool: pool)
        let factors = pair.features.map { policy.factors(for: $0) }
        let candidates = 64
        let edit = try best { for _ in 0..<candidates { _ = try pair.edits(factors) } }
        return [
            Row(
                group: "transfer", what: "activations of 2,500 images: the pass that features need",
                figure: 1000 * pass, unit: "ms"),
            Row(
                group: "transfer", what: "policy applied to 128×32, activations known: features, factors, edit",
                figure: 1000 * applied, unit: "ms", target: .atMost(50)),
            Row(
                group: "transfer", what: "from factors to an edit", figure: 1e6 * edit / Double(candidates), unit: "µs"),
        ]
    }
}
