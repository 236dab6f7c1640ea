internal import LuaBridge
internal import RLEditCore
internal import RLEditLearners
internal import RLEditRuns
internal import RLEditTensor
internal import RLEditWorlds

/// A learner that a script wrote: a table with `ask()`, which returns actions to try, and `tell(actions, rewards)`.
///
/// Fields: `steps` (candidate evaluations of the run), `batch_size` (actions per `ask`, 1 by default), `name`;
/// optionally `begin(problem)`, `mean_action()`, and `save()` with `load(state)`, whose state a checkpoint keeps.
final class CustomLearner: Learner {
    /// The table, and what its `begin` is given.
    static let annotation =
        """
        A learner of your own. Functions may also be written with a colon, and then get the table as `self`.
        @class rledit.CustomLearner
        @field steps integer candidate evaluations of the whole run
        @field batch_size integer? actions per `ask`; 1 by default
        @field name string?
        @field begin (fun(problem: rledit.LearningProblem))? called once, before the first `ask`
        @field ask fun(): rledit.Tensor|(rledit.Tensor|number[])[] the next `batch_size` actions
        @field tell fun(actions: any, rewards: number[]): table<string, number>? what became of them; returns numbers \
        for the log
        @field mean_action (fun(): rledit.Tensor|number[])? the best guess, judged at the end
        @field save (fun(): any)? plain values and tensors that a checkpoint keeps
        @field load (fun(state: any))? takes them back

        @class rledit.LearningProblem
        @field action_size integer numbers in an action
        @field observation_size integer
        @field horizon integer steps of an episode
        @field steps integer candidate evaluations of the whole run
        @field batch_size integer actions per `ask`
        """

    let name: String
    let budget: Int
    private let batchSize: Int
    private let host: LuaHost
    private let beginMethod: ScriptMethod?
    private let askMethod: ScriptMethod
    private let tellMethod: ScriptMethod
    private let meanActionMethod: ScriptMethod?
    private let saveMethod: ScriptMethod?
    private let loadMethod: ScriptMethod?
    private var actionSize = 0
    private var environmentCount = 1
    /// Who takes the actions, in words.
    var taker = "the world takes"
    private var asked: LuaValue = .nil

    static func describe(_ table: LuaTable) throws -> ScriptLearner {
        let first = try CustomLearner(table)
        let settings: JSONObject = ["steps": .integer(first.budget), "batch_size": .integer(first.batchSize)]
        return ScriptLearner(name: first.name, settings: settings) { try CustomLearner(table) }
    }

    private init(_ table: LuaTable) throws {
        host = table.host
        let name = try table.get("name", as: String.self) ?? "custom learner"
        self.name = name
        let owner = "the learner '\(name)'"
        func method(_ field: String, parameters: Int) throws -> ScriptMethod? {
            try table.method(field, parameters: parameters, owner: owner)
        }
        func needed(_ field: String, _ signature: String, parameters: Int) throws -> ScriptMethod {
            guard let found = try method(field, parameters: parameters) else {
                throw LuaMismatch("a learner that is a table needs a function '\(signature)'")
            }
            return found
        }
        func count(_ field: String, default standard: Int?) throws -> Int {
            guard let value = try table.get(field, as: Int.self) ?? standard else {
                throw LuaMismatch("a learner that is a table needs '\(field)', the evaluations it may spend")
            }
            guard value >= 1 else { throw LuaMismatch("'\(field)' of \(owner) must be at least 1, got \(value)") }
            return value
        }
        askMethod = try needed("ask", "ask()", parameters: 0)
        tellMethod = try needed("tell", "tell(actions, rewards)", parameters: 2)
        beginMethod = try method("begin", parameters: 1)
        meanActionMethod = try method("mean_action", parameters: 0)
        saveMethod = try method("save", parameters: 0)
        loadMethod = try method("load", parameters: 1)
        budget = try count("steps", default: nil)
        batchSize = try count("batch_size", default: 1)
        guard batchSize <= largestBatch else {
            throw LuaMismatch("'batch_size' of \(owner) must be at most \(largestBatch), got \(batchSize)")
        }
    }

    func environments(horizon: Int) -> Int { batchSize }

    func begin(_ problem: LearningProblem, pool: WorkerPool) throws {
        actionSize = problem.actionSize
        environmentCount = environments(horizon: problem.horizon)
        guard let beginMethod else { return }
        let table = try host.makeTable()
        try table.set("action_size", problem.actionSize)
        try table.set("observation_size", problem.observationSize)
        try table.set("horizon", problem.horizon)
        try table.set("steps", problem.budget)
        try table.set("batch_size", batchSize)
        _ = try beginMethod.call([.table(table)])
    }

    func ask(_ observation: ObservationBatch, progress: Double) throws -> Tensor {
        asked = try askMethod.call().first ?? .nil
        do {
            let actions = try ScriptActions(host: host, size: actionSize, taker: taker)
                .read(asked, count: environmentCount)
            try ScriptActions.requireFinite(actions)
            return actions
        } catch let mismatch as LuaMismatch {
            throw askMethod.error(mismatch.description)
        }
    }

    func tell(_ outcome: StepBatch, progress: Double) throws -> [NamedNumber]? {
        let rewards = LuaValue.table(try host.makeTable(outcome.rewards))
        let result = try tellMethod.call([asked, rewards]).first ?? .nil
        asked = .nil
        if result.isNil { return [] }
        guard case .table(let table) = result else {
            throw tellMethod.error("table of named numbers for the log, or nothing, expected, got \(result.typeName)")
        }
        return try table.sortedKeys().map { key in
            guard case .string(let name) = key else {
                throw tellMethod.error("names expected as keys of the log, got a \(key.typeName)")
            }
            let value = try table.get(key)
            guard let number = try host.read(value, as: Double.self) else {
                throw tellMethod.error("number expected for '\(name.text)' of the log, got \(value.typeName)")
            }
            return NamedNumber(name.text, number)
        }
    }

    var hasMeanAction: Bool { meanActionMethod != nil }

    func meanAction(_ observation: ObservationBatch) throws -> Tensor? {
        guard let meanActionMethod else { return nil }
        let value = try meanActionMethod.call().first ?? .nil
        if value.isNil { return nil }
        do {
            let action = try ScriptActions(host: host, size: actionSize, taker: taker).readOne(value)
            try ScriptActions.requireFinite(action)
            return try ObservationBatch.shared(action, environments: observation.environments).rows()
        } catch let mismatch as LuaMismatch {
            throw meanActionMethod.error(mismatch.description)
        }
    }

    // MARK: - State

    /// The learner's own state goes with the script's, since only that can hold any Lua value.
    func snapshot() throws -> LearnerSnapshot { LearnerSnapshot() }
    func restore(_ snapshot: LearnerSnapshot) throws {}

    /// What `save()` returns; nil for a learner without it.
    func save() throws -> LuaValue { try saveMethod?.call().first ?? .nil }

    func load(_ state: LuaValue) throws {
        guard !state.isNil else { return }
        guard let loadMethod else {
            throw LuaUsageError("the learner '\(name)' has a save() but no load(state), so the run cannot go on")
        }
        _ = try loadMethod.call([state])
    }
}
