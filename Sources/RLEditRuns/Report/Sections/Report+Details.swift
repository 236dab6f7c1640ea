internal import RLEditCore

extension Report {
    /// What became of each edited layer.
    var edits: Markup {
        guard let seed = seeds.first(where: { !$0.edits.isEmpty }) else { return .empty }
        let content = seed.edits.map { map -> Markup in
            let heat = HeatMap(map: map)
            let share = NumberText.significant(100 * map.relativeNorm, digits: 3)
            let isJoined = map.cellRows > 1 || map.cellColumns > 1
            let caption: Markup = """
                Change of the parameters. Largest change \(NumberText.significant(map.largest)), \(term: "norm", .norm) \
                \(NumberText.significant(map.norm))\(map.relativeNorm.isFinite ? " (\(share) % of the layer's)" : ""). \
                Colours are full at ±\(NumberText.significant(heat.limit, digits: 2)). \
                \(isJoined ? "Each cell is the mean of up to \(map.cellRows) × \(map.cellColumns) parameters. " : "")\
                Rows follow the parameter's first axis: the outputs of a linear or convolutional layer. \
                Shown is the edit of the \(resultStage.title)\(seeds.count > 1 ? " of seed \(seed.seed)" : "").
                """
            return .tag("h3", .tag("code", Markup(map.parameter)), "  \(map.rows) × \(map.columns)")
                + .figure(heat.markup, caption)
        }
        return .section("The edit", id: "edit", content)
    }

    /// Evaluations and seconds.
    var cost: Markup {
        var rows = summary.seeds.map { seed -> [Markup] in
            let rate = seed.seconds > 0 ? Double(seed.evaluations) / seed.seconds : .nan
            return [
                "seed \(seed.seed)", "\(NumberText.grouped(seed.evaluations))",
                "\(seed.evaluationsToTarget.map(NumberText.grouped) ?? "–")",
                "\(seed.bestReward.map { NumberText.fixed($0, digits: 4) } ?? "–")",
                "\(NumberText.duration(seed.seconds))",
                "\(rate.isFinite && rate < 1e12 ? NumberText.grouped(Int(rate.rounded())) : "–")",
            ]
        }
        if isSpread {
            let rewards = Spread(summary.seeds.compactMap(\.bestReward))
            let texts = [rewards.mean, rewards.standardDeviation].map { NumberText.fixed($0, digits: 4) }
            rows.append(
                [
                    "all", NumberText.grouped(summary.seeds.map(\.evaluations).reduce(0, +)), "",
                    rewards.mean.isFinite ? texts.joined(separator: " ± ") : "–", NumberText.duration(summary.seconds),
                    "",
                ].map { .tag("b", Markup($0)) })
        }
        let titles: [Markup] = [
            "", "\(term: "evaluations", .evaluation)", "\(term: "to target", .target)", "best reward", "time",
            "evaluations/s",
        ]
        return .section("Cost", id: "cost", .table(titles, rows))
    }

    /// What it takes to get the same run again.
    var provenance: Markup {
        var entries: [(name: Markup, value: String)] = [
            ("run folder", summary.run), ("script", manifest.script.source), ("script SHA-256", manifest.script.hash),
        ]
        entries += manifest.modules.map { ("module", "\($0.source)  \($0.hash)") }
        entries += manifest.data.map { source in
            let parts = [source.kind == .data ? source.plainName : "", source.file ?? "", source.hash]
            return (Markup(source.kind.rawValue), parts.filter { !$0.isEmpty }.joined(separator: "  "))
        }
        entries += manifest.sets.map { set in
            let source = set.source.map { "  \($0 == "script" ? "made by the script" : "from \($0)")" } ?? ""
            let examples = "\(NumberText.grouped(set.examples)) examples"
            return (
                "\(set.heldOut ? "held-out set" : "set") \(set.name)", "\(examples)\(source)  \(set.hash.prefix(16))"
            )
        }
        entries += manifest.versions.members.map { (Markup($0.key), Report.plain($0.value)) }
        entries.append(("\(term: "numeric kernels", .kernels)", manifest.numericKernels))
        entries.append(("sandbox", manifest.walls.joined(separator: ", ")))
        let list = entries.filter { !$0.value.isEmpty }.map { ("", $0.name, Markup.tag("code", Markup($0.value))) }
        let last = manifest.seed == nil ? summary.seeds.last?.seed : nil
        let settings = Report.flattened(manifest.configuration).map {
            [$0.0, $0.1].map { Markup.tag("code", Markup($0)) }
        }
        return .section(
            "How to get it again", id: "provenance", .command(manifest.command), .list(list),
            last.map { .note("Sets and configuration are those of seed \($0).") } ?? .empty,
            settings.isEmpty ? .empty : .tag("h3", .tag("code", "Configuration")),
            .table(["setting", "value"], settings, text: 2))
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
