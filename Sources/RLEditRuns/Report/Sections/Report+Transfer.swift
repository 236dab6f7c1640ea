internal import RLEditCore

extension Report {
    /// What a run that trained a policy over many networks left.
    public struct Transfer: Sendable, Equatable {
        public var pairs: [PairResult]
        public var units: [UnitRecord]

        /// Of a seed's folder; nil when it holds no pairs.
        package static func read(_ folder: String) -> Transfer? {
            guard let pairs = try? PairTable.read("\(folder)/\(TransferFiles.pairsName)"), !pairs.isEmpty else {
                return nil
            }
            return Transfer(pairs: pairs, units: (try? UnitTable.read("\(folder)/\(TransferFiles.unitsName)")) ?? [])
        }
    }

    /// Which pairs were which, what the policy did to each held-out one, and what it has learned.
    var transfer: Markup {
        guard let (transfer, seed, note) = shown(\.transfer) else { return .empty }
        let updates = seeds.first { $0.seed == seed }?.updates ?? []
        let heldOut = transfer.pairs.filter { $0.purpose == .heldOut }
        return [
            validation(updates, note), judged(heldOut, note), stepByStep(heldOut, note),
            Report.learned(transfer.units, note), purposes(transfer.pairs, note),
        ]
    }

    private func validation(_ updates: [UpdateRecord], _ note: String) -> Markup {
        let name = "mean policy on the validation pairs"
        let curve = ChartSeries.curve(name, "s1", updates) { $0.learner["validation_reward"] }
        return .section(
            "Validation pairs", id: "validation",
            Report.curves(curve.points.count > 1 ? [curve] : [], "reward", height: 220),
            """
            Training never sees these networks. They are looked at every so often and at the end, and the policy that did \
            best on them is kept.\(note)
            """)
    }

    /// The set of what is to change, as the policy calls it.
    private var forgetSet: String { manifest.configuration["policy"]?["forget"]?.string ?? "forget" }

    /// What held-out pairs are measured on, in words.
    private var measuredOn: String {
        manifest.configuration["distribution"]?["test_sets"]?.bool == true
            ? "the task's test sets" : "the very sets that the features are made of, since the task has no test sets"
    }

    /// Networks × classes, a table for each set.
    private func judged(_ pairs: [PairResult], _ note: String) -> Markup {
        let unseen = Set(pairs.filter(\.isUnseenClass).map(\.label))
        let classes = pairs.map(\.label).unique.sorted { left, right in
            if let a = Int(left), let b = Int(right) { return a < b }
            return left < right
        }
        func fails(_ pair: PairResult, _ set: String) -> Bool {
            guard let after = pair.accuracy(set, .meanPolicy) else { return false }
            return set == forgetSet ? after > 0.01 : (pair.accuracy(set, .before) ?? after) - after > 0.01
        }
        func cell(_ network: String, _ label: String, _ set: String) -> Markup {
            let pair = pairs.first { $0.network == network && $0.label == label }
            guard let pair, let after = pair.accuracy(set, .meanPolicy) else { return "–" }
            let text = Markup(NumberText.fixed(100 * after, digits: 2))
            return fails(pair, set) ? .tag("span.fails", text) : text
        }
        let sets = pairs.first?.sets.map(\.set) ?? []
        let titles: [Markup] = ["network"] + classes.map { "\($0)\(unseen.contains($0) ? "*" : "")" }
        let tables = sets.map { set -> Markup in
            let rows = pairs.map(\.network).unique.map { network in
                [Markup(network)] + classes.map { cell(network, $0, set) }
            }
            return [
                .tag("h3", "\(set): \(set == forgetSet ? "what is left" : "accuracy"), in %"), .table(titles, rows),
            ]
        }
        let failed = pairs.count { pair in sets.contains { fails(pair, $0) } }
        return .section(
            "Held-out pairs", id: "pairs", Markup(tables),
            note: """
                The mean policy without further evaluations, on \(measuredOn). No held-out network was met in training\
                \(unseen.isEmpty ? "" : ", nor was, on any network, a class with a star"). A pair fails, in colour, when \
                more than 1 % is left of what it should forget, or more than one point is lost elsewhere: \(failed) of \
                \(pairs.count) did.\(note)
                """)
    }

    /// What is left and what is kept after each step, where the policy takes several.
    private func stepByStep(_ pairs: [PairResult], _ note: String) -> Markup {
        let sets = pairs.first?.sets ?? []
        let stages = sets.first?.accuracy.stages.filter { $0 != .refined } ?? []
        let rows = stages.enumerated().map { step, stage in
            [step == 0 ? "before" : "\(step)"]
                + sets.map { set in
                    let values = pairs.compactMap { $0.accuracy(set.set, stage) }
                    guard let worst = set.set == forgetSet ? values.max() : values.min() else { return "–" }
                    let texts = [Spread(values).mean, worst].map { NumberText.fixed(100 * $0, digits: 2) }
                    return "\(texts[0]) (\(texts[1]))"
                }
        }
        let table = TextTable(["after step"] + sets.map { "\($0.set), %" }, rows)
        return .section(
            "Step by step", id: "steps", stages.contains(.step(1)) ? .table(table) : .empty,
            note:
                "Accuracy on \(measuredOn) after each step of the policy: mean over the held-out pairs (worst).\(note)")
    }

    private static func learned(_ all: [UnitRecord], _ note: String) -> Markup {
        let content = ["input", "output"].map { side -> Markup in
            let units = all.filter { $0.side == "\(side)s" && $0.layer == all.first?.layer }
            let strengths = UnitRecord.correlations(units)
            guard let strongest = strengths.first else { return .empty }
            let rows = strengths.prefix(5).map { [$0.name, NumberText.fixed($0.value, digits: 2)] }
            return [
                .tag("h3", "Factor of the \(side) units"),
                .table(TextTable(["feature", "correlation with the factor"], rows)),
                .figure(
                    scatter(units, feature: strongest.name),
                    """
                    Each point is one of the \(side) units of a held-out pair: what the policy gave it against the feature \
                    that goes with it most.\(note)
                    """),
            ]
        }
        return .section("What the policy learned", id: "learned", Markup(content))
    }

    private static func scatter(_ units: [UnitRecord], feature: String) -> Chart {
        let points = zip(units, UnitRecord.standardizedFactors(units)).map { unit, factor in
            (pair: unit.pair, point: ChartPoint(x: unit.features[feature] ?? .nan, y: factor))
        }
        let series = points.map(\.pair).unique.enumerated().map { place, pair in
            ChartSeries(
                name: pair, style: ChartSeries.style(place), kind: .dots,
                points: points.filter { $0.pair == pair }.map(\.point))
        }
        return Chart(series, titles: (feature, "factor"), height: 300)
    }

    private func purposes(_ all: [PairResult], _ note: String) -> Markup {
        let rows = PairResult.Purpose.allCases.compactMap { purpose -> [String]? in
            let pairs = all.filter { $0.purpose == purpose }
            guard let first = pairs.first else { return nil }
            let changes = first.sets.map(\.set).map { set in
                let ends = [Stage.before, .meanPolicy].map { stage in
                    Spread(pairs.compactMap { $0.accuracy(set, stage) }).mean
                }
                return "\(set) \(MeasureText.change(from: ends[0], to: ends[1], measure: "accuracy"))"
            }
            let classes = pairs.map { $0.isUnseenClass ? "\($0.label) (unseen)" : $0.label }
            return [
                purpose == .heldOut ? "held out" : purpose.rawValue,
                pairs.map(\.network).unique.joined(separator: ", "), classes.unique.joined(separator: ", "),
                "\(pairs.count)", changes.joined(separator: "; "),
            ]
        }
        return .section(
            "Which pairs were which", id: "purposes",
            .table(TextTable(["purpose", "networks", "classes", "pairs", "accuracy"], rows, text: 5)),
            note: """
                Training and validation pairs are measured on the examples that the reward sees, held-out pairs on \
                \(measuredOn).\(note)
                """)
    }
}
