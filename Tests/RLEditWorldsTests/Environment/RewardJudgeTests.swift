import RLEditCore
internal import RLEditTensor
internal import RLEditWorlds
internal import Testing

private typealias E = EnvironmentFixture

@Suite("Candidates without a valid reward")
struct RewardJudgeTests {
    /// Rewards by the number of the call, from 0.
    private func environment(
        _ rewards: [Double], rule: InvalidRewardRule = .worst, environments: Int = 3
    ) throws -> EditEnvironment {
        var calls = 0
        var problem = try E.problem { _ in
            defer { calls += 1 }
            return Reward(rewards[calls], terms: [.init("term", 1)])
        }
        problem.invalidRewards = rule
        let environment = try E.environment(problem, environments: environments)
        _ = try environment.reset()
        return environment
    }

    private func step(_ environment: EditEnvironment) throws -> [Double] {
        try environment.step(E.actions(environment, "step")).rewards
    }

    @Test("they count as the worst so far, their own batch included, and are marked")
    func worst() throws {
        let environment = try environment([5, .nan, 3, .infinity, 4, 4, 1, .nan, 2])
        let first = try environment.step(E.actions(environment, "step"))
        #expect(first.rewards == [5, 3, 3])
        #expect(first.record?.rewards.map(\.isInvalid) == [false, true, false])
        #expect(first.record?.rewards[1].terms.isEmpty == true)
        #expect(try step(environment) == [3, 4, 4])
        #expect(try step(environment) == [1, 1, 2])
        #expect(environment.rewardJudge.firstFault?.contains("the reward is nan in episode 2, step 1") == true)
    }

    @Test("a restored environment knows the worst so far")
    func restored() throws {
        let original = try environment([5, 2, 3])
        _ = try step(original)
        let copy = try environment([9, .nan, 9])
        _ = try copy.restore(original.snapshot())
        #expect(try step(copy) == [9, 2, 9])
    }

    @Test("what is judged beside the steps' candidates changes nothing of it")
    func beside() throws {
        let environment = try environment([5, 2, 3, -7, 4, .nan, 4])
        _ = try step(environment)
        let unedited = environment.evaluator.layers.map { _ in LayerEdit.unchanged }
        _ = try environment.judge(episode: [unedited])
        #expect(try step(environment) == [4, 2, 4])
    }

    @Test("without any valid reward there is no worst one")
    func noneValid() throws {
        let environment = try environment([.nan, .nan, .nan])
        #expect {
            try step(environment)
        } throws: { error in
            guard case .noValidReward(candidates: 3, let reason)? = error as? WorldError else { return false }
            return reason.contains("the reward is nan in episode 1")
        }
    }

    @Test("with the rule stop, the candidates before the failing one are left to be kept")
    func stop() throws {
        let environment = try environment([5, 6, .nan, 7], rule: .stop)
        #expect(throws: WorldError.self) { try step(environment) }
        #expect(environment.unfinished?.rewards.map(\.value) == [5, 6])
        #expect(environment.rewardJudge.worst == nil)
    }

    @Test("an error that is none of the reward's value ends a step under each rule")
    func otherErrors() throws {
        for rule in InvalidRewardRule.allCases {
            var problem = try E.problem { _ in throw WorldError.notReset }
            problem.invalidRewards = rule
            let environment = try E.environment(problem)
            _ = try environment.reset()
            #expect(throws: WorldError.notReset) { try step(environment) }
        }
    }
}
