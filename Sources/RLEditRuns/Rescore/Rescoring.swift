package import RLEditCore

/// Two rewards over the same candidates: the one that the run learned by, and another.
package struct Rescoring: Sendable {
    package let candidates: RecordedCandidates
    /// The other reward of each candidate.
    package let rewards: [Double]
    private let recorded: [Double]
    private let (before, now): (Ranking, Ranking)

    /// Where a reward puts each candidate: 1 is the best.
    private struct Ranking {
        /// Equals share their first place.
        var places: [Int]
        /// Equals share the mean of their places.
        var means: [Double]
    }

    /// - Parameter rewards: one for each row of the table, all finite.
    package init(_ candidates: RecordedCandidates, rewards: [Double]) {
        self.candidates = candidates
        self.rewards = rewards
        recorded = candidates.table["reward"] ?? []
        before = Rescoring.ranking(recorded)
        now = Rescoring.ranking(rewards)
    }

    /// Rank correlation of the two rewards, from −1 to 1; NaN where one of them is constant.
    package var spearman: Double {
        let count = Double(max(rewards.count, 1))
        let mean = (count + 1) / 2
        var (xy, xx, yy) = (0.0, 0.0, 0.0)
        for (x, y) in zip(before.means, now.means) {
            xy += (x - mean) * (y - mean)
            xx += (x - mean) * (x - mean)
            yy += (y - mean) * (y - mean)
        }
        return xx > 0 && yy > 0 ? xy / (xx * yy).squareRoot() : .nan
    }

    /// The row that a reward puts first; the earliest of equals. nil when there is none.
    package var recordedBest: Int? { Rescoring.best(recorded) }
    package var best: Int? { Rescoring.best(rewards) }

    /// Rows that the other reward ranks much higher, and much lower: those that it moves furthest, earliest first of equals.
    package func moved(_ count: Int) -> (up: [Int], down: [Int]) {
        let moves = zip(before.means, now.means).map { $0 - $1 }
        let order = moves.indices.sorted { (moves[$1], $0) < (moves[$0], $1) }
        return (
            Array(order.prefix(count).filter { moves[$0] > 0 }),
            Array(order.reversed().prefix(count).filter { moves[$0] < 0 })
        )
    }

    private static func best(_ values: [Double]) -> Int? {
        values.indices.max { (values[$0], $1) < (values[$1], $0) }
    }

    private static func ranking(_ values: [Double]) -> Ranking {
        let order = values.indices.sorted { (values[$1], $0) < (values[$0], $1) }
        var ranking = Ranking(
            places: [Int](repeating: 0, count: values.count), means: [Double](repeating: 0, count: values.count))
        var start = 0
        while start < order.count {
            var end = start
            while end < order.count, values[order[end]] == values[order[start]] { end += 1 }
            for place in start..<end {
                ranking.places[order[place]] = start + 1
                ranking.means[order[place]] = Double(start + end + 1) / 2
            }
            start = end
        }
        return ranking
    }

    // MARK: - For people and programs

    /// How many candidates are shown of those that the rewards rank most differently.
    private static let shown = 3

    private var rows: [(what: String, row: Int)] {
        let (up, down) = moved(Rescoring.shown)
        return [("best as recorded", recordedBest), ("best now", best)].compactMap { what, row in row.map { (what, $0) }
        }
            + up.map { ("ranked higher now", $0) } + down.map { ("ranked lower now", $0) }
    }

    package var text: String {
        let table = candidates.table
        var text = TextTable(
            [.init("candidate", .left)]
                + ["evaluation", "recorded", "rank", "now", "rank"].map { .init($0, .right) }
                + table.columns.dropFirst().map { .init($0, .right) })
        for (what, row) in rows {
            text.append(
                [
                    what, NumberText.grouped(table.evaluations[row]), NumberText.significant(recorded[row]),
                    NumberText.grouped(before.places[row]), NumberText.significant(rewards[row]),
                    NumberText.grouped(now.places[row]),
                ]
                    + zip(table.columns, table.values).dropFirst().map { column, values in
                        MeasureText.of(values[row], measure: column)
                    })
        }
        let agreement = NumberText.fixed(spearman, digits: 3)
        return "seed \(candidates.seed): \(NumberText.grouped(rewards.count)) candidates, Spearman correlation of the "
            + "rewards \(agreement)\n\(text.text)"
    }

    package var json: JSONValue {
        let (up, down) = moved(Rescoring.shown)
        func object(_ row: Int) -> JSONValue {
            var object: JSONObject = [
                "evaluation": .integer(candidates.table.evaluations[row]), "recorded": .number(recorded[row]),
                "recorded_rank": .integer(before.places[row]), "reward": .number(rewards[row]),
                "rank": .integer(now.places[row]),
            ]
            for (column, values) in zip(candidates.table.columns, candidates.table.values).dropFirst() {
                object[column] = .number(values[row])
            }
            return .object(object)
        }
        return [
            "seed": .integer(candidates.seed), "candidates": .integer(rewards.count), "spearman": .number(spearman),
            "recorded_best": recordedBest.map(object) ?? .null, "best": best.map(object) ?? .null,
            "higher": .array(up.map(object)), "lower": .array(down.map(object)),
        ]
    }
}
