internal import LuaBridge
internal import RLEditCore
internal import RLEditNN
internal import RLEditRuns
internal import RLEditTensor
internal import RLEditWorlds

extension HostModules {
    /// `rledit.Environment`: what `rledit.env` returns.
    static func addEnvironment(to host: LuaHost) throws {
        host.types(
            in: "rledit.env",
            """
            @class rledit.Finding
            @field severity "error"|"warning"
            @field message string

            @class rledit.Judgement
            @field reward number
            @field terms table<string, number>
            @field metrics table<string, table<string, number>> what the reward has read, by set
            @field terminated boolean
            @field invalid true? set for a candidate without a valid reward, which counts as the worst so far
            """
        )
        try host.register(ScriptEnvironment.self) { type in
            type.documentation(
                in: "rledit.env",
                """
                One environment, for loops and learners of your own: made by `rledit.env`. An ended episode must be
                reset.

                A loop of your own cannot be resumed after the process is killed.
                """
            )
            type.property("action_size", "integer numbers in an action, each in -1 … 1") { value, call in
                try call.returns(value.environment.actionSize)
            }
            type.property("observation_size", "integer numbers in an observation") { value, call in
                try call.returns(value.environment.observationSize)
            }
            type.property("horizon", "integer steps of an episode") { value, call in
                try call.returns(value.environment.horizon)
            }
            type.property("evaluations", "integer candidates judged so far") { value, call in
                try call.returns(value.evaluations)
            }
            type.number("progress", "number 0 … 1, for schedules and `m.progress`; yours to set") {
                $0.environment.progress
            }
            type.setter("progress") { value, call in
                let progress = try call.number(1)
                guard (0...1).contains(progress) else {
                    throw LuaUsageError("progress must be in 0 … 1, got \(progress)")
                }
                value.environment.progress = progress
            }
            // Mutating, so that a reward that steps the environment which asks it gets an error.
            type.mutatingMethod(
                "reset",
                """
                Begins an episode from the unedited weights.
                @param seed? integer changes nothing in environments that draw nothing
                @return rledit.Tensor observation
                @return table info
                """
            ) { value, call in try reset(value, call) }
            type.mutatingMethod(
                "step",
                """
                Applies an action to the edited weights of the episode and judges the result.
                @param action rledit.Tensor|number[]
                @return rledit.Tensor observation
                @return number reward
                @return boolean terminated
                @return boolean truncated
                @return table info `terms`, `metrics`, `episode`, `step`, and `invalid` (true) for a candidate that counts as \
                the worst so far
                """
            ) { value, call in try step(value, call) }
            type.mutatingMethod(
                "evaluate",
                """
                Judges a batch of actions from the unedited weights, spread over the cores; the running episode is left
                as it is.
                @param actions rledit.Tensor|(rledit.Tensor|number[])[]
                @return rledit.Judgement[]
                """
            ) { value, call in try evaluate(value, call) }
            type.method(
                "edited_model",
                """
                A model with the edits of the running episode.
                @return rledit.Model
                """
            ) { value, call in try call.returns(value.network(of: value.edits)) }
            type.method(
                "best",
                """
                The best candidate seen by `step` and `evaluate`, with its model; nil before the first.
                @return { reward: number, terms: table<string, number>, evaluation: integer, model: rledit.Model }?
                """
            ) { value, call in
                guard let best = value.best else { return try call.returns(LuaValue.nil) }
                let table = try call.host.makeTable()
                try table.set("reward", best.reward.value)
                try table.set("terms", try PlainTable.make(.object(best.reward.shownTerms), host: call.host))
                try table.set("evaluation", best.evaluation)
                try table.set("model", try value.network(of: best.edits))
                return try call.returns(table)
            }
            type.description { value in
                let environment = value.environment
                return "environment '\(value.name)': action size \(environment.actionSize), observation size "
                    + "\(environment.observationSize), horizon \(environment.horizon)"
            }
        }
    }

    /// `rledit.env(task)` or `rledit.env { model = …, world = …, sets = …, reward = … }`.
    static func makeEnvironment(_ call: LuaCall, context: ScriptContext) throws -> ScriptEnvironment {
        try call.atMost(1)
        if case .table(let table) = call.value(1) {
            let options = LuaOptions(owner: "rledit.env", table: table)
            let name = try options.optional("name", as: String.self) ?? "environment"
            let parts = try TaskParts(options, context)
            try options.finish()
            return try ScriptEnvironment(
                name: name, problem: try parts.makeProblem(name: name, host: call.host), context: context)
        }
        let task = try call.argument(1, as: ScriptTask.self)
        return try ScriptEnvironment(name: task.name, problem: try task.makeProblem(), context: context)
    }

    /// `rledit.check_environment(env)`: a list of findings, empty when all is well.
    static func checkEnvironment(_ call: LuaCall, context: ScriptContext) throws -> LuaResults {
        try call.atMost(1)
        let environment: ScriptEnvironment
        switch call.value(1) {
        case .object(let object) where try object.value(as: ScriptTask.self) != nil:
            environment = try makeEnvironment(call, context: context)
        default: environment = try call.argument(1)
        }
        let list = try call.host.makeTable()
        for (index, finding) in try environment.check().enumerated() {
            let entry = try call.host.makeTable()
            try entry.set("severity", finding.severity.rawValue)
            try entry.set("message", finding.message)
            try list.set(index + 1, entry)
        }
        return try call.returns(list)
    }

    // MARK: - Methods

    private static func reset(_ value: ScriptEnvironment, _ call: LuaCall) throws -> LuaResults {
        try call.atMost(1)
        let seed = try call.optional(1, as: Int.self) ?? 0
        let observation = try value.reset(seed: UInt64(bitPattern: Int64(seed)))
        return try call.returns(observation, try call.host.makeTable())
    }

    /// observation, reward, terminated, truncated, info
    private static func step(_ value: ScriptEnvironment, _ call: LuaCall) throws -> LuaResults {
        try call.atMost(1)
        let action: Tensor
        do {
            action = try ScriptActions(host: call.host, size: value.environment.actionSize).readOne(call.value(1))
        } catch let mismatch as LuaMismatch {
            throw call.argumentError(1, mismatch.description)
        }
        let step = try value.step(action)
        let info = try judgement(step.record, candidate: 0, host: call.host)
        try info.set("episode", step.record.episodes[0])
        try info.set("step", step.record.steps[0])
        return try call.returns(list: [
            try call.host.value(of: step.observation), .number(step.record.rewards[0].value),
            .boolean(step.terminated), .boolean(step.truncated), .table(info),
        ])
    }

    private static func evaluate(_ value: ScriptEnvironment, _ call: LuaCall) throws -> LuaResults {
        try call.atMost(1)
        let actions: Tensor
        do {
            actions = try ScriptActions(host: call.host, size: value.environment.actionSize)
                .read(call.value(1), count: nil)
        } catch let mismatch as LuaMismatch {
            throw call.argumentError(1, mismatch.description)
        }
        let list = try call.host.makeTable()
        guard actions.shape[0] > 0 else { return try call.returns(list) }
        let record = try value.evaluate(actions)
        for candidate in record.rewards.indices {
            let entry = try judgement(record, candidate: candidate, host: call.host)
            try entry.set("reward", record.rewards[candidate].value)
            try entry.set("terminated", record.rewards[candidate].terminated)
            try list.set(candidate + 1, entry)
        }
        return try call.returns(list)
    }

    /// `terms`, and `metrics` by set: what the reward has read.
    private static func judgement(_ record: StepRecord, candidate: Int, host: LuaHost) throws -> LuaTable {
        let table = try host.makeTable()
        try table.set("terms", try PlainTable.make(.object(record.rewards[candidate].shownTerms), host: host))
        if record.rewards[candidate].isInvalid { try table.set("invalid", true) }
        let metrics = try host.makeTable()
        if let batch = record.batch {
            for (set, name) in batch.setNames.enumerated() {
                let values = try host.makeTable()
                for metric in Metric.allCases where batch.isMeasured(metric, set: set) {
                    try values.set(metric.luaName, try batch.value(metric, candidate: candidate, set: set))
                }
                for metric in BinaryMetric.allCases where batch.isMeasured(metric, set: set) {
                    try values.set(metric.name, try batch.definedValue(metric, candidate: candidate, set: set))
                }
                try metrics.set(name, values)
            }
        }
        try table.set("metrics", metrics)
        return table
    }
}
