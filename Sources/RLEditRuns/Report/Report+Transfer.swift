internal import RLEditCore

extension Report {
    /// What a run that trained a policy over many networks left besides: nil for other runs.
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
        let note = seeds.count > 1 ? " Shown is seed \(seed.seed)." : ""
        return validation(seed, note) + matrices(transfer, note) + learned(transfer, note) + purposes(transfer, note)
    }

    // MARK: - Validation

    private func validation(_ seed: Seed, _ note: String) -> Markup {
        let points = seed.updates.compactMap { record in
            record.learner.first { $0.name == "validation_reward" }.map { (Double(record.evaluations), $0.value) }
        }
        guard points.count > 1 else { return .empty }
        let chart = LineChart(
            lines: [.init(name: "mean policy on the validation pairs", style: "s1", points: points)],
            xTitle: "evaluations", yTitle: "reward", description: "Reward of the mean policy on the validation pairs",
            height: 220)
        return Report.section(
            "Validation pairs", id: "validation",
            [
                Report.figure(
                    chart.markup(),
                    caption: [
                        Markup(
                            "Training never sees these networks. They are looked at every so often and at the end, and the "
                                + "policy that did best on them is kept.\(note)")
                    ])
            ])
    }

    // MARK: - Networks × classes

    /// A pair fails when more than this is left of what it should forget, or more than this is lost of the rest.
    private static let mostLeft = 0.01
    private static let mostLost = 0.01

    private func matrices(_ transfer: Transfer, _ note: String) -> Markup {
        let pairs = transfer.pairs.filter { $0.purpose == .heldOut }
        guard let first = pairs.first else { return .empty }
        var networks: [String] = []
        var classes: [(label: String, isUnseen: Bool)] = []
        for pair in pairs {
            if !networks.contains(pair.network) { networks.append(pair.network) }
            if !classes.contains(where: { $0.label == pair.label }) { classes.append((pair.label, pair.isUnseenClass)) }
        }
        classes.sort { left, right in
            if let a = Int(left.label), let b = Int(right.label) { return a < b }
            return left.label < right.label
        }
        let titles =
            [Markup("network")]
            + classes.map { label, isUnseen in
                Markup(isUnseen ? "\(label)*" : label)
            }
        func table(_ text: (PairResult) -> Markup) -> Markup {
            let rows = networks.map { network in
                [Markup(network)]
                    + classes.map { label, _ in
                        pairs.first { $0.network == network && $0.label == label }.map(text) ?? "–"
                    }
            }
            return Report.table(titles, rows, textColumns: 1)
        }
        let sets = first.sets.map(\.set)
        var content: [Markup] = []
        for set in sets {
            let isForget = set == forgetSet
            content.append(.element("h3", Markup(isForget ? "\(set): what is left, in %" : "\(set): accuracy, in %")))
            content.append(
                table { pair in
                    guard let after = pair.accuracy(set, .meanPolicy) else { return "–" }
                    let text = Markup(NumberText.fixed(100 * after, digits: 2))
                    let fails =
                        isForget
                        ? after > Report.mostLeft
                        : (pair.accuracy(set, .before) ?? after) - after > Report.mostLost
                    return fails ? .element("span", ["class": "fails"], text) : text
                })
        }
        content.append(
            .element(
                "p", ["class": "aside"],
                [
                    Markup(
                        "The mean policy without further evaluations, on \(measuredOn). No held-out network was met in "
                            + "training"
                            + (classes.contains { $0.isUnseen }
                                ? ", nor was, on any network, a class with a star.\(note)" : ".\(note)"))
                ]))
        content.append(failures(pairs, forget: forgetSet))
        return Report.section("Held-out pairs", id: "pairs", content)
    }

    /// The set of what is to change, as the policy calls it.
    private var forgetSet: String { manifest.configuration["policy"]?["forget"]?.string ?? "forget" }

    /// What held-out pairs are measured on, in words.
    private var measuredOn: String {
        manifest.configuration["distribution"]?["test_sets"]?.bool == true
            ? "the task's test sets" : "the very sets that the features are made of, since the task has no test sets"
    }

    private func failures(_ pairs: [PairResult], forget: String) -> Markup {
        var lines: [Markup] = []
        for pair in pairs {
            for set in pair.sets {
                guard let before = set.accuracy[.before], let after = set.accuracy[.meanPolicy] else { continue }
                let isForget = set.set == forget
                guard isForget ? after > Report.mostLeft : before - after > Report.mostLost else { continue }
                var text =
                    "\(pair.network), class \(pair.label): \(set.set) "
                    + MeasureText.change(from: before, to: after, measure: "accuracy")
                if let refined = set.accuracy[.refined] {
                    text += ", refined \(NumberText.fixed(100 * refined, digits: 1)) %"
                }
                lines.append(.element("li", Markup(text)))
            }
        }
        let rule =
            "A pair fails when more than 1 % is left of what it should forget, or more than one point is lost elsewhere: "
        if lines.isEmpty { return .element("p", Markup(rule + "none of \(pairs.count) did.")) }
        let most = 40
        let rest = lines.count > most ? [Markup.element("li", Markup("and \(lines.count - most) more"))] : []
        return .element("p", Markup(rule + "\(lines.count) entries."))
            + .element("ul", children: Array(lines.prefix(most)) + rest)
    }

    // MARK: - What the policy learned

    private func learned(_ transfer: Transfer, _ note: String) -> Markup {
        guard let first = transfer.units.first else { return .empty }
        var content: [Markup] = []
        for side in ["inputs", "outputs"] {
            let units = transfer.units.filter { $0.side == side && $0.layer == first.layer }
            let strengths = Report.correlations(units)
            guard let strongest = strengths.first else { continue }
            content.append(.element("h3", Markup("Factor of the \(side == "inputs" ? "input" : "output") units")))
            content.append(
                Report.table(
                    ["feature", "correlation with the factor"],
                    strengths.prefix(5).map { [Markup($0.name), Markup(NumberText.fixed($0.value, digits: 2))] },
                    textColumns: 1))
            content.append(Report.scatter(units, feature: strongest.name, side: side, note: note))
        }
        if content.isEmpty { return .empty }
        return Report.section("What the policy learned", id: "learned", content)
    }

    /// Pearson correlation of each feature with the first column's factor, each pair's factor brought to deviation 1;
    /// strongest first.
    static func correlations(_ units: [UnitRecord]) -> [NamedNumber] {
        guard let first = units.first else { return [] }
        let factors = standardizedFactors(units)
        return first.features.indices.map { place in
            NamedNumber(
                first.features[place].name, correlation(units.map { $0.features[place].value }, factors))
        }.filter { $0.value.isFinite }.sorted { (-abs($0.value), $0.name) < (-abs($1.value), $1.name) }
    }

    /// The factors of each pair divided by their root mean square: their length means nothing.
    private static func standardizedFactors(_ units: [UnitRecord]) -> [Double] {
        var squares: [String: (sum: Double, count: Double)] = [:]
        for unit in units {
            let factor = unit.factors.first ?? 0
            let key = "\(unit.network) \(unit.label)"
            let old = squares[key] ?? (0, 0)
            squares[key] = (old.sum + factor * factor, old.count + 1)
        }
        return units.map { unit in
            let total = squares["\(unit.network) \(unit.label)"] ?? (0, 1)
            let length = (total.sum / total.count).squareRoot()
            return length > 0 ? (unit.factors.first ?? 0) / length : 0
        }
    }

    private static func correlation(_ x: [Double], _ y: [Double]) -> Double {
        let count = Double(max(x.count, 1))
        let (meanX, meanY) = (x.reduce(0, +) / count, y.reduce(0, +) / count)
        var (xy, xx, yy) = (0.0, 0.0, 0.0)
        for (a, b) in zip(x, y) {
            xy += (a - meanX) * (b - meanY)
            xx += (a - meanX) * (a - meanX)
            yy += (b - meanY) * (b - meanY)
        }
        return xx > 0 && yy > 0 ? xy / (xx * yy).squareRoot() : .nan
    }

    private static func scatter(_ units: [UnitRecord], feature: String, side: String, note: String) -> Markup {
        let factors = standardizedFactors(units)
        let pairs = units.reduce(into: [String]()) { names, unit in
            let name = "\(unit.network), class \(unit.label)"
            if !names.contains(name) { names.append(name) }
        }
        func style(_ unit: UnitRecord) -> String {
            "s\((pairs.firstIndex(of: "\(unit.network), class \(unit.label)") ?? 0) % 7 + 1)"
        }
        let values = units.map { unit in unit.features.first { $0.name == feature }?.value ?? .nan }
        let chart = MarkerChart(
            markers: units.indices.map { .init(name: nil, style: style(units[$0]), x: values[$0], y: factors[$0]) },
            x: ChartScale(values.filter(\.isFinite)), y: ChartScale(factors),
            xTitle: feature, yTitle: "factor", description: "Factor of each unit against \(feature)", height: 300,
            legend: pairs.enumerated().map { .init(name: $0.element, style: "s\($0.offset % 7 + 1)", isFilled: true) })
        return figure(
            chart.markup(),
            caption: [
                Markup(
                    "Each point is one of the \(side == "inputs" ? "input" : "output") units of a held-out pair: what the "
                        + "policy gave it against the feature that goes with it most.\(note)")
            ])
    }

    // MARK: - Which pairs were which

    private func purposes(_ transfer: Transfer, _ note: String) -> Markup {
        func list(_ values: [String]) -> String {
            values.reduce(into: [String]()) { if !$0.contains($1) { $0.append($1) } }.joined(separator: ", ")
        }
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
                Markup(purpose == .heldOut ? "held out" : purpose.rawValue), Markup(list(pairs.map(\.network))),
                Markup(list(pairs.map { $0.isUnseenClass ? "\($0.label) (unseen)" : $0.label })),
                Markup("\(pairs.count)"), Markup(change.joined(separator: "; ")),
            ]
        }
        return Report.section(
            "Which pairs were which", id: "purposes",
            [
                Report.table(
                    ["purpose", "networks", "classes", "pairs", "accuracy"].map { Markup($0) }, rows, textColumns: 5),
                .element(
                    "p", ["class": "aside"],
                    Markup(
                        "Training and validation pairs are measured on the examples that the reward sees, held-out pairs on "
                            + "\(measuredOn).\(note)")),
            ])
    }
}
