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
    private typealias Figure = (title: String, value: (Comparison.Row) -> Double?, fit: Chart.Fit)

    /// A point for each row that has both figures, in the colour of its kind.
    /// - Parameter isRing: the row that the others are compared with.
    private func plane(
        _ x: Figure, _ y: Figure, height: Double, isRing: (Comparison.Row) -> Bool = { _ in false }
    ) -> Chart {
        let kinds = [("s0", "unedited"), ("s1", "learner"), ("s6", "its best seen"), ("s2", "baseline")]
        let series = kinds.flatMap { style, name in
            [true, false].map { ring in
                let points = rows.filter { kind($0) == name && isRing($0) == ring }.map { row in
                    ChartPoint(
                        x: x.value(row) ?? .nan, y: y.value(row) ?? .nan,
                        label: isBestSeen(row) ? nil : row.method?.name ?? row.title)
                }.filter(\.isFinite)
                return ChartSeries(
                    name: points.isEmpty ? nil : name, style: style, kind: ring ? .rings : .dots, points: points)
            }
        }
        return Chart(series, titles: (x.title, y.title), x: x.fit, y: y.fit, height: height)
    }

    private func accuracy(_ set: String) -> (Comparison.Row) -> Double? { { $0.measures["\(set).accuracy"]?.mean } }

    var tradeOff: Markup {
        let least = 0.0005
        let chart = plane(
            ("forget accuracy", accuracy("forget"), { .logarithmic($0, floor: least, isShare: true) }),
            ("retain accuracy", accuracy("retain"), ChartScale.nearOne), height: 520, isRing: { $0.method == nil })
        let isCut = rows.compactMap(accuracy("forget")).contains { $0 < least }
        return .section(
            "What is kept and what is forgotten", id: "trade-off", chart,
            """
            Held-out accuracy\(isSpread ? ", mean over seeds" : ""); the upper left corner is best. Both axes are \
            logarithmic in the error, so that good methods can be told apart.\
            \(isCut ? " What is less than \(NumberText.significant(100 * least)) % lies at the left edge." : "")
            """)
    }

    /// Best reward so far: the median over seeds, and the middle half of them.
    var learning: Markup {
        let methods = comparison.methods.filter { $0.cells.contains { !$0.improvements.isEmpty } }
        let lines = methods.enumerated().map { place, method in
            ChartSeries(
                name: method.name, style: ChartSeries.style(place), points: BestRewardCurve.points(of: method.cells))
        }
        let bands = lines.map { ChartSeries(style: $0.style, kind: .band, points: $0.points) }
        let chart = Chart(
            bands + lines, titles: ("evaluations", "best reward"), x: { .logarithmic($0, floor: 1, padding: 0) },
            height: 360)
        return .section(
            "Best reward against evaluations", id: "learning", chart,
            """
            The best reward of a candidate so far, on the sets that the reward sees\
            \(isSpread ? ": median over seeds, and the quartiles as a band." : ".") \
            The evaluations are on a logarithmic axis.
            """)
    }

    /// What a method costs against what it reaches.
    var quality: Markup {
        let isUnlearning = ["forget.accuracy", "retain.accuracy"].allSatisfy(comparison.measures.contains)
        let (forget, retain) = (accuracy("forget"), accuracy("retain"))
        let kept: Figure = (
            "mean of retain accuracy and 1 − forget accuracy",
            { row in forget(row).flatMap { lost in retain(row).map { ($0 + 1 - lost) / 2 } } }, ChartScale.nearOne
        )
        let reward: Figure = (
            "best reward", { Spread($0.method?.cells.compactMap(\.result.bestReward) ?? []).mean }, { .fitting($0) }
        )
        let cost: Figure = (
            "thousand full-forward equivalents", { $0.cost?.kfe.mean }, { .logarithmic($0, floor: 0.01) }
        )
        return .section(
            "Cost against quality", id: "cost", plane(cost, isUnlearning ? kept : reward, height: 400),
            """
            \(isSpread ? "\(meansNote) " : "")One full-forward equivalent is one example through the whole network; a \
            backward pass counts as two, and passes through the last layers as their share of the multiply-adds.
            """)
    }

    /// Is the class gone, or only hidden? Each method beside the retrained network.
    var depth: Markup {
        let measured = rows.filter { !$0.depth.isEmpty }
        func isRetrained(_ row: Comparison.Row) -> Bool { row.method?.name == "retrain" && !row.depth.isEmpty }
        func chart(_ x: (String, String), _ y: (String, String), _ text: String) -> Markup {
            let figures = [x, y].map { name, title -> Figure in
                let isShare = ["membership_rate", "probe_recall"].contains(name)
                return (title, { $0.depth[name]?.mean }, { .fitting($0, isShare: isShare, padding: 0.1) })
            }
            let ring = measured.contains(where: isRetrained) ? "The ring is the retrained network." : ""
            let caption = [text, ring, meansNote].filter { !$0.isEmpty }.joined(separator: " ")
            return .figure(plane(figures[0], figures[1], height: 360, isRing: isRetrained), Markup(caption))
        }
        let hidden = chart(
            ("relearn_steps", "steps to relearn"), ("probe_recall", "recall of a linear probe"),
            """
            Few steps to learn the class again, and a probe that finds it in the features, mean that it was hidden rather \
            than removed.
            """)
        let distant = chart(
            ("membership_rate", "called members"), ("total_variation", "total variation from the retrained network"),
            """
            How far the answers on unseen examples to forget are from those of the retrained network of the same seed, and \
            how many of the forgotten examples still look like training examples.
            """)
        let table = Markup.table(comparison.table(comparison.depthColumns(), of: measured))
        return .section(
            "Depth", id: "depth", measured.isEmpty ? .empty : [table, .note(Markup(meansNote)), hidden, distant])
    }
}
