internal import LuaBridge
internal import RLEditLearners
internal import RLEditNN
internal import RLEditRuns
internal import RLEditTensor
internal import RLEditWorlds

/// A trained policy as scripts hold it: `rledit.Policy`.
struct ScriptPolicy: LuaBound {
    static var luaName: String { "rledit.Policy" }
    static var luaExpected: String { "policy (of rledit.load_policy) or the name of its file" }

    let file: PolicyFile

    /// Reads the field of a table: a policy, or the name of a file.
    static func read(_ options: LuaOptions, _ field: String, _ context: ScriptContext) throws -> ScriptPolicy {
        let value = try options.value(field)
        switch value {
        case .string(let path): return try load(path.text, context)
        case .object(let object):
            if let policy = try object.value(as: ScriptPolicy.self) { return policy }
        case .nil: throw try options.missing(field, expected: luaExpected)
        default: break
        }
        throw options.fieldError(field, "\(luaExpected) expected, got \(value.typeName)")
    }

    /// A policy file under the data roots, or beside the script that is shared with it.
    static func load(_ path: String, _ context: ScriptContext) throws -> ScriptPolicy {
        if let beside = context.policyBesideScript(path) {
            let file = try SafetensorsFile(path: beside.path)
            let policy = try PolicyFile(file)
            try context.note(beside)
            try context.noteUse(of: file, path, .policy)
            return ScriptPolicy(file: policy)
        }
        return ScriptPolicy(file: try PolicyFile(try context.open(path, .policy)))
    }
}

/// Applying a policy to one network, as `rledit.apply` and the command line do.
struct PolicyRequest {
    let policy: PolicyFile
    let network: Network
    let sets: [NamedSet]
    /// nil for the layers that the policy was trained on.
    var layers: [String]?
    /// Evaluations of the reward; nil for none.
    var refinement: (count: Int, search: PolicyApplication.Search)?
    /// nil for the standard one.
    var reward: (any RewardFunction)?
    var custom: EditPair.CustomFeatures?

    struct Result {
        let network: Network
        let evaluations: Int
        let reward: Double?
        /// Seconds that features took: the pass through the network, and with a refinement the evaluator's own.
        let featureSeconds: Double
        /// Seconds from features to the edited network, evaluations of the reward included.
        let editSeconds: Double
    }

    /// - Throws: ``WorldError`` naming the layer or the set at fault, or what the reward throws.
    func run(pool: WorkerPool, random: RandomStream) throws -> Result {
        if custom == nil { try PolicyRequest.requireOwnFeatures(policy) }
        let clock = ContinuousClock()
        let began = clock.now
        let rules = policy.rules(layers: layers)
        guard let refinement else {
            let (features, frames) = try EditPair.units(
                of: network, sets: sets, rules: rules, custom: custom, pool: pool)
            let seen = clock.now
            var edited = network
            for (features, frame) in zip(features, frames) {
                try edited.apply(frame.edit(policy.network.factors(for: features)), to: frame.layer)
            }
            return Result(
                network: edited, evaluations: 0, reward: nil, featureSeconds: (seen - began) / .seconds(1),
                editSeconds: (clock.now - seen) / .seconds(1))
        }
        let pair = try EditPair(
            network: network, name: "model", label: "", sets: sets, rules: rules, custom: custom, pool: pool)
        let seen = clock.now
        let names = sets.map(\.name)
        let reward =
            try reward
            ?? PolicyApplication.standardReward(
                forget: place(policy.forgetSet, names), retain: place(policy.retainSet, names))
        let application = try PolicyApplication(
            policy.network, to: pair, refining: refinement.count, by: refinement.search, reward: reward,
            random: random)
        let edited = try pair.evaluator.editedNetwork(application.edits)
        return Result(
            network: edited, evaluations: application.evaluations, reward: application.reward,
            featureSeconds: (seen - began) / .seconds(1), editSeconds: (clock.now - seen) / .seconds(1))
    }

    /// - Throws: for a policy that was trained on features which only its script can compute.
    static func requireOwnFeatures(_ policy: PolicyFile) throws(WorldError) {
        guard policy.features.customCount > 0 else { return }
        throw .invalidSetting(
            owner: "policy", field: "custom_features",
            message:
                "are needed: it was trained on \(policy.features.customCount) features that a script computed; give the "
                + "same function to rledit.apply")
    }

    private func place(_ name: String, _ names: [String]) throws -> Int {
        guard let place = names.firstIndex(of: name) else {
            throw WorldError.invalidSet(name: name, message: "is needed, and was not given")
        }
        return place
    }
}
