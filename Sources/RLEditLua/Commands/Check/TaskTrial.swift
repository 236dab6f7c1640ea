internal import Foundation
internal import LuaBridge
internal import RLEditData
internal import RLEditLearners
internal import RLEditNN
internal import RLEditRuns
internal import RLEditTensor
internal import RLEditWorlds

/// The parts of ``TaskCheck``: measure, play, learn; each adds what it notices.
struct TaskTrial {
    private let task: ScriptTask
    private let context: ScriptContext
    private let host: LuaHost
    private var pool: WorkerPool { context.pool }
    private(set) var facts: [String] = []
    private(set) var findings: [EnvironmentFinding] = []

    /// Seconds: a reward that takes longer than this, and longer than measuring, is reported.
    private static let slowReward = 1e-4

    init(task: ScriptTask, of session: ScriptSession) {
        self.task = task
        context = session.context
        host = session.host
        // The findings say it.
        context.hasNotedUnreadArguments = true
        facts = [
            "task '\(task.name)': \(task.worldName) on \(task.parts.world.layers.joined(separator: ", ")), \(task.learnerName)",
            "sets: \(TaskTrial.counts(task.parts.sets)); held out: \(TaskTrial.counts(task.heldOut))",
        ]
        checkSets()
    }

    private static func counts(_ sets: [NamedSet]) -> String {
        sets.isEmpty
            ? "none" : sets.map { "\($0.name) \(NumberText.grouped($0.examples.count))" }.joined(separator: ", ")
    }

    private mutating func warn(_ message: String) { findings.append(EnvironmentFinding(.warning, message)) }

    private mutating func checkSets() {
        if task.heldOut.isEmpty {
            warn(
                "the task has no held-out sets: the report cannot tell what the edit does to examples the reward has not seen"
            )
        }
        for warning in task.setWarnings { warn(warning) }
        checkValues()
    }

    /// Values further from 0 than this are not normalized.
    private static let largestValue: Float = 50

    /// Networks are trained on values around 0. Pixels of 0 … 255 give answers, too, but wrong ones.
    private mutating func checkValues() {
        let readsNumbersOfWords = task.parts.model.nodes.contains { node in
            node.inputs.contains(-1) && (node.layer is TokenEmbedding || node.layer is EmbeddingBag)
        }
        if readsNumbersOfWords { return }
        for set in task.parts.sets + task.heldOut where !set.examples.isSparse {
            let count = min(set.examples.count, 256)
            guard let values = try? set.examples.inputs(0..<count).scalars,
                let value = values.first(where: { abs($0) > TaskTrial.largestValue })
            else { continue }
            warn(
                "set '\(set.name)' holds values such as \(value): networks expect numbers around 0, which scale = 1 / 255 makes "
                    + "of bytes")
            return
        }
    }

    // MARK: - Measure

    /// Judges random actions: errors of the reward come out as in a run; then looks at values, times and what was read.
    mutating func measure(candidates: Int) throws {
        let problem = try task.makeProblem()
        let environment = try EditEnvironment(problem, environments: 1, pool: pool, random: context.random)
        let evaluator = environment.evaluator
        facts.append(
            evaluator.prefixRemark ?? "what enters the edited layers takes \(evaluator.prefixMegabytes) MB and is kept")
        var random = context.random.split("check")
        func actions() throws -> Tensor {
            let shape = [candidates, environment.actionSize]
            return try Tensor(
                (0..<candidates * environment.actionSize).map { _ in random.uniform(-1, 1) }, shape: shape)
        }
        // The first batch finds out what the reward reads, which costs more than all later ones.
        let first = try environment.evaluate(actions())
        let luaBefore = host.callbackSeconds
        let begun = ContinuousClock.now
        let second = try environment.evaluate(actions())
        let whole = begun.duration(to: .now) / .seconds(1) / Double(candidates)
        let lua = (host.callbackSeconds - luaBefore) / Double(candidates)
        let judged = first.rewards + second.rewards
        let read = second.batch?.measured
        let rewards = judged.map(\.value)
        if let fault = environment.rewardJudge.firstFault {
            warn(
                "\(judged.count(where: \.isInvalid)) of \(rewards.count) random candidates have no valid reward and count "
                    + "as the worst; the first: \(fault)")
        }
        let lowest = rewards.min() ?? 0
        let highest = rewards.max() ?? 0
        facts.append("an action has \(NumberText.grouped(environment.actionSize)) numbers")
        facts.append(
            "rewards of \(rewards.count) random candidates: \(NumberText.significant(lowest)) to "
                + NumberText.significant(highest))
        facts.append(
            "a candidate takes \(TaskTrial.milliseconds(whole)), of which \(TaskTrial.milliseconds(lua)) in Lua")
        let measuring = max(whole - lua, 0)
        if lua > TaskTrial.slowReward, lua > measuring {
            warn(
                "the reward is slow: \(TaskTrial.milliseconds(lua)) of Lua a candidate, and measuring takes "
                    + TaskTrial.milliseconds(measuring))
        }
        if let read, let finding = try TiedRewards.finding([first, second], read: read) { warn(finding) }
        if let target = task.target, lowest >= target {
            warn("every random candidate reaches the target of \(NumberText.significant(target)) already")
        }
        if let reward = problem.reward as? ScriptReward { checkReads(reward) }
    }

    private mutating func checkReads(_ reward: ScriptReward) {
        let unread = reward.unreadSets
        if unread.count == task.parts.sets.count {
            warn("the reward reads none of the sets")
        } else {
            for name in unread { warn("the reward never reads the set '\(name)'") }
        }
        for name in reward.unreadMetrics { warn("the metric '\(name)' is never read") }
    }

    private static func milliseconds(_ seconds: Double) -> String {
        "\(NumberText.significant(seconds * 1000, digits: 2)) ms"
    }

    // MARK: - Play and learn

    /// The environment checker's games.
    mutating func play() {
        do {
            let environment = try EditEnvironment(
                task.makeProblem(), environments: 4, pool: pool, random: context.random)
            findings += EnvironmentChecker().check(environment).map { finding in
                guard finding.message == EnvironmentChecker.differingRewards else { return finding }
                return EnvironmentFinding(
                    .warning,
                    "the reward of an action differs from time to time: does it draw random numbers, or keep a state?")
            }
        } catch {
            findings.append(EnvironmentFinding(.error, "\(error)"))
        }
    }

    /// The learner asks, is told and improves once, with the script's callbacks.
    mutating func learn() throws {
        let delegate = FirstUpdate(task: task)
        let loop = try EditLoop(
            task.makeEditTask(), seed: UInt64(bitPattern: Int64(context.seed)), pool: pool, delegate: delegate)
        let begun = ContinuousClock.now
        _ = try loop.run()
        let seconds = begun.duration(to: .now) / .seconds(1)
        let budget = loop.task.learner.budget
        guard loop.evaluations > 0 else { return }
        let estimate = seconds / Double(loop.evaluations) * Double(budget)
        facts.append(
            "the learner evaluates \(NumberText.grouped(budget)) candidates, in about \(NumberText.duration(estimate))")
        for unread in context.unreadArguments { warn(unread.descriptionSoFar) }
    }
}

/// Ends a loop after its first update.
private final class FirstUpdate: RunDelegate {
    private let task: ScriptTask

    init(task: ScriptTask) { self.task = task }

    var stopRequest: StopReason? { task.stopRequest }

    func didUpdate(_ record: UpdateRecord) throws -> Bool {
        _ = try task.didUpdate(record)
        return false
    }
    func didEndEpisode(_ episode: Int, reward: Reward) throws -> Bool {
        try task.didEndEpisode(episode, reward: reward)
    }
    func didFindBest(_ best: BestCandidate) throws -> Bool { try task.didFindBest(best) }
}
