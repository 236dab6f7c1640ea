import RLEditCore
import RLEditRuns
import Testing

/// What the report of a comparison draws, and what it says of it.
@Suite struct ComparisonReportTests {
    private static func html(_ comparison: Comparison) throws -> String {
        let temporary = try TemporaryFolder()
        let folder = try ComparisonFolder("\(temporary.path)/c")
        try folder.write(comparison)
        return temporary.text("c/report.html")
    }

    private static func method(
        _ name: String, _ kind: ComparisonCell.Kind = .learner, seeds: [Int] = [0, 1], models: [String?] = [nil, nil],
        retain: Double = 0.95
    ) -> Comparison.Method {
        let cells = seeds.map { seed in
            var cell = ComparisonTests.cell(name, kind, seed: seed, retain: retain)
            cell.result.model = models[seed]
            return cell
        }
        return .init(name: name, kind: kind, cells: cells)
    }

    private static func comparison(_ methods: [Comparison.Method]) -> Comparison {
        Comparison(
            task: "unlearn", run: "runs/c", world: "MaskWorld", seconds: 9, data: .init(name: "mnist", hash: "abc"),
            methods: methods, reference: methods[0].name)
    }

    @Test("the caption mentions the ring where the retrained network is drawn")
    func ring() throws {
        let without = try Self.html(Self.comparison([Self.method("PPO"), Self.method("scrub", .baseline)]))
        #expect(without.contains("hidden rather than removed.") && !without.contains("The ring is"))
        let with = try Self.html(Self.comparison([Self.method("PPO"), Self.method("retrain", .baseline)]))
        #expect(with.contains("The ring is the retrained network."))
    }

    @Test("keys name the kinds of marks that are drawn, and no other")
    func legends() throws {
        func names(_ methods: [Comparison.Method]) throws -> [String] {
            let part = try Self.html(Self.comparison(methods)).split(separator: "id=\"trade-off\"")[1]
            let key = part.prefix { _ in true }.split(separator: "</div>")[0]
            return key.matches(of: /<\/svg>([^<]+)<\/span>/).map { String($0.1) }
        }
        #expect(try names([Self.method("PPO")]) == ["unedited", "learner", "its best seen"])
        #expect(try names([Self.method("scrub", .baseline)]) == ["unedited", "baseline"])
    }

    @Test("a note tells of seeds and their models as they are, and of nothing for one seed")
    func notes() throws {
        func note(_ models: [String?], seeds: [Int] = [0, 1]) throws -> String {
            try Self.html(Self.comparison([Self.method("PPO", seeds: seeds, models: models)]))
        }
        #expect(try note(["a", "a"]).contains("over 2 seeds, all of which edit the same model. "))
        #expect(try note(["a", "b"]).contains("over 2 seeds, each with a model of its own. "))
        #expect(try note([nil, nil]).contains("over 2 seeds. "))
        let one = try note(["a", nil], seeds: [0])
        for word in ["over 1 seed", "mean over seeds", "Means over", "median over", "±"] {
            #expect(!one.contains(word), "\(word)")
        }
    }

    @Test("labels stay within the plot, long names and crowds included")
    func labels() throws {
        let names = ["SeparableCMAES@100000", String(repeating: "long_", count: 40)] + (1...30).map { "method_\($0)" }
        let html = try Self.html(
            Self.comparison(names.enumerated().map { Self.method($1, retain: 0.5 + 0.01 * Double($0)) }))
        var found = 0
        for label in html.matches(of: /<text class="small" x="([-0-9.]+)" y="([-0-9.]+)"[^>]*>([^<]*)</) {
            let (left, y) = (try #require(Double(label.1)), try #require(Double(label.2)))
            found += 1
            #expect(left >= 64 && left + 6.5 * Double(label.3.count) <= 705 && y > 0 && y < 520, "\(label.0)")
        }
        #expect(found > 60)
    }

    @Test("the wide table may leave the width of the text")
    func wideTable() throws {
        #expect(try Self.html(ComparisonTests.comparison).contains("class=\"scroll wide\"><table>"))
    }

    @Test("the forgotten class has a row for each method's result, and the unedited network one")
    func answers() throws {
        var cells = [
            ComparisonTests.cell("PPO", seed: 0, retain: 0.9),
            ComparisonTests.cell("scrub", .baseline, seed: 0, retain: 0.9),
        ]
        let stages: [[Stage]] = [[.before, .meanPolicy, .bestSeen], [.before, Stage("scrub")]]
        for index in cells.indices {
            cells[index].result.answers = [
                GroupResult(
                    set: "forget", group: "7", examples: 9,
                    stages: StageValues(stages[index].map { ($0, [NamedNumber("7", 0.25), NamedNumber("1", 0.75)]) }))
            ]
            // A cell comes back with all of it.
            #expect(ComparisonCell(json: try JSONValue(parsing: cells[index].json.text)) == cells[index])
        }
        let html = try Self.html(
            Self.comparison([
                .init(name: "PPO", kind: .learner, cells: [cells[0]]),
                .init(name: "scrub", kind: .baseline, cells: [cells[1]]),
            ]))
        let part = html.split(separator: "id=\"answers\"")[1].split(separator: "</section>")[0]
        let rows = part.split(separator: "<tr>").dropFirst(2).map { row in
            row.replacing(/<[^>]*>/, with: " ").split(separator: " ").joined(separator: " ")
        }
        #expect(
            rows == [
                "before 75.0 25.0", "PPO, mean policy 75.0 25.0", "PPO, best seen 75.0 25.0",
                "scrub 75.0 25.0 Of the 9 examples of class 7 that make up the held-out set forget, the share in % that is "
                    + "called each class.",
            ])
    }

    @Test("the command that makes the comparison again is in the report and the JSON")
    func command() throws {
        var comparison = ComparisonTests.comparison
        #expect(try !Self.html(comparison).contains("<pre"))
        comparison.command = "rledit-lua compare 'my task.lua' --methods all"
        #expect(try Self.html(comparison).contains("<code>rledit-lua compare 'my task.lua' --methods all</code>"))
        #expect(comparison.json["command"]?.string == comparison.command)
    }
}
