package import LuaBridge
internal import RLEditCore
internal import RLEditWorlds

/// A reward that failed: where in the run, and why.
package struct RewardFault: Error, CustomStringConvertible {
    /// The task's name.
    package let task: String
    /// Episode within the run, from 1.
    package let episode: Int
    /// Step within the episode, from 1.
    package let step: Int
    /// `task.lua:14: …`.
    package let reason: String
    /// The script's error with its traceback, when the reward raised one.
    package let scriptError: LuaError?

    package var description: String { "task '\(task)', episode \(episode), step \(step): \(reason)" }
}

/// The reward function of a script.
final class ScriptReward: RewardFunction {
    private let task: String
    private let function: LuaFunction
    /// Where the function is written.
    private let position: String
    /// Two arguments used in turn, so that a reward that reads the argument of an earlier call gets an error.
    private let arguments: [(scope: MetricsScope, object: LuaObject)]
    private var turn = 0
    private var results = RewardResults()
    private var isRunning = false

    init(
        task: String, function: LuaFunction, sets: [NamedSet], metrics: [CustomMetric], host: LuaHost
    ) throws {
        self.task = task
        self.function = function
        position = try function.definition().position
        let warnings = UndefinedMeasures()
        arguments = try (0..<2).map { _ in
            let scope = MetricsScope(sets: sets, customMetrics: metrics, warnings: warnings)
            return (scope, try MetricsArgument.make(for: scope, host: host))
        }
    }

    /// Sets and custom metrics of which no call has read anything of a candidate so far.
    var unreadSets: [String] {
        let scope = arguments[0].scope
        return scope.sets.indices.filter { index in !arguments.contains { $0.scope.readSets.contains(index) } }
            .map { scope.sets[$0] }
    }
    var unreadMetrics: [String] {
        let scope = arguments[0].scope
        return scope.customMetrics.indices.filter { index in
            !arguments.contains { $0.scope.readMetrics.contains(index) }
        }.map { scope.customMetrics[$0].name }
    }

    func reward(_ context: RewardContext) throws -> Reward {
        guard !isRunning else {
            throw LuaUsageError(
                "the reward of task '\(task)' is running already: it cannot be asked from within itself")
        }
        isRunning = true
        turn = 1 - turn
        let (scope, object) = arguments[turn]
        scope.begin(context)
        defer {
            scope.end()
            isRunning = false
        }
        func fault(_ reason: String, _ error: LuaError? = nil) -> RewardFault {
            RewardFault(
                task: task, episode: context.episode, step: context.step, reason: reason, scriptError: error)
        }
        do {
            return try function.call(with: object, resultCount: 3) { returned in
                try results.read(returned) { fault("\(position): \($0)") }
            }
        } catch let error as LuaError where error.kind == .script {
            throw fault(error.message, error)
        }
    }
}
