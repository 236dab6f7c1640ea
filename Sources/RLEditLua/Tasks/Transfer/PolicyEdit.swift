internal import RLEditBaselines
internal import RLEditCore
internal import RLEditData
internal import RLEditNN
internal import RLEditRuns
internal import RLEditTensor
internal import RLEditWorlds

/// A policy that somebody has trained, as a method to compare with: what it cost to train is not counted, since it is paid
/// once for all networks.
struct PolicyEdit: UnlearningMethod {
    struct Refinement {
        let count: Int
        let search: PolicyApplication.Search
    }

    let policy: PolicyFile
    /// nil for those that the policy was trained on.
    var layers: [String]?
    var refinement: Refinement?

    init(_ policy: PolicyFile) { self.policy = policy }

    var name: String { refinement.map { "policy_refined_\($0.count)" } ?? "policy_zero_shot" }

    var documentation: String {
        "A trained policy (`rledit.transfer`): what it does at once, or with `refine` evaluations of the standard reward. "
            + "What its training cost is not counted."
    }

    /// The policy's file holds them.
    var settings: [Setting<Self>] { [] }

    func unlearn(_ problem: UnlearningProblem, random: RandomStream, passes: PassCounter) throws -> Network {
        // The sets under the names that the policy knows them by.
        let sets = [
            NamedSet(name: policy.forgetSet, examples: problem.forget),
            NamedSet(name: policy.retainSet, examples: problem.retain),
        ]
        var request = PolicyRequest(policy: policy, network: problem.network, sets: sets)
        request.layers = layers
        request.refinement = refinement.map { ($0.count, $0.search) }
        let result = try request.run(pool: problem.pool, random: random)
        // The search passes the layers before the edited ones once, and those from there on at each evaluation and each
        // look at what a step has done. Features that read labels take the forget set through the latter and back, at the
        // first look and at each of those.
        let examples = problem.forget.count + problem.retain.count
        func search(_ evaluations: Int) throws -> Double {
            try Cost.search(
                of: problem.network, layers: layers ?? policy.layers, examples: examples, evaluations: evaluations
            ).forwards / Double(examples)
        }
        let looks = policy.steps.looks * max(result.evaluations, 1)
        passes.forward(examples, share: try search(result.evaluations + looks))
        let suffix = try search(1) - search(0)
        passes.forward(problem.forget.count, share: suffix * Double(1 + looks))
        passes.backward(problem.forget.count, share: suffix * Double(1 + looks))
        return result.network
    }
}
