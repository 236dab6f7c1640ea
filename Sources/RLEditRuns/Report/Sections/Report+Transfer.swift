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
        guard let seed = seeds.first(where: { $0.transfer != nil }), let transfer = seed.transfer else { return .empty }
        let note = shownNote(seed)
        return Markup([
            validation(seed, note), heldOut(transfer, note), stepByStep(transfer, note), Report.learned(transfer, note),
            purposes(transfer, note),
        ])
    }

    private func validation(_ seed: Seed, _ note: String) -> Markup {
        let curve = Report.curve("mean policy on the validation pairs", "s1", seed.updates) { record in
            record.learner.first { $0.name == "validation_reward" }.map { [$0.value] }
        }
        guard curve.points.count > 1 else { return .empty }
        let chart = LineChart.markup(
            [curve], titles: ("evaluations", "reward"), about: "Reward of the mean policy on the validation pairs",
            height: 220)
        return .section(
            "Validation pairs", id: "validation",
            .figure(
                chart,
                """
                Training never sees these networks. They are looked at every so often and at the end, and the policy that \
                did best on them is kept.\(note)
                """))
    }

    // MARK: - Networks × classes

    /// The result on one set of a pair.
    private struct Judgement {
        let before: Double?
        let after: Double
        /// More than 1 % is left of what the pair should forget, or more than one point is lost elsewhere.
        let fails: Bool
    }

    private func judgement(_ pair: PairResult, _ set: String) -> Judgement? {
        guard let after = pair.accuracy(set, .meanPolicy) else { return nil }
        let before = pair.accuracy(set, .before)
        return Judgement(
            before: before, after: after, fails: set == forgetSet ? after > 0.01 : (before ?? after) - after > 0.01)
    }

    private func heldOut(_ transfer: Transfer, _ note: String) -> Markup {
        let pairs = transfer.pairs.filter { $0.purpose == .heldOut }
        guard let first = pairs.first else { return .empty }
        let unseen = Set(pairs.filter(\.isUnseenClass).map(\.label))
        let classes = pairs.map(\.label).unique.sorted { left, right in
            if let a = Int(left), let b = Int(right) { return a < b }
            return left < right
        }
        let tables = first.sets.map(\.set).flatMap { set -> [Markup] in
            let rows = pairs.map(\.network).unique.map { network in
                [Markup(network)]
                    + classes.map { label -> Markup in
                        guard let pair = pairs.first(where: { $0.network == network && $0.label == label }),
                            let result = judgement(pair, set)
                        else { return "–" }
                        let text = Markup(NumberText.fixed(100 * result.after, digits: 2))
                        return result.fails ? .tag("span.fails", text) : text
                    }
            }
            return [
                .tag("h3", "\(set): \(set == forgetSet ? "what is left" : "accuracy"), in %"),
                .table(["network"] + classes.map { "\($0)\(unseen.contains($0) ? "*" : "")" }, rows),
            ]
        }
        let caption: Markup = """
            The mean policy without further evaluations, on \(measuredOn). No held-out network was met in training\
            \(unseen.isEmpty ? "" : ", nor was, on any network, a class with a star").\(note)
            """
        return .section("Held-out pairs", id: "pairs", tables + [.note(caption), failures(pairs)])
    }

    /// The set of what is to change, as the policy calls it.
    private var forgetSet: String { manifest.configuration["policy"]?["forget"]?.string ?? "forget" }

    /// What held-out pairs are measured on, in words.
    private var measuredOn: String {
        manifest.configuration["distribution"]?["test_sets"]?.bool == true
            ? "the task's test sets" : "the very sets that the features are made of, since the task has no test sets"
    }

    private func failures(_ pairs: [PairResult]) -> Markup {
        let lines = pairs.flatMap { pair in
            pair.sets.compactMap { set -> Markup? in
                guard let result = judgement(pair, set.set), result.fails, let before = result.before else {
                    return nil
                }
                let change = MeasureText.change(from: before, to: result.after, measure: "accuracy")
                let refined = set.accuracy[.refined].map { ", refined \(NumberText.fixed(100 * $0, digits: 1)) %" }
                return .tag("li", "\(pair.network), class \(pair.label): \(set.set) \(change)\(refined ?? "")")
            }
        }
        let rule = Markup.tag(
            "p",
            """
            A pair fails when more than 1 % is left of what it should forget, or more than one point is lost elsewhere: \
            \(lines.isEmpty ? "none of \(pairs.count) did." : "\(lines.count) entries.")
            """)
        let most = 40
        let rest = lines.count > most ? [Markup.tag("li", "and \(lines.count - most) more")] : []
        return lines.isEmpty ? rule : rule + .tag("ul", lines.prefix(most) + rest)
    }

    /// What is left and what is kept after each step, where the policy takes several.
    private func stepByStep(_ transfer: Transfer, _ note: String) -> Markup {
        let pairs = transfer.pairs.filter { $0.purpose == .heldOut }
        guard let sets = pairs.first?.sets, let stages = sets.first?.accuracy.stages, stages.contains(.step(1)) else {
            return .empty
        }
        let rows = stages.filter { $0 != .refined }.enumerated().map { step, stage in
            [Markup(step == 0 ? "before" : "\(step)")]
                + sets.map { set -> Markup in
                    let values = pairs.compactMap { $0.accuracy(set.set, stage) }
                    guard let worst = set.set == forgetSet ? values.max() : values.min() else { return "–" }
                    func text(_ value: Double) -> String { NumberText.fixed(100 * value, digits: 2) }
                    return Markup("\(text(values.reduce(0, +) / Double(values.count))) (\(text(worst)))")
                }
        }
        return .section(
            "Step by step", id: "steps", .table(["after step"] + sets.map { "\($0.set), %" }, rows),
            .note(
                "Accuracy on \(measuredOn) after each step of the policy: mean over the held-out pairs (worst).\(note)")
        )
    }

    // MARK: - What the policy learned

    private static func learned(_ transfer: Transfer, _ note: String) -> Markup {
        let content = ["input", "output"].flatMap { side -> [Markup] in
            let units = transfer.units.filter { $0.side == "\(side)s" && $0.layer == transfer.units.first?.layer }
            let strengths = UnitRecord.correlations(units)
            guard let strongest = strengths.first else { return [] }
            return [
                .tag("h3", "Factor of the \(side) units"),
                .table(
                    ["feature", "correlation with the factor"],
                    strengths.prefix(5).map { ["\($0.name)", "\(NumberText.fixed($0.value, digits: 2))"] }),
                .figure(
                    scatter(units, feature: strongest.name),
                    """
                    Each point is one of the \(side) units of a held-out pair: what the policy gave it against the feature \
                    that goes with it most.\(note)
                    """),
            ]
        }
        return .section("What the policy learned", id: "learned", content)
    }

    private static func scatter(_ units: [UnitRecord], feature: String) -> Markup {
        let factors = UnitRecord.standardizedFactors(units)
        let pairs = units.map(\.pair).unique
        let styles = Dictionary(uniqueKeysWithValues: pairs.enumerated().map { ($1, "s\($0 % 7 + 1)") })
        let values = units.map { unit in unit.features.first { $0.name == feature }?.value ?? .nan }
        let frame = ChartFrame(
            height: 300, x: .fitting(values), y: .fitting(factors), titles: (feature, "factor"),
            about: "Factor of each unit against \(feature)")
        return PointChart.markup(
            units.indices.map {
                .init(name: nil, style: styles[units[$0].pair] ?? "", x: values[$0], y: factors[$0])
            }, in: frame, legend: pairs.map { .fill($0, styles[$0] ?? "") })
    }

    // MARK: - Which pairs were which

    private func purposes(_ transfer: Transfer, _ note: String) -> Markup {
        func list(_ values: [String]) -> Markup { Markup(values.unique.joined(separator: ", ")) }
        let rows = PairResult.Purpose.allCases.compactMap { purpose -> [Markup]? in
            let pairs = transfer.pairs.filter { $0.purpose == purpose }
            guard let first = pairs.first else { return nil }
            let change = first.sets.map { set -> String in
                func mean(_ stage: Stage) -> Double? {
                    let values = pairs.compactMap { $0.accuracy(set.set, stage) }
                    return values.isEmpty ? nil : values.reduce(0, +) / Double(values.count)
                }
                return "\(set.set) "
                    + MeasureText.change(from: mean(.before), to: mean(.meanPolicy), measure: "accuracy")
            }
            return [
                Markup(purpose == .heldOut ? "held out" : purpose.rawValue), list(pairs.map(\.network)),
                list(pairs.map { $0.isUnseenClass ? "\($0.label) (unseen)" : $0.label }), "\(pairs.count)",
                Markup(change.joined(separator: "; ")),
            ]
        }
        return .section(
            "Which pairs were which", id: "purposes",
            .table(["purpose", "networks", "classes", "pairs", "accuracy"], rows, text: 5),
            .note(
                """
                Training and validation pairs are measured on the examples that the reward sees, held-out pairs on \
                \(measuredOn).\(note)
                """))
    }
}
