package import LuaBridge
package import RLEditCore
package import RLEditRuns
package import RLEditTensor

/// What commands must know of a task whatever it does: edits one network, or trains a policy over many.
package protocol RunnableTask: LuaBound, RunDelegate {
    var name: String { get set }
    /// Whether the script gave the name itself.
    var hasOwnName: Bool { get }
    var worldName: String { get }
    var learnerName: String { get }
    /// All settings with their defaults, for the manifest.
    var configuration: JSONObject { get }
    /// What is odd about the sets, a sentence each: an example that is to go and to stay, held-out ones that the reward sees.
    var setWarnings: [String] { get }
    /// All sets, for the manifest.
    var setDescriptions: [Manifest.SetDescription] { get }
    /// What the script is told while the task runs, and its state.
    var events: TaskEvents { get }
    /// Asked by the loop between updates: a reason to stop. Whoever runs the task may set it; by default Ctrl-C is one.
    var stop: () -> StopReason? { get set }

    /// A run of the task, with a new learner and a new reward.
    /// - Parameter logs: where the run is written; nil for a run that leaves nothing.
    func makeRun(seed: Int, pool: WorkerPool, logs: RunLogs?, progress: ProgressReporter?) throws -> any TaskRun

    /// The task, for commands that take only those that edit one network.
    /// - Throws: `LuaError` that names the script, for another task.
    func editingOneNetwork(script: String) throws -> ScriptTask
}

/// The types of tasks that a script can return.
var taskTypes: [any RunnableTask.Type] { [ScriptTask.self, ScriptTransferTask.self] }

extension RunnableTask {
    package var stopRequest: StopReason? { stop() }
    package func didUpdate(_ record: UpdateRecord) throws -> Bool { try events.didUpdate(record) }
    package func didNotice(_ finding: String) { events.warn(finding) }
    package func scriptState() throws -> [UInt8] { try events.encodedState() }
    package func restoreScriptState(_ bytes: [UInt8]) throws { try events.restoreState(bytes) }

    /// Tells the script that its run is over. Called after the loop and before results are written.
    /// - Parameter reason: why the run stopped early; nil when the budget is spent.
    package func didEnd(_ loop: LearningLoop, reason: StopReason?) throws { try events.didEnd(loop, reason: reason) }

    package func makeRun(seed: Int, pool: WorkerPool) throws -> any TaskRun {
        try makeRun(seed: seed, pool: pool, logs: nil, progress: nil)
    }
}

/// One run of a task: its loop, and what is written of what the loop came to.
package protocol TaskRun {
    var loop: LearningLoop { get }
    /// What a user should know before the loop begins; nil for nothing.
    var remark: String? { get }
    /// What the loop has found by now that is worth keeping after an error, in words; nil for nothing.
    var found: String? { get }

    /// Measures what the loop came to, and writes it.
    /// - Parameter isFaulty: whether the loop ended with an error: then what the reward would have to judge is left out.
    func write(_ place: ResultPlace, isFaulty: Bool) throws -> SeedResult
}

extension TaskRun {
    package var remark: String? { nil }
}

/// Where and how the results of a run are written.
package struct ResultPlace {
    let folder: RunFolder
    let seed: Int
    /// What the script has loaded.
    let data: [Manifest.DataSource]
    let savedEdit: SavedEdit
    /// Whether examples of the held-out sets are written down for the report.
    let keepsExamples: Bool
    let note: (String) -> Void
}

/// Which edit a run saves as its result.
package enum SavedEdit: String, Sendable, CaseIterable {
    /// That of the learner's deterministic policy; the best seen for a learner without one.
    case meanPolicy = "mean-policy"
    /// The candidate with the highest reward.
    case bestSeen = "best-seen"
}
