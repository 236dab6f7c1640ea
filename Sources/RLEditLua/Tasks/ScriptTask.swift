internal import LuaBridge
package import RLEditCore
internal import RLEditData
internal import RLEditLearners
internal import RLEditNN
package import RLEditRuns
package import RLEditTensor
internal import RLEditWorlds

/// A task as a script wrote it: what `rledit.task { … }` returns.
///
/// Model and sets are values, so the task holds a snapshot: what the script does to its own later does not reach a run.
/// The task itself is the delegate of the loop that runs it.
package final class ScriptTask: RunnableTask {
    package static var luaName: String { "rledit.Task" }

    /// Names the run folder and the report.
    package var name: String
    /// Whether the script gave the name itself.
    package let hasOwnName: Bool
    /// The task with all defaults filled in, in reading order, for the manifest.
    package let configuration: JSONObject
    /// The world's and the learner's names.
    package var worldName: String { world.world.name }
    package var learnerName: String { learner.name }
    package var stop: () -> StopReason?

    let host: LuaHost
    let context: ScriptContext
    let parts: TaskParts
    var sets: [NamedSet] { parts.sets }
    var model: Network { parts.model }
    var world: ScriptWorld { parts.world }
    let heldOut: [NamedSet]
    let learner: ScriptLearner
    /// Measures shown of held-out sets, by name of the set.
    let measures: [String: [SetMetric]]
    /// Models to measure beside the run's results.
    let compared: [ComparedModel]
    let target: Double?
    let stopsAtTarget: Bool
    /// What the script is told while the task runs, and its state.
    package let events: TaskEvents
    package private(set) lazy var setWarnings: [String] = ScriptTask.oddities(of: sets, heldOut: heldOut)
    private var isRunning = false
    /// What the session remembers of this task.
    let made: MadeTask

    init(
        _ parts: TaskParts, name: String?, learner: ScriptLearner, heldOut: [NamedSet],
        measures: [String: [SetMetric]], compared: [ComparedModel], target: Double?,
        stopsAtTarget: Bool, state: LuaTable, callbacks: ScriptCallbacks, host: LuaHost, context: ScriptContext
    ) {
        self.name = name ?? "task"
        hasOwnName = name != nil
        self.host = host
        self.context = context
        self.parts = parts
        self.heldOut = heldOut
        self.learner = learner
        self.measures = measures
        self.compared = compared
        self.target = target
        self.stopsAtTarget = stopsAtTarget
        events = TaskEvents(callbacks: callbacks, state: state, host: host, context: context)
        made = MadeTask(name: name)
        context.madeTasks.append(made)
        stop = { [context] in context.isInterrupted() ? .interrupted : nil }
        var configuration = ScriptTask.configuration(parts, learner: learner, heldOut: heldOut, target: target)
        if stopsAtTarget { configuration["stop_at_target"] = .bool(true) }
        if !compared.isEmpty { configuration["baselines"] = .array(compared.map { .string($0.name) }) }
        for set in heldOut {
            // Only what the script chose: what else is shown depends on the sets and the network.
            guard let shown = measures[set.name] else { continue }
            configuration["measures.\(set.name)"] = .array(shown.map { .string($0.name) })
        }
        self.configuration = configuration
    }

    /// The problem with a reward of its own: two environments of one task can be judged independently.
    /// - Parameter other: parts with another world; nil for the task's own.
    func makeProblem(_ other: TaskParts? = nil) throws -> EditProblem {
        made.isUsed = true
        return try (other ?? parts).makeProblem(name: name, host: host)
    }

    /// Runs `body` as the task's one run.
    func exclusively<Result>(_ body: () throws -> Result) throws -> Result {
        guard !isRunning else { throw LuaUsageError("task '\(name)' is running already") }
        isRunning = true
        defer { isRunning = false }
        return try body()
    }

    /// The task for one run, with a new learner.
    package func makeEditTask() throws -> EditTask {
        let learner = try learner.make()
        events.customLearner = learner as? CustomLearner
        events.customLearner?.taker = "the world '\(worldName)' takes"
        var task = EditTask(
            name: name, problem: try makeProblem(), heldOut: heldOut, learner: learner, target: target,
            measures: measures, compared: compared)
        task.stopsAtTarget = stopsAtTarget
        return task
    }

    /// The loop of one run.
    func makeLoop(
        seed: Int, pool: WorkerPool, logs: RunLogs? = nil, progress: ProgressReporter? = nil
    ) throws -> EditLoop {
        try EditLoop(
            makeEditTask(), seed: UInt64(bitPattern: Int64(seed)), pool: pool, logs: logs, progress: progress,
            delegate: self)
    }

    package func makeRun(
        seed: Int, pool: WorkerPool, logs: RunLogs?, progress: ProgressReporter?
    ) throws -> any TaskRun {
        EditRun(
            task: self, edit: try makeLoop(seed: seed, pool: pool, logs: logs, progress: progress), pool: pool)
    }

    package func editingOneNetwork(script: String) throws -> ScriptTask { self }

    private static func configuration(
        _ parts: TaskParts, learner: ScriptLearner, heldOut: [NamedSet], target: Double?
    ) -> JSONObject {
        var world = JSONObject()
        world["name"] = .string(parts.world.world.name)
        for member in parts.world.settings.members { world[member.key] = member.value }
        var method = JSONObject()
        method["name"] = .string(learner.name)
        for member in learner.settings.members { method[member.key] = member.value }
        var configuration = JSONObject()
        configuration["world"] = .object(world)
        configuration["learner"] = .object(method)
        configuration["observation"] = .string(parts.observer.name)
        configuration["sets"] = .object(counts(parts.sets))
        configuration["heldout"] = .object(counts(heldOut))
        configuration["metrics"] = .array(parts.metrics.map { .string($0.name) })
        configuration["on_invalid_reward"] = .string(parts.invalidRewards.rawValue)
        configuration["target"] = target.map { .number($0) } ?? .null
        return configuration
    }

    /// Number of examples by set.
    private static func counts(_ sets: [NamedSet]) -> JSONObject {
        var object = JSONObject()
        for set in sets { object[set.name] = .integer(set.examples.count) }
        return object
    }
}
