import RLEditLearners
import Testing

/// Worked by hand, with γ = 0.5 and λ = 0.5, so that γλ = 0.25 and every number is exact in binary.
@Suite struct GeneralizedAdvantageEstimationTests {
    private func estimates(
        environments: Int = 1, rewards: [Float], values: [Float], nextValues: [Float], terminated: [Bool],
        truncated: [Bool], discount: Double = 0.5, lambda: Double = 0.5
    ) -> AdvantageEstimates {
        generalizedAdvantages(
            environments: environments, rewards: rewards, values: values, nextValues: nextValues,
            terminated: terminated, truncated: truncated, discount: discount, lambda: lambda)
    }

    @Test("A rollout cut in mid-episode is bootstrapped by the next value") func unfinished() {
        // δ2 = 2 + ½·4 − 1 = 3; δ1 = 0 + ½·1 − 2 = −1.5; δ0 = 1 + ½·2 − 0 = 2
        // A2 = 3; A1 = −1.5 + ¼·3 = −0.75; A0 = 2 + ¼·(−0.75) = 1.8125
        let result = estimates(
            rewards: [1, 0, 2], values: [0, 2, 1], nextValues: [2, 1, 4], terminated: [false, false, false],
            truncated: [false, false, false])
        #expect(result.advantages == [1.8125, -0.75, 3])
        #expect(result.returns == [1.8125, 1.25, 4])
    }

    @Test("After termination nothing follows; the next episode does not leak back") func terminated() {
        // The value 4 of what follows must not be read. δ1 = 0 − 2 = −2 = A1; A2 = 2 + ½·4 − 1 = 3
        // δ0 = 1 + ½·2 − 0 = 2; A0 = 2 + ¼·(−2) = 1.5
        let result = estimates(
            rewards: [1, 0, 2], values: [0, 2, 1], nextValues: [2, 4, 4], terminated: [false, true, false],
            truncated: [false, false, false])
        #expect(result.advantages == [1.5, -2, 3])
    }

    @Test("A truncated step is bootstrapped by its final observation; the next episode does not leak back")
    func truncated() {
        // V of the final observation is 6, not the next episode's first value 1. δ1 = 0 + ½·6 − 2 = 1 = A1; A2 = 3
        // δ0 = 2; A0 = 2 + ¼·1 = 2.25
        let result = estimates(
            rewards: [1, 0, 2], values: [0, 2, 1], nextValues: [2, 6, 4], terminated: [false, false, false],
            truncated: [false, true, false])
        #expect(result.advantages == [2.25, 1, 3])
        #expect(result.returns == [2.25, 3, 4])
    }

    @Test("Environments of a batch are kept apart") func interleaved() {
        let first = estimates(
            rewards: [1, 0], values: [0, 2], nextValues: [2, 4], terminated: [false, true], truncated: [false, false])
        let second = estimates(
            rewards: [3, -1], values: [1, 1], nextValues: [1, 2], terminated: [false, false],
            truncated: [false, true])
        let both = estimates(
            environments: 2, rewards: [1, 3, 0, -1], values: [0, 1, 2, 1], nextValues: [2, 1, 4, 2],
            terminated: [false, false, true, false], truncated: [false, false, false, true])
        #expect(
            both.advantages == [
                first.advantages[0], second.advantages[0], first.advantages[1], second.advantages[1],
            ])
    }

    @Test("Without discount the advantage is the reward minus the value; with λ = 1 it is the whole return")
    func extremes() {
        let rewards: [Float] = [1, 2, 4]
        let values: [Float] = [0.5, 0.25, 3]
        let none = [false, false, false]
        let bandit = estimates(
            rewards: rewards, values: values, nextValues: [9, 9, 9], terminated: none, truncated: none, discount: 0)
        #expect(bandit.advantages == [0.5, 1.75, 1])
        #expect(bandit.returns == rewards)
        let whole = estimates(
            rewards: rewards, values: values, nextValues: [0.25, 3, 0], terminated: [false, false, true],
            truncated: none, discount: 1, lambda: 1)
        #expect(whole.returns == [7, 6, 4])
    }

    @Test("Explained variance is 1 for the truth, 0 for a constant, negative for worse") func explained() {
        #expect(explainedVariance(values: [1, 2, 3], returns: [1, 2, 3]) == 1)
        #expect(explainedVariance(values: [5, 5, 5], returns: [1, 2, 3]) == 0)
        #expect(explainedVariance(values: [3, 2, 1], returns: [1, 2, 3]) == -3)
        #expect(explainedVariance(values: [1, 2, 3], returns: [4, 4, 4]) == 0)
    }
}
