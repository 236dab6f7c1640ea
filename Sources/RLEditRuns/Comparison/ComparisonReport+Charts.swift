extension ComparisonReport {
    /// A row with its place in a plane of two figures.
    private typealias Place = (row: Comparison.Row, x: Double, y: Double)

    /// The rows that have both figures.
    private func places(_ x: (Comparison.Row) -> Double?, _ y: (Comparison.Row) -> Double?) -> [Place] {
        rows.compactMap { row in
            guard let x = x(row), let y = y(row) else { return nil }
            return (row, x, y)
        }
    }

    /// A point for each row in the colour of its kind.
    private func chart(
        _ places: [Place], in frame: ChartFrame, name: (Comparison.Row) -> String? = { $0.method?.name },
        isRing: (Comparison.Row) -> Bool = { _ in false }
    ) -> Markup {
        // Learners in one colour, baselines in another; the unedited network is grey.
        func style(_ row: Comparison.Row) -> String {
            switch row.method?.kind {
            case nil: "s0"
            case .learner?: isBestSeen(row) ? "s6" : "s1"
            case .baseline?: "s2"
            }
        }
        let kinds = [("s0", "unedited"), ("s1", "learner"), ("s6", "its best seen"), ("s2", "baseline")]
        let drawn = kinds.filter { kind in places.contains { style($0.row) == kind.0 } }
        return PointChart.markup(
            places.map {
                .init(name: name($0.row), style: style($0.row), x: $0.x, y: $0.y, isRing: isRing($0.row))
            }, in: frame, legend: drawn.map { .mark($1, $0, isRing: $0 == "s0") })
    }

    /// The second result of a learner, which lies near the first and needs no name of its own.
    private func isBestSeen(_ row: Comparison.Row) -> Bool { row.method.map { row.stage != $0.resultStage } ?? false }

    var tradeOff: Markup {
        let points = places({ $0.measures["forget.accuracy"]?.mean }, { $0.measures["retain.accuracy"]?.mean })
        guard points.count > 1 else { return .empty }
        let least = 0.0005
        let frame = ChartFrame(
            height: 520, x: .logarithmic(points.map(\.x), floor: least, isShare: true), y: .nearOne(points.map(\.y)),
            titles: ("forget accuracy", "retain accuracy"),
            about: "Retain accuracy against forget accuracy of each method")
        let isCut = points.contains { $0.x < least }
        return .section(
            "What is kept and what is forgotten", id: "trade-off",
            .figure(
                chart(
                    points, in: frame, name: { isBestSeen($0) ? nil : $0.method?.name ?? $0.title },
                    isRing: { $0.method == nil }),
                """
                Held-out accuracy\(isSpread ? ", mean over seeds" : ""); the upper left corner is best. Both axes are \
                logarithmic in the error, so that good methods can be told apart.\
                \(isCut ? " What is less than \(NumberText.significant(100 * least)) % lies at the left edge." : "")
                """))
    }

    /// Best reward so far: the median over seeds, and the middle half of them.
    var learning: Markup {
        let methods = comparison.methods.filter { $0.cells.contains { !$0.improvements.isEmpty } }
        if methods.isEmpty { return .empty }
        let curves = methods.enumerated().flatMap { index, method -> [LineChart.Curve] in
            let points = BestRewardCurve(method.cells).points
            let style = "s\(1 + index % 7)"
            return [
                .init(
                    name: method.name, style: style, points: points.map { ($0.evaluation, [$0.lower, $0.upper]) },
                    isListed: false, isBand: true),
                .init(
                    name: method.name, style: index < 7 ? style : "\(style) dashed",
                    points: points.map { ($0.evaluation, [$0.median]) }),
            ]
        }
        let chart = LineChart.markup(
            curves, titles: ("evaluations", "best reward"), about: "Best reward against evaluations of each learner",
            height: 360, isLogarithmic: true)
        return .section(
            "Best reward against evaluations", id: "learning",
            .figure(
                chart,
                """
                The best reward of a candidate so far, on the sets that the reward sees\
                \(isSpread ? ": median over seeds, and the quartiles as a band." : ".") \
                The evaluations are on a logarithmic axis.
                """))
    }

    /// What a method costs against what it reaches.
    var quality: Markup {
        let isUnlearning = ["forget.accuracy", "retain.accuracy"].allSatisfy(comparison.measures.contains)
        func quality(_ row: Comparison.Row) -> Double? {
            guard isUnlearning else {
                let rewards = row.method?.cells.compactMap(\.result.bestReward) ?? []
                return rewards.isEmpty ? nil : Spread(rewards).mean
            }
            guard let forget = row.measures["forget.accuracy"], let retain = row.measures["retain.accuracy"] else {
                return nil
            }
            return (retain.mean + 1 - forget.mean) / 2
        }
        let points = places({ $0.cost?.kfe.mean }, quality)
        guard points.count > 1 else { return .empty }
        let values = points.map(\.y)
        let frame = ChartFrame(
            height: 400, x: .logarithmic(points.map(\.x), floor: 0.01),
            y: isUnlearning ? .nearOne(values) : .fitting(values),
            titles: (
                "thousand full-forward equivalents",
                isUnlearning ? "mean of retain accuracy and 1 − forget accuracy" : "best reward"
            ), about: "Quality against cost of each method")
        return .section(
            "Cost against quality", id: "cost",
            .figure(
                chart(points, in: frame),
                """
                \(isSpread ? "\(meansNote) " : "")One full-forward equivalent is one example through the whole network; a \
                backward pass counts as two, and passes through the last layers as their share of the multiply-adds.
                """))
    }

    /// Is the class gone, or only hidden? Each method beside the retrained network.
    var depth: Markup {
        let measured = rows.filter { !$0.depth.isEmpty }
        if measured.isEmpty { return .empty }
        let measures = comparison.depthMeasures
        let table = Markup.table(
            ["method"] + measures.map { Markup(Comparison.depthTitle($0)) },
            measured.map { row in
                ["\(row.title)"] + measures.map { Markup(Comparison.depthCell(row.depth[$0], $0)) }
            })
        return .section(
            "Depth", id: "depth", table, .note(Markup(meansNote)),
            depth(
                ("relearn_steps", "steps to relearn"), ("probe_recall", "recall of a linear probe"),
                """
                Few steps to learn the class again, and a probe that finds it in the features, mean that it was hidden \
                rather than removed.
                """),
            depth(
                ("membership_rate", "called members"),
                ("total_variation", "total variation from the retrained network"),
                """
                How far the answers on unseen examples to forget are from those of the retrained network of the same seed, \
                and how many of the forgotten examples still look like training examples.
                """))
    }

    private func depth(
        _ x: (name: String, title: String), _ y: (name: String, title: String), _ text: String
    ) -> Markup {
        let points = places({ $0.depth[x.name]?.mean }, { $0.depth[y.name]?.mean }).filter {
            $0.x.isFinite && $0.y.isFinite
        }
        if points.isEmpty { return .empty }
        func scale(_ values: [Double], _ name: String) -> ChartScale {
            .fitting(values, isShare: ["membership_rate", "probe_recall"].contains(name), padding: 0.1)
        }
        let frame = ChartFrame(
            height: 360, x: scale(points.map(\.x), x.name), y: scale(points.map(\.y), y.name),
            titles: (x.title, y.title), about: "\(y.name) against \(x.name) of each method")
        func isRetrained(_ row: Comparison.Row) -> Bool { row.method?.name == "retrain" }
        let ring = points.contains { isRetrained($0.row) } ? "The ring is the retrained network." : ""
        let caption = [text, ring, meansNote].filter { !$0.isEmpty }.joined(separator: " ")
        return .figure(chart(points, in: frame, isRing: isRetrained), Markup(caption))
    }
}
