internal import RLEditTensor
package import RLEditWorlds

extension EditPair {
    /// Measures edits and lets a reward judge them, in order.
    /// - Parameters:
    ///   - step: of the episode that the edits are judged after.
    ///   - isRemembered: as that of ``RewardJudge``.
    /// - Throws: ``WorldError`` for a reward that is not finite, or what the reward throws.
    package func judge(
        _ edits: [[LayerEdit]], by judge: RewardJudge, step: Int = 1, episode: Int = 1, progress: Double = 1,
        isRemembered: Bool = true
    ) throws -> [Reward] {
        try judge.judge(
            source.evaluate(edits), base: source.base(), steps: edits.map { _ in step },
            episodes: edits.map { _ in episode }, progress: progress, isRemembered: isRemembered)
    }

    /// The same by a reward whose faults are errors.
    package func judge(_ edits: [[LayerEdit]], by reward: any RewardFunction) throws -> [Reward] {
        try judge(edits, by: RewardJudge(reward))
    }
}
