internal import RLEditCore

extension Report {
    /// What became of each edited layer.
    var edits: Markup {
        guard let seed = seeds.first(where: { !$0.edits.isEmpty }) else { return .empty }
        var content: [Markup] = []
        for map in seed.edits {
            var caption: [Markup] = [
                Markup("Change of the parameters. Largest change \(NumberText.significant(map.largest)), "),
                Report.term("norm", .norm), Markup(" \(NumberText.significant(map.norm))"),
            ]
            if map.relativeNorm.isFinite {
                caption.append(
                    Markup(" (\(NumberText.significant(100 * map.relativeNorm, digits: 3)) % of the layer's)"))
            }
            caption.append(".")
            caption.append(
                Markup(" Colours are full at ±\(NumberText.significant(HeatMap(map: map).limit, digits: 2))."))
            if map.cellRows > 1 || map.cellColumns > 1 {
                caption.append(
                    Markup(" Each cell is the mean of up to \(map.cellRows) × \(map.cellColumns) parameters."))
            }
            caption.append(" Rows follow the parameter's first axis: the outputs of a linear or convolutional layer.")
            caption.append(
                Markup(
                    " Shown is the edit of the \(resultStage.title)\(seeds.count > 1 ? " of seed \(seed.seed)" : "")."))
            let title: [Markup] = [
                .element("code", Markup(map.parameter)), Markup("  \(map.rows) × \(map.columns)"),
            ]
            content.append(.element("h3", children: title))
            content.append(Report.figure(HeatMap(map: map).markup(), caption: caption))
        }
        return Report.section("The edit", id: "edit", content)
    }

    /// Evaluations and seconds.
    var cost: Markup {
        if summary.seeds.isEmpty { return .empty }
        var rows = summary.seeds.map { seed -> [Markup] in
            let rate = seed.seconds > 0 ? Double(seed.evaluations) / seed.seconds : .nan
            return [
                Markup("seed \(seed.seed)"), Markup(NumberText.grouped(seed.evaluations)),
                Markup(seed.evaluationsToTarget.map(NumberText.grouped) ?? "–"),
                Markup(seed.bestReward.map { NumberText.fixed($0, digits: 4) } ?? "–"),
                Markup(NumberText.duration(seed.seconds)),
                Markup(rate.isFinite && rate < 1e12 ? NumberText.grouped(Int(rate.rounded())) : "–"),
            ]
        }
        if summary.seeds.count > 1 {
            let rewards = Spread(summary.seeds.compactMap(\.bestReward))
            rows.append(
                [
                    "all", NumberText.grouped(summary.seeds.map(\.evaluations).reduce(0, +)), "",
                    rewards.mean.isFinite
                        ? "\(NumberText.fixed(rewards.mean, digits: 4)) ± \(NumberText.fixed(rewards.standardDeviation, digits: 4))"
                        : "–", NumberText.duration(summary.seconds), "",
                ].map { .element("b", Markup($0)) })
        }
        let titles: [Markup] = [
            "", Report.term("evaluations", .evaluation), Report.term("to target", .target), "best reward", "time",
            "evaluations/s",
        ]
        return Report.section("Cost", id: "cost", [Report.table(titles, rows, textColumns: 1)])
    }

    /// What it takes to get the same run again.
    var provenance: Markup {
        var entries: [(Markup, Markup)] = []
        func add(_ name: Markup, _ value: String) {
            if !value.isEmpty { entries.append((name, .element("code", Markup(value)))) }
        }
        add("run folder", summary.run)
        add("script", manifest.script.source)
        add("script SHA-256", manifest.script.hash)
        for module in manifest.modules { add("module", "\(module.source)  \(module.hash)") }
        for source in manifest.data {
            let name = source.kind == .data ? source.plainName : ""
            add(
                Markup(source.kind.rawValue),
                [name, source.file ?? "", source.hash].filter { !$0.isEmpty }.joined(separator: "  "))
        }
        for set in manifest.sets {
            let name = set.heldOut ? "held-out set \(set.name)" : "set \(set.name)"
            let source = set.source.map { "  \($0 == "script" ? "made by the script" : "from \($0)")" } ?? ""
            add(Markup(name), "\(NumberText.grouped(set.examples)) examples\(source)  \(set.hash.prefix(16))")
        }
        for member in manifest.versions.members { add(Markup(member.key), Report.plain(member.value)) }
        add(Report.term("numeric kernels", .kernels), manifest.numericKernels)
        add("sandbox", manifest.walls.joined(separator: ", "))
        var content: [Markup] = [Report.command(manifest.command), Report.list(entries)]
        if manifest.seed == nil, let last = summary.seeds.last?.seed {
            content.append(
                .element("p", ["class": "aside"], Markup("Sets and configuration are those of seed \(last).")))
        }
        let settings = Report.flattened(manifest.configuration)
        if !settings.isEmpty {
            content.append(.element("h3", .element("code", "Configuration")))
            content.append(
                Report.table(
                    ["setting", "value"],
                    settings.map { [.element("code", Markup($0.0)), .element("code", Markup($0.1))] }, textColumns: 2))
        }
        return Report.section("How to get it again", id: "provenance", content)
    }

    var glossary: Markup {
        .element(
            "section", ["id": "glossary"],
            [
                .element("h2", "Glossary"),
                .element(
                    "dl",
                    children: Glossary.Key.allCases.map { key in
                        .element(
                            "div", ["id": "glossary-\(key.rawValue)"],
                            [
                                .element("dt", Markup(Glossary.title(key))), .element("dd", Markup(Glossary.text(key))),
                            ])
                    }),
            ])
    }

    private static func list(_ entries: [(Markup, Markup)]) -> Markup {
        .element(
            "dl",
            children: entries.map { name, value in
                .element("div", children: [.element("dt", name), .element("dd", value)])
            })
    }

    private static func plain(_ value: JSONValue) -> String { value.string ?? value.text }

    /// Settings with dotted names, in their order.
    private static func flattened(_ object: JSONObject, prefix: String = "") -> [(String, String)] {
        object.members.flatMap { member in
            let name = prefix + member.key
            if case .object(let inner) = member.value { return flattened(inner, prefix: name + ".") }
            return [(name, plain(member.value))]
        }
    }
}
