extension ComparisonReport {
    /// The second result of a learner, which lies near the first and needs no name of its own.
    private func isBestSeen(_ row: Comparison.Row) -> Bool { row.method.map { row.stage != $0.resultStage } ?? false }

    /// Learners in one colour, baselines in another; the unedited network is grey.
    private func kind(_ row: Comparison.Row) -> String {
        switch row.method?.kind {
        case nil: "unedited"
        case .learner?: isBestSeen(row) ? "its best seen" : "learner"
        case .baseline?: "baseline"
        }
    }

    /// A figure of the rows: its title, its value in a row, and its axis.
    private typealias Figure = (
        title: String, value: (Comparison.Row) -> Double?, scale: (_ values: [Double]) -> ChartScale
    )

    /// A point for each row that has both figures, in the colour of its kind; nil for none.
    /// - Parameter isRing: the row that the others are compared with.
    private func plane(
        _ x: Figure, _ y: Figure, height: Double, isRing: (Comparison.Row) -> Bool = { _ in false }
    ) -> Markup? {
        let points = rows.compactMap { row -> (row: Comparison.Row, point: ChartPoint)? in
            guard let x = x.value(row), let y = y.value(row), x.isFinite, y.isFinite else { return nil }
            return (row, ChartPoint(x: x, y: y, label: isBestSeen(row) ? nil : row.method?.name ?? row.title))
        }
        let kinds = [("s0", "unedited"), ("s1", "learner"), ("s6", "its best seen"), ("s2", "baseline")]
        let series = kinds.flatMap { style, name in
            [true, false].map { ring in
                let own = points.filter { kind($0.row) == name && isRing($0.row) == ring }.map(\.point)
                return ChartSeries(
                    name: own.isEmpty ? nil : name, style: style, kind: ring ? .rings : .dots, points: own)
            }
        }
        return points.isEmpty
            ? nil
            : Chart(
                series, x: x.scale(points.map(\.point.x)), y: y.scale(points.map(\.point.y)),
                titles: (x.title, y.title), height: height
            ).markup
    }

    private func accuracy(_ set: String) -> (Comparison.Row) -> Double? { { $0.measures["\(set).accuracy"]?.mean } }

    var tradeOff: Markup {
        let least = 0.0005
        let chart = plane(
            ("forget accuracy", accuracy("forget"), { .logarithmic($0, floor: least, isShare: true) }),
            ("retain accuracy", accuracy("retain"), ChartScale.nearOne), height: 520, isRing: { $0.method == nil })
        guard let chart else { return .empty }
        let isCut = rows.compactMap(accuracy("forget")).contains { $0 < least }
        return .section(
            "What is kept and what is forgotten", id: "trade-off",
            .figure(
                chart,
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
        let curves = methods.enumerated().map { index, method -> (band: ChartSeries, line: ChartSeries) in
            let points = BestRewardCurve(method.cells).points.map { point in
                ChartPoint(x: point.evaluation, y: point.median, spread: (point.lower, point.upper))
            }
            let style = "s\(1 + index % 7)"
            return (
                ChartSeries(style: style, kind: .band, points: points),
                ChartSeries(name: method.name, style: index < 7 ? style : "\(style) dashed", points: points)
            )
        }
        let series = curves.map(\.band) + curves.map(\.line)
        let chart = Chart(
            series, x: .logarithmic(series.flatMap(\.points).map(\.x), floor: 1, padding: 0),
            titles: ("evaluations", "best reward"), height: 360)
        return .section(
            "Best reward against evaluations", id: "learning",
            .figure(
                chart.markup,
                """
                The best reward of a candidate so far, on the sets that the reward sees\
                \(isSpread ? ": median over seeds, and the quartiles as a band." : ".") \
                The evaluations are on a logarithmic axis.
                """))
    }

    /// What a method costs against what it reaches.
    var quality: Markup {
        let isUnlearning = ["forget.accuracy", "retain.accuracy"].allSatisfy(comparison.measures.contains)
        let (forget, retain) = (accuracy("forget"), accuracy("retain"))
        var quality: Figure = (
            "best reward", { Spread($0.method?.cells.compactMap(\.result.bestReward) ?? []).mean }, { .fitting($0) }
        )
        if isUnlearning {
            quality.title = "mean of retain accuracy and 1 − forget accuracy"
            quality.value = { row in
                guard let lost = forget(row), let kept = retain(row) else { return nil }
                return (kept + 1 - lost) / 2
            }
            quality.scale = ChartScale.nearOne
        }
        let chart = plane(
            ("thousand full-forward equivalents", { $0.cost?.kfe.mean }, { .logarithmic($0, floor: 0.01) }), quality,
            height: 400)
        guard let chart else { return .empty }
        return .section(
            "Cost against quality", id: "cost",
            .figure(
                chart,
                """
                \(isSpread ? "\(meansNote) " : "")One full-forward equivalent is one example through the whole network; a \
                backward pass counts as two, and passes through the last layers as their share of the multiply-adds.
                """))
    }

    /// Is the class gone, or only hidden? Each method beside the retrained network.
    var depth: Markup {
        let measured = rows.filter { !$0.depth.isEmpty }
        if measured.isEmpty { return .empty }
        return .section(
            "Depth", id: "depth", .table(comparison.table(comparison.depthColumns(), of: measured)),
            .note(Markup(meansNote)),
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
        func figure(_ name: String, _ title: String) -> Figure {
            let isShare = ["membership_rate", "probe_recall"].contains(name)
            return (title, { $0.depth[name]?.mean }, { .fitting($0, isShare: isShare, padding: 0.1) })
        }
        func isRetrained(_ row: Comparison.Row) -> Bool { row.method?.name == "retrain" && !row.depth.isEmpty }
        guard let chart = plane(figure(x.name, x.title), figure(y.name, y.title), height: 360, isRing: isRetrained)
        else { return .empty }
        let ring = rows.contains(where: isRetrained) ? "The ring is the retrained network." : ""
        return .figure(chart, Markup([text, ring, meansNote].filter { !$0.isEmpty }.joined(separator: " ")))
    }
}
