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
            type.property("rank", "integer") { policy, call in try call.returns(policy.file.shape.rank) }
            type.property("horizon", "integer steps that it takes on a network") { policy, call in
                try call.returns(policy.file.steps.horizon)
            }
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
            type.property("policies", "integer whose edits are averaged") { policy, call in
                try call.returns(policy.file.members.count)
            }
            type.method(
                "save",
                """
                Writes the policy to a file in the run folder and returns its path.
                @param name string a plain file name ending in .safetensors
                @return string path
                """
            ) { policy, call in
                try call.atMost(1)
                let name = try call.string(1)
                let path = try outputPath(name, call, context)
                try policy.file.write(to: path)
                return try call.returns(path)
            }
            type.description { policy in
                "policy: \(policy.file.world.rawValue) on \(policy.file.layers.joined(separator: ", ")), rank "
                    + "\(policy.file.shape.rank), \(policy.file.features.count) features, "
                    + "\(policy.file.shape.parameterCount) parameters"
                    + (policy.file.steps.horizon > 1 ? ", \(policy.file.steps.horizon) steps" : "")
                    + (policy.file.members.count > 1 ? ", the mean of \(policy.file.members.count)" : "")
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

                @class rledit.PolicyTraining
                @field evaluations integer of all seeds
                @field validation_rewards number[] of each seed's policy on the validation pairs; empty without any
                @field average_reward number? of the mean of their edits
                @field summary string? these numbers and their spread in a line

                @class rledit.ApplyInfo
                @field evaluations integer of the reward; 0 without `refine`
                @field reward number? of the edit that was taken, with `refine`
                @field feature_seconds number what features took: the pass through the network
                @field edit_seconds number from features to the edited network
                @field distance number? how far the network lies outside what the policy was trained on, in deviations; 0 \
                inside; nil for a policy whose file does not say
                @field advice string[] sentences about that distance, and about whether `refine` is wise
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
                "train_policy",
                """
                Trains policies by a task that has a `distribution`, with a seed each, and returns the one policy whose edits
                are the mean of theirs. Without a run folder; return the task from the script to have one.
                @param task rledit.TransferTask
                @param options? { seeds: integer? } how many, 3 by default; the first has the run's seed
                @return rledit.Policy
                @return rledit.PolicyTraining info
                """,
                { call, context in
                    try call.atMost(2)
                    let task = try call.argument(1, as: ScriptTransferTask.self)
                    let options = try call.options(2, of: "rledit.train_policy")
                    let seeds = try options.optional("seeds", as: Int.self) ?? 3
                    guard (1...100).contains(seeds) else {
                        throw options.fieldError("seeds", "must be from 1 to 100, got \(seeds)")
                    }
                    try options.finish()
                    let training = try PolicyTraining(of: task, seeds: seeds, context)
                    let info = try call.host.makeTable()
                    try info.set("evaluations", training.evaluations)
                    let rewards = training.validationRewards
                    let list = try call.host.makeTable()
                    for (place, reward) in rewards.enumerated() { try list.set(place + 1, reward) }
                    try info.set("validation_rewards", list)
                    if let together = training.averageReward { try info.set("average_reward", together) }
                    if let summary = training.summary { try info.set("summary", summary) }
                    return try call.returns(ScriptPolicy(file: training.policy), info)
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
}
