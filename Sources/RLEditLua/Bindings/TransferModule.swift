internal import LuaBridge
internal import RLEditCore
internal import RLEditData
internal import RLEditLearners
internal import RLEditNN
internal import RLEditRuns
internal import RLEditTensor
internal import RLEditWorlds

extension HostModules {
    /// `rledit.transfer`: one policy for many networks. Its functions are in `rledit` too.
    static func addTransfer(to host: LuaHost, context: ScriptContext) throws {
        try host.register(ScriptTaskDistribution.self) { type in
            type.documentation(
                in: "rledit.transfer",
                """
                Networks and classes, and the sets of each pair of them. Training pairs are training networks × training
                classes, validation pairs validation networks × training classes, held-out pairs held-out networks × all
                classes; a network in two lists is an error. `#distribution` is the number of pairs.
                """
            )
            type.length { $0.pairs.count }
            type.description { distribution in
                let counts = distribution.networks.map { "\($0.models.count) \($0.purpose.rawValue)" }
                return "distribution: \(counts.joined(separator: ", ")) networks, "
                    + "\(distribution.trainingClasses.count) training and \(distribution.unseenClasses.count) unseen classes"
            }
        }
        try host.register(UnitPolicySettings.self) { type in
            type.documentation(in: "rledit.transfer", "What a policy over units looks at, and how large it is.")
            type.description { WordList.call("UnitPolicy", $0.settings) }
        }
        try host.register(ScriptTransferTask.self) { type in
            type.documentation(
                in: "rledit.transfer",
                """
                A task that trains a policy: what `rledit.task` makes of a `distribution`. Return it from the script to
                have it run.
                """
            )
            type.property("name", "string") { task, call in try call.returns(task.name) }
            type.property("state", "table your own state: plain values and tensors, kept in checkpoints") {
                task, call in
                try call.returns(task.events.state)
            }
            type.description { "task '\($0.name)': a policy in \($0.worldName), \($0.learnerName)" }
        }
        try addTransferEnvironment(to: host)
        try host.register(ScriptPolicy.self) { type in
            type.documentation(in: "rledit.transfer", "A trained policy.")
            type.property("world", "string `MaskWorld` or `ShiftWorld`") { policy, call in
                try call.returns(policy.file.world.rawValue)
            }
            type.property("layers", "string[] that it was trained on") { policy, call in
                try call.returns(policy.file.layers)
            }
            type.property("rank", "integer") { policy, call in try call.returns(policy.file.network.shape.rank) }
            type.property("features", "string[] names") { policy, call in
                try call.returns(policy.file.features.features.map(\.name))
            }
            type.property("training", "table how it was trained: distribution, learner, seed, versions, data") {
                policy, call in
                try call.returns(try PlainTable.make(.object(policy.file.training), host: call.host))
            }
            type.property("heldout", "table what it reached on held-out pairs") { policy, call in
                try call.returns(try PlainTable.make(.object(policy.file.heldOut), host: call.host))
            }
            type.description { policy in
                "policy: \(policy.file.world.rawValue) on \(policy.file.layers.joined(separator: ", ")), rank "
                    + "\(policy.file.network.shape.rank), \(policy.file.features.count) features, "
                    + "\(policy.file.network.parameters.count) parameters"
            }
        }
        host.addModule("rledit.transfer") { module in
            module.documentation(
                """
                One policy for many networks: it looks at how the units of a layer respond to what is to be forgotten
                and to what is to be kept, and edits a network that it has never seen at once. `docs/transfer.md` tells
                how it works. All functions are in `rledit` too.

                ```lua
                local rledit = require "rledit"
                local digits = rledit.data.generated_digits { train = 400, test = 100 }
                local models = { rledit.models.digit_cnn { seed = 1 }, rledit.models.digit_cnn { seed = 2 } }
                rledit.nn.fit_all { models = models, set = digits.train }
                local function sets(_, class)
                  local forget, retain = digits.train:partition(function(label) return label == class end)
                  return { forget = forget, retain = retain }
                end
                local task = rledit.task {
                  distribution = rledit.TaskDistribution { networks = models, classes = { 3, 7 }, sets = sets },
                  world = rledit.ShiftWorld { layer = "fc2" },
                  reward = function(m) return m.retain.accuracy - m.forget.accuracy end,
                }
                print(task)
                ```
                """
            )
            module.types(
                """
                @class rledit.ApplyOptions
                @field policy rledit.Policy|string the policy, or the name of its file
                @field model rledit.Model left as it is
                @field sets table<string, rledit.Set> `forget` and `retain`, or what the policy was trained to call them
                @field layer string? the layer to edit, if it is not called as in training
                @field layers string[]?
                @field refine (integer|false)? spends as many evaluations of the reward on edits around the policy's, \
                and takes the best
                @field refine_by ("scale"|"samples")? what they vary; the scale by default
                @field reward (fun(m: rledit.Metrics): number, table<string, number>?)? by default ½(accuracy + \
                probability of the label) of `retain` + 1 − the same of `forget`
                @field custom_features (fun(layer: rledit.LayerActivations): rledit.Tensor, rledit.Tensor)? the \
                function that the policy was trained with, if there was one

                @class rledit.ApplyInfo
                @field evaluations integer of the reward; 0 without `refine`
                @field reward number? of the edit that was taken, with `refine`
                @field feature_seconds number what features took: the pass through the network
                @field edit_seconds number from features to the edited network
                """
            )
            module.types(ScriptTaskDistribution.annotation)
            module.types(UnitPolicySettings.annotation)
            module.types(ScriptTransferTask.annotation)
            for function in transferFunctions {
                module.function(function.name, function.documentation) { try function.run($0, context) }
            }
        }
    }

    /// What is in `rledit.transfer` and in `rledit`.
    static var transferFunctions:
        [(name: String, documentation: String, run: (LuaCall, ScriptContext) throws -> LuaResults)]
    {
        [
            (
                "TaskDistribution",
                """
                Networks, classes and the sets of each pair of them.
                @param options rledit.TaskDistributionOptions
                @return rledit.TaskDistribution
                """,
                { call, _ in
                    try call.atMost(1)
                    return try call.returns(
                        ScriptTaskDistribution(
                            LuaOptions(owner: ScriptTaskDistribution.luaName, table: try call.table(1))))
                }
            ),
            (
                "UnitPolicy",
                """
                What a policy over units looks at.
                @param options? rledit.UnitPolicyOptions
                @return rledit.UnitPolicy
                """,
                { call, _ in
                    try call.atMost(1)
                    return try call.returns(
                        UnitPolicySettings(try call.options(1, of: UnitPolicySettings.luaName)))
                }
            ),
            (
                "load_policy",
                """
                A trained policy from its file: from the data folders, from a file that `--allow` names, or, if its name
                ends in `.policy.safetensors`, from the script's own folder.
                @param path string
                @return rledit.Policy
                """,
                { call, context in
                    try call.atMost(1)
                    return try call.returns(ScriptPolicy.load(try call.string(1), context))
                }
            ),
            (
                "apply",
                """
                Edits a model by a trained policy, at once or with a few evaluations of a reward.
                @param options rledit.ApplyOptions
                @return rledit.Model edited
                @return rledit.ApplyInfo info
                """,
                apply
            ),
        ]
    }

    // MARK: - apply

    private static func apply(_ call: LuaCall, _ context: ScriptContext) throws -> LuaResults {
        try call.atMost(1)
        let options = LuaOptions(owner: "rledit.apply", table: try call.table(1))
        let policy = try ScriptPolicy.read(options, "policy", context)
        let model = try options.required("model", as: ScriptModel.self)
        let sets = try TaskParts.sets("sets", options)
        var request = PolicyRequest(policy: policy.file, network: model.network, sets: sets)
        request.layers = try layers(options)
        request.refinement = try refinement(options)
        if let function = try options.optional("reward", as: LuaFunction.self) {
            guard request.refinement != nil else {
                throw options.fieldError("reward", "needs 'refine'")
            }
            request.reward = try ScriptReward(
                task: "apply", function: function, sets: sets, metrics: [], host: call.host)
        }
        if let function = try options.optional("custom_features", as: LuaFunction.self) {
            let custom = CustomFeatureFunction(function)
            request.custom = { [host = call.host] in try custom($0, host: host) }
        }
        try options.finish()
        let result = try request.run(pool: context.pool, random: context.random.split("apply"))
        let info = try call.host.makeTable()
        try info.set("evaluations", result.evaluations)
        if let reward = result.reward { try info.set("reward", reward) }
        try info.set("feature_seconds", result.featureSeconds)
        try info.set("edit_seconds", result.editSeconds)
        return try call.returns(ScriptModel(result.network, name: model.name, source: model.source), info)
    }

    /// `layer` or `layers`; nil for neither.
    private static func layers(_ options: LuaOptions) throws -> [String]? {
        let isGiven = try !options.value("layer").isNil || !options.value("layers").isNil
        return isGiven ? try WorldPlace.layers(options) : nil
    }

    /// `refine = N` and `refine_by`.
    static func refinement(_ options: LuaOptions) throws -> (count: Int, search: PolicyApplication.Search)? {
        let search = try options.word(
            "refine_by", among: PolicyApplication.Search.allCases.map { (word: $0.rawValue, value: $0) })
        guard let count = try options.switchable("refine", as: Int.self) ?? nil else {
            if search != nil { throw options.fieldError("refine_by", "needs 'refine'") }
            return nil
        }
        guard (1...10_000).contains(count) else {
            throw options.fieldError("refine", "must be from 1 to 10000, got \(count)")
        }
        return (count, search ?? .scale)
    }
}
