internal import RLEditData
internal import RLEditLearners
internal import RLEditNN
internal import RLEditRuns
internal import RLEditTensor
internal import RLEditWorlds

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
        /// How far the network is from those of the policy's training; nil where its file does not say.
        let distance: FeatureRanges.Distance?
        /// Sentences for a person: that distance, and whether searching around the edit is wise.
        let advice: [String]
    }

    /// - Throws: ``WorldError`` naming the layer or the set at fault, or what the reward throws.
    func run(pool: WorkerPool, random: RandomStream) throws -> Result {
        if custom == nil { try PolicyRequest.requireOwnFeatures(policy) }
        let clock = ContinuousClock()
        let began = clock.now
        let rules = policy.rules(layers: layers)
        guard let refinement else {
            let episode = try EditPair.episode(of: network, sets: sets, rules: rules, custom: custom, pool: pool)
            let seen = clock.now
            var edited = network
            let edits = try PolicyApplication(policy.members, in: episode).edits
            for (edit, frame) in zip(edits, episode.first.frames) { try edited.apply(edit, to: frame.layer) }
            return result(
                edited, episode.first, evaluations: 0, reward: nil, began: began, seen: seen, ended: clock.now)
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
            policy.members, to: pair, refining: refinement.count, by: refinement.search, reward: reward,
            random: random)
        let edited = try pair.evaluator.editedNetwork(application.edits)
        return result(
            edited, pair.episodes.whole.first, evaluations: application.evaluations, reward: application.reward,
            began: began,
            seen: seen, ended: clock.now)
    }

    private func result(
        _ edited: Network, _ units: EpisodeUnits, evaluations: Int, reward: Double?, began: ContinuousClock.Instant,
        seen: ContinuousClock.Instant, ended: ContinuousClock.Instant
    ) -> Result {
        let distance = policy.ranges?.distance(units.features, policy.features)
        let count = sets.first { $0.name == policy.forgetSet }?.examples.count ?? 0
        return Result(
            network: edited, evaluations: evaluations, reward: reward, featureSeconds: (seen - began) / .seconds(1),
            editSeconds: (ended - seen) / .seconds(1), distance: distance,
            advice: [distance?.sentence, SearchAdvice.sentence(forget: count)].compactMap { $0 })
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
