internal import LuaBridge
internal import RLEditCore
internal import RLEditTensor
internal import RLEditWorlds

extension HostModules {
    /// `rledit.TransferEnvironment`: what `rledit.env` returns for a task that trains a policy.
    static func addTransferEnvironment(to host: LuaHost) throws {
        try host.register(ScriptTransferEnvironment.self) { type in
            type.documentation(
                in: "rledit.transfer",
                """
                One environment over the training pairs of a task, for a loop of your own. An observation is the
                features of the pair's layers one after another, `[out, features]`, `[in, features]`, context; an action
                the factors, each layer's `[out, rank]`, `[rank, in]` and a quarter of its log scale. An episode is one
                step.
                """
            )
            type.property("action_size", "integer") { value, call in try call.returns(value.actionSize) }
            type.property("observation_size", "integer") { value, call in try call.returns(value.observationSize) }
            type.property("horizon", "integer 1") { _, call in try call.returns(1) }
            type.property("evaluations", "integer steps taken") { value, call in try call.returns(value.evaluations) }
            // Mutating, so that a reward that steps the environment which asks it gets an error.
            type.mutatingMethod(
                "reset",
                """
                Draws a pair at random, independently of earlier draws; the same pair for the same seed.
                @param seed integer?
                @return rledit.Tensor observation
                @return { network: string, class: string } info
                """
            ) { value, call in
                try call.atMost(1)
                let (observation, pair) = try value.reset(seed: try call.optional(1, as: Int.self))
                let info = try call.host.makeTable()
                try info.set("network", pair.network)
                try info.set("class", pair.label)
                return try call.returns(observation, info)
            }
            type.mutatingMethod(
                "step",
                """
                Edits the network of the pair, and ends the episode.
                @param action rledit.Numbers
                @return rledit.Tensor observation zeros: nothing follows
                @return number reward
                @return boolean terminated true
                @return boolean truncated false
                @return { terms: table<string, number>, invalid: true? } info
                """
            ) { value, call in
                try call.atMost(1)
                let observation = try Tensor.zeros([value.observationSize])
                let action: Tensor
                do {
                    action = try ScriptActions(host: call.host, size: value.actionSize).readOne(call.value(1))
                } catch let mismatch as LuaMismatch {
                    throw call.argumentError(1, mismatch.description)
                }
                let reward = try value.step(action)
                let info = try call.host.makeTable()
                try info.set("terms", try PlainTable.make(.object(reward.shownTerms), host: call.host))
                if reward.isInvalid { try info.set("invalid", true) }
                // An episode is one step: what follows it shows nothing.
                return try call.returns(list: [
                    try call.host.value(of: observation), .number(reward.value), .boolean(true), .boolean(false),
                    .table(info),
                ])
            }
            type.method(
                "edited_model",
                """
                The network that the last step edited; nil before.
                @return rledit.Model?
                """
            ) { value, call in
                guard let network = try value.editedNetwork() else { return try call.returns(LuaValue.nil) }
                return try call.returns(network)
            }
            type.description { value in
                "environment '\(value.name)': action size \(value.actionSize), observation size "
                    + "\(value.observationSize), horizon 1"
            }
        }
    }
}
