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
    /// Two arguments used in turn: a reward that kept the one of the call before is told so when it reads it.
    private let arguments: [(scope: MetricsScope, object: LuaObject)]
    private var turn = 0
    private var termReader = LuaNamedNumbers()
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
            return try function.call(with: object, resultCount: 3) { results in
                try read(results) { fault("\(position): \($0)") }
            }
        } catch let error as LuaError where error.kind == .script {
            throw fault(error.message, error)
        }
    }

    private func read(_ results: LuaCallResults, fault: (String) -> RewardFault) throws -> Reward {
        let first = results.slot(1)
        guard let value = Double.luaRead(first) else {
            let hint = first.isNil ? " (is a 'return' missing?)" : ""
            throw fault("the reward must return a number, got \(first.typeName)\(hint)")
        }
        guard value.isFinite else { throw fault("the reward must be a finite number, got \(ScriptNumber.text(value))") }
        var reward = Reward(value)
        let second = results.slot(2)
        if !second.isNil {
            do {
                try termReader.read(second) { reward.terms.append(NamedNumber($0, $1)) }
            } catch let error as LuaNamedNumbers.Fault {
                throw fault("second result of the reward: \(error.description)")
            }
            if let term = reward.terms.first(where: { !$0.value.isFinite }) {
                throw fault(
                    "term '\(term.name)' of the reward must be a finite number, got "
                        + ScriptNumber.text(term.value))
            }
        }
        let third = results.slot(3)
        if !third.isNil {
            guard let terminated = Bool.luaRead(third) else {
                throw fault("third result of the reward: boolean expected, got \(third.typeName)")
            }
            reward.terminated = terminated
        }
        return reward
    }
}
