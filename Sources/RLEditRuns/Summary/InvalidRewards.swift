/// Candidates without a valid reward, in words: a run that let them pass says how many there were.
enum InvalidRewards {
    /// `invalid rewards: 3 candidates, each counted as the worst so far`; nil when there was none.
    static func line(_ seeds: [SeedResult]) -> String? {
        text(seeds).map { "invalid rewards: \($0)" }
    }

    static func text(_ seeds: [SeedResult]) -> String? {
        let invalid = seeds.reduce(0) { $0 + $1.invalidRewards }
        guard invalid > 0 else { return nil }
        return invalid == 1
            ? "1 candidate, counted as the worst so far"
            : "\(NumberText.grouped(invalid)) candidates, each counted as the worst so far"
    }
}
