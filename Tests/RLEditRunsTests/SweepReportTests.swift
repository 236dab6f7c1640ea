import RLEditCore
import RLEditRuns
import Testing

/// What the report of a sweep draws, and what it says of it.
@Suite struct SweepReportTests {
    /// A sweep whose trials measure what `figure` says, with `seeds` seeds each.
    private static func sweep(
        _ grids: [String], seeds: Int = 2, hasMeanPolicy: (SweepTrial) -> Bool = { _ in true },
        task: (SweepTrial) -> String = { _ in "unlearn" }
    ) throws -> Sweep {
        let plan = try SweepPlan(grids: grids.map { try SettingGrid($0) })
        let results = plan.trials.map { trial in
            var summary = SampleRun.summary(seeds: Array(0..<seeds), hasMeanPolicy: hasMeanPolicy(trial))
            summary.task = task(trial)
            return Sweep.Result(trial: trial, folder: "trials/\(trial.number)", summary: summary)
        }
        var sweep = Sweep(folder: "runs/s", plan: plan, results: results, failures: [], seconds: 1)
        sweep.script = "unlearn_digit"
        return sweep
    }

    private static func html(_ sweep: Sweep) throws -> String {
        let temporary = try TemporaryFolder()
        var sweep = sweep
        sweep.folder = temporary.path
        try sweep.write()
        return temporary.text("report.html")
    }

    @Test("a sweep is called as its trials' task is, or as its script where they differ or there is none")
    func title() throws {
        let same = try Self.sweep(["rank=1,2"])
        #expect(try Self.html(same).contains("<h1>unlearn</h1>"))
        var different = try Self.sweep(["digit=3,7"], task: { "unlearn-\($0.settings[0].value)" })
        #expect(try Self.html(different).contains("<h1>unlearn_digit</h1>"))
        #expect(different.json["task"]?.string == "unlearn_digit")
        different.results = []
        #expect(try Self.html(different).contains("<title>unlearn_digit – rledit sweep</title>"))
    }

    /// Where marks of a class are centred across, in the first chart of a setting.
    private static func places(_ html: String, setting: String, style: String) throws -> [String] {
        let part = html.split(separator: "id=\"setting-\(setting)\"")[1].split(separator: "</figure>")[0]
        return part.matches(of: /class="(?:dot|ring) (s\d)" (?:cx="([\d.]+)"|d="M([\d.]+) )/).filter { $0.1 == style }
            .map { String($0.2 ?? $0.3 ?? "") }
    }

    @Test("series lie beside one another, with marks of their own and a key")
    func series() throws {
        let html = try Self.html(try Self.sweep(["rank=1,2", "world=mask,shift,both"]))
        var all: [String] = []
        for style in ["s1", "s2", "s3"] {
            let places = try Self.places(html, setting: "rank", style: style)
            // The entry of the key, then for two values of rank two dots and their mean, all of the same height.
            #expect(places.count == 7, "\(style)")
            all += places.dropFirst()
        }
        #expect(Set(all).count == 18)
        for name in ["world mask", "world shift", "world both"] { #expect(html.contains("</svg>\(name)</span>")) }
        // Circles, squares and triangles are told apart without colours.
        #expect(html.contains("<path class=\"ring s2\"") && html.contains("<path class=\"ring s3\""))
    }

    @Test("a note says whose edit is measured")
    func notes() throws {
        let policy = try Self.sweep(["rank=1,2"])
        #expect(policy.text.contains("Held-out figures are those of the mean policy."))
        let both = try Self.sweep(["rank=1,2"], hasMeanPolicy: { $0.number == 1 })
        #expect(
            try Self.html(both).contains(
                "Held-out figures are those of the mean policy, or of the best seen where the learner has no policy."))
        #expect(policy.text.contains("Evaluations to target are means over the seeds that reached it."))
    }

    @Test("bars of deviations stay within the plot")
    func deviations() throws {
        var sweep = try Self.sweep(["rank=1,2"])
        for index in sweep.results.indices {
            var summary = sweep.results[index].summary
            for seed in summary.seeds.indices {
                summary.seeds[seed].heldOut[0][.meanPolicy] = [.init("accuracy", Double(seed))]
            }
            sweep.results[index] = .init(trial: sweep.results[index].trial, folder: "t", summary: summary)
        }
        for line in try Self.html(sweep).matches(of: /class="line thin s1"[^>]*y1="([-\d.]+)" y2="([-\d.]+)"/) {
            let ends = try [line.1, line.2].map { try #require(Double($0)) }
            #expect(ends.allSatisfy { $0 >= 12 && $0 <= 232 }, "\(line.0)")
        }
    }
}
