import Foundation
import RLEditCore
import RLEditLearners
import RLEditNN
import RLEditRuns
import RLEditTensor
import RLEditTestSupport
import RLEditWorlds
import Testing

@Suite struct TransferLoopTests {
    private static func task(
        _ learner: any Learner, pool: WorkerPool, reward: any RewardFunction = TransferFixture.reward(),
        invalidRewards: InvalidRewardRule = .stop
    ) throws -> TransferTask {
        let rules = try TransferFixture.rules()
        func pairs(_ seeds: ClosedRange<UInt64>, _ classes: [Int]) throws -> [EditPair] {
            try TransferFixture.pairs(
                seeds.map { try TransferFixture.network(seed: $0) }, classes: classes, rules: rules, pool: pool)
        }
        return TransferTask(
            name: "transfer", rules: rules,
            problem: TransferProblem(
                pairs: try pairs(1...2, [0, 1, 2]), policy: TransferFixture.policy(),
                reward: reward, pairsPerStep: 3, invalidRewards: invalidRewards),
            validation: try pairs(10...10, [0, 1, 2]), validationInterval: 4,
            heldOut: try pairs(20...21, [2, 3]).map {
                HeldOutPair(pair: $0, sets: $0.evaluator.sets, isUnseenClass: $0.label == "3")
            },
            refinement: (count: 10, search: .scale), learner: learner, target: 1.9,
            distribution: ["networks": ["training": 2]])
    }

    private static func ppo() -> PPO {
        var configuration = PPO.Configuration()
        configuration.steps = 640
        configuration.rolloutLength = 64
        configuration.initialLogStandardDeviation = -1.5
        return PPO(configuration)
    }

    @Test("a trained policy edits held-out pairs, and what it left can be read again")
    func outcome() throws {
        let pool = WorkerPool(workers: 2)
        let folder = try TemporaryFolder()
        let run = try RunFolder.create(at: folder.file("run"))
        let loop = try TransferLoop(
            Self.task(TransferFixture.search(640), pool: pool), seed: 1, pool: pool, logs: RunLogs(in: run))
        #expect(try loop.run() == nil)
        #expect(loop.evaluations == 640 * 3)
        #expect(loop.plannedEvaluations == 640 * 3)
        #expect(loop.evaluationsToTarget != nil)
        let outcome = try TransferOutcome(of: loop, seed: 1, pool: pool)
        #expect(outcome.pairs.count == 6 + 3 + 4)
        for result in outcome.heldOutResults {
            let after = try #require(result[.meanPolicy]?.first?.value)
            if result.set.hasPrefix("forget") { #expect(after < 0.2) } else { #expect(after > 0.9) }
        }
        #expect(
            outcome.heldOutResults.map(\.set) == ["forget", "retain", "forget_seen_class", "retain_seen_class"])
        try TransferFiles(run).write(outcome, of: loop, origin: ["seed": 1])
        let file = try PolicyFile(SafetensorsFile(path: run.file(TransferFiles.policyName)))
        #expect(file.members == [outcome.policy])
        #expect(file.training["distribution"] == .object(["networks": ["training": 2]]))
        let read = try #require(Report.Transfer.read(run.path))
        #expect(read.pairs == outcome.pairs)
        #expect(read.units == outcome.units)
        let updates = try UpdateRecord.read(run.file(RunFolder.metricsName))
        #expect(updates.contains { $0.learner.contains { $0.name == "validation_reward" } })
    }

    @Test("a refined edit is never worth less than the zero-shot one, and costs at most what was allowed")
    func refined() throws {
        let pool = WorkerPool(workers: 1)
        let pair = try TransferFixture.pairs(
            [TransferFixture.network(seed: 4)], classes: [1], rules: TransferFixture.rules(), pool: pool)[0]
        let policy = TransferFixture.policy()
        let reward = TransferFixture.reward()
        let own = try pair.judge([PolicyApplication([policy], to: pair).edits], by: reward)[0].value
        for search in PolicyApplication.Search.allCases {
            for count in [1, 2, 3, 10] {
                let found = try PolicyApplication(
                    [policy], to: pair, refining: count, by: search, reward: reward, random: RandomStream(seed: 1))
                #expect(found.evaluations == count)
                #expect(try #require(found.reward) >= own)
                if count == 1 { #expect(found.reward == own) }
            }
        }
    }

    /// Metrics and policy of a run that is stopped after some updates and continued, as often as there are numbers.
    private static func run(
        _ learner: () -> any Learner, stops: [Int], workers: Int, reward: any RewardFunction = TransferFixture.reward()
    ) throws -> (metrics: Data?, policy: [Float]) {
        let folder = try TemporaryFolder()
        let pool = WorkerPool(workers: workers)
        let open = try RunFolder.create(at: folder.file("run"))
        for stop in stops + [Int.max] {
            let checkpoint = try? CheckpointStore(in: open).loadLatest().0
            let watcher = StopAfter(updates: stop)
            let loop = try TransferLoop(
                task(learner(), pool: pool, reward: reward, invalidRewards: .worst), seed: 1, pool: pool,
                logs: RunLogs(in: open, continuing: checkpoint), delegate: watcher)
            if let checkpoint { try loop.restore(checkpoint) }
            if try loop.run() == nil {
                return (
                    FileManager.default.contents(atPath: open.file(RunFolder.metricsName)),
                    try loop.finalPolicy().parameters
                )
            }
        }
        return (nil, [])
    }

    @Test("stopped and continued, or with other workers, a run ends in the same bytes")
    func resumed() throws {
        for learner in [{ TransferFixture.search(640) as any Learner }, { Self.ppo() as any Learner }] {
            let whole = try Self.run(learner, stops: [], workers: 1)
            let parts = try Self.run(learner, stops: [3, 2], workers: 2)
            #expect(whole.metrics != nil)
            #expect(whole.metrics == parts.metrics)
            #expect(whole.policy == parts.policy)
        }
    }

    /// The reward of the fixture, which gives nothing for the first candidates of the fifth step.
    private static func failing() -> any RewardFunction {
        let sound = TransferFixture.reward()
        return ClosureReward { context in
            context.episode == 5 && context.candidate < 2 ? Reward(.nan) : try sound.reward(context)
        }
    }

    @Test("a reward that fails leaves the policy so far, which can be measured and kept")
    func failed() throws {
        let pool = WorkerPool(workers: 2)
        let loop = try TransferLoop(
            Self.task(TransferFixture.search(640), pool: pool, reward: Self.failing()), seed: 1, pool: pool)
        #expect(throws: WorldError.self) { try loop.run() }
        #expect(loop.hasLearned && loop.evaluations == 4 * 16 * 3)
        let outcome = try TransferOutcome(of: loop, seed: 1, pool: pool, isRefined: false)
        #expect(outcome.pairs.count == 6 + 3 + 4)
    }

    @Test("candidates without a valid reward count as the worst so far, whatever the workers, resumed or not")
    func invalidRewards() throws {
        for learner in [{ TransferFixture.search(640) as any Learner }, { Self.ppo() as any Learner }] {
            let whole = try Self.run(learner, stops: [], workers: 1, reward: Self.failing())
            let parts = try Self.run(learner, stops: [3, 2], workers: 2, reward: Self.failing())
            #expect(whole.metrics != nil && whole.metrics == parts.metrics && whole.policy == parts.policy)
            #expect(String(decoding: whole.metrics ?? Data(), as: UTF8.self).contains(#""invalid_rewards":"#))
        }
    }

    @Test("a checkpoint of a run that edits one network is refused")
    func foreignCheckpoint() throws {
        let pool = WorkerPool(workers: 1)
        let loop = try TransferLoop(Self.task(TransferFixture.search(640), pool: pool), seed: 1, pool: pool)
        #expect(throws: WorldError.self) {
            try loop.restore(Checkpoint(evaluations: 1, learner: LearnerSnapshot()))
        }
    }

    private final class StopAfter: RunDelegate {
        private var left: Int
        init(updates: Int) { left = updates }
        func didUpdate(_ record: UpdateRecord) throws -> Bool {
            left -= 1
            return true
        }
        var stopRequest: StopReason? { left <= 0 ? .interrupted : nil }
    }
}
