internal import RLEditCore

extension Report {
    /// What became of each edited layer.
    var edits: Markup {
        guard let (edits, seed, _) = shown({ $0.edits.isEmpty ? nil : $0.edits }) else { return .empty }
        let content = edits.map { map -> Markup in
            let share = NumberText.significant(100 * map.relativeNorm, digits: 3)
            let isJoined = map.cellRows > 1 || map.cellColumns > 1
            let caption: Markup = """
                Change of the parameters. Largest change \(NumberText.significant(map.largest)), \(term: "norm") \
                \(NumberText.significant(map.norm))\(map.relativeNorm.isFinite ? " (\(share) % of the layer's)" : ""). \
                Colours are full at ±\(NumberText.significant(map.colourLimit, digits: 2)). \
                \(isJoined ? "Each cell is the mean of up to \(map.cellRows) × \(map.cellColumns) parameters. " : "")\
                Rows follow the parameter's first axis: the outputs of a linear or convolutional layer. \
                Shown is the edit of the \(resultStage.title)\(seeds.count > 1 ? " of seed \(seed)" : "").
                """
            return [
                .heading(code: map.parameter, "  \(map.rows) × \(map.columns)"),
                .figure(Report.picture(of: map), caption),
            ]
        }
        return .section("The edit", id: "edit", Markup(content))
    }

    /// What each seed took, and what it reached.
    var cost: Markup {
        let measures = isSpread ? headlines : []
        let titles = measures.map { "\($0.set) \(MeasureText.title($0.measure))" }
        let rows = summary.seeds.map { seed in
            let results = measures.map { row -> String in
                let numbers = seed.heldOut.first { $0.set == row.set }?[resultStage]
                return numbers?[row.measure].map { MeasureText.of($0, measure: row.measure) } ?? "–"
            }
            let cost = [
                NumberText.grouped(seed.evaluations), seed.evaluationsToTarget.map(NumberText.grouped) ?? "–",
                seed.bestReward.map { NumberText.fixed($0, digits: 4) } ?? "–", NumberText.duration(seed.seconds),
                Comparison.whole(seeds.first { $0.seed == seed.seed }?.rate ?? .nan),
            ]
            return ["seed \(seed.seed)"] + results + cost
        }
        let costs = ["evaluations", "to target", "best reward", "time", "evaluations/s"]
        return .section(
            isSpread ? "Results and cost by seed" : "Cost", id: "cost", .table(TextTable([""] + titles + costs, rows)))
    }

    /// What it takes to get the same run again.
    var provenance: Markup {
        let script = manifest.script
        let files = manifest.data.map { source in
            let parts = [source.kind == .data ? source.plainName : "", source.file ?? "", source.hash]
            return (source.kind.rawValue, parts.filter { !$0.isEmpty }.joined(separator: "  "))
        }
        let sets = manifest.sets.map { set in
            let source = set.source.map { "  \($0 == "script" ? "made by the script" : "from \($0)")" } ?? ""
            let text = "\(NumberText.grouped(set.examples)) examples\(source)  \(set.hash.prefix(16))"
            return ("\(set.heldOut ? "held-out set" : "set") \(set.name)", text)
        }
        let entries =
            [("run folder", summary.run), ("script", script.source), ("script SHA-256", script.hash)]
            + manifest.modules.map { ("module", "\($0.source)  \($0.hash)") } + files + sets
            + manifest.versions.members.map { ($0.key, Report.plain($0.value)) }
            + [("numeric kernels", manifest.numericKernels), ("sandbox", manifest.walls.joined(separator: ", "))]
        let list = entries.filter { !$0.1.isEmpty }.map { ("", Markup.term($0.0), Markup.tag("code", Markup($0.1))) }
        let last = manifest.seed == nil ? summary.seeds.last?.seed : nil
        let settings = Report.flattened(manifest.configuration).map { $0.map { Markup.tag("code", Markup($0)) } }
        return .again(
            manifest.command,
            [
                .list(list), last.map { .note("Sets and configuration are those of seed \($0).") } ?? .empty,
                settings.isEmpty ? .empty : .heading(code: "Configuration"),
                .table(["setting", "value"], settings, text: 2),
            ])
    }

    private static func plain(_ value: JSONValue) -> String { value.string ?? value.text }

    /// Settings with dotted names and their values, in their order.
    private static func flattened(_ object: JSONObject, prefix: String = "") -> [[String]] {
        object.members.flatMap { member in
            let name = prefix + member.key
            return member.value.object.map { flattened($0, prefix: "\(name).") } ?? [[name, plain(member.value)]]
        }
    }
}
