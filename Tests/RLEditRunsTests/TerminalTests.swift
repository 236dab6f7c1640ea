import RLEditRuns
import Testing

@Suite("Terminal output")
struct TerminalTests {
    /// A terminal that keeps what is written to it, with a clock that the test moves.
    private final class Screen {
        var written = ""
        var now = 0.0
        var columns = 80

        func reporter(_ style: ProgressReporter.Style, label: String = "unlearn-7") -> ProgressReporter {
            ProgressReporter(
                style: style, label: label, columns: { self.columns }, clock: { self.now },
                output: { self.written += $0 })
        }

        /// What each row shows in the end, obeying carriage returns.
        var rows: [String] {
            written.split(separator: "\n", omittingEmptySubsequences: false).map { line in
                var row: [Character] = []
                var column = 0
                for character in line {
                    if character == "\r" {
                        column = 0
                    } else {
                        if column < row.count { row[column] = character } else { row.append(character) }
                        column += 1
                    }
                }
                var text = String(row)
                while text.hasSuffix(" ") { text.removeLast() }
                return text
            }
        }
    }

    @Test("A terminal shows one line that is redrawn, and is clean at the end")
    func terminal() {
        let screen = Screen()
        let progress = screen.reporter(.terminal)
        progress.update(Progress(evaluations: 0, budget: 8192))
        #expect(screen.rows == ["unlearn-7  0/8,192  0%"])
        screen.now = 0.5
        progress.update(Progress(evaluations: 1024, budget: 8192, bestReward: 1.9512, meanReward: 1.2))
        #expect(screen.rows == ["unlearn-7  1,024/8,192  12%  2,048/s  best 1.951  mean 1.200  ETA 3.5 s"])
        screen.now = 0.55
        progress.update(Progress(evaluations: 1100, budget: 8192, bestReward: 1.96, meanReward: 1.2))
        #expect(screen.rows.last?.contains("1,024") == true)
        progress.note("print from the script")
        #expect(screen.rows.first == "print from the script")
        #expect(screen.rows.last?.contains("1,100") == true)
        progress.finish()
        #expect(screen.rows == ["print from the script", ""])
    }

    @Test("A narrow terminal gets a shortened line, wide characters counted as two")
    func narrow() {
        let screen = Screen()
        screen.columns = 20
        screen.reporter(.terminal, label: "忘れる七").update(Progress(evaluations: 0, budget: 1_000_000))
        #expect(screen.written == "\r忘れる七  0/1,000,…")
    }

    @Test("Without a terminal come plain lines, more and more seldom, and a last one")
    func plain() {
        let screen = Screen()
        let progress = screen.reporter(.plain)
        for second in 0...40 {
            screen.now = Double(second)
            progress.update(Progress(evaluations: 100 * second, budget: 4000, bestReward: 1, meanReward: 0.5))
        }
        progress.finish()
        #expect(!screen.written.contains("\r"))
        #expect(
            screen.written == """
                unlearn-7  200/4,000  5%  100/s  best 1.000  mean 0.500  ETA 38 s
                unlearn-7  600/4,000  15%  100/s  best 1.000  mean 0.500  ETA 34 s
                unlearn-7  1,400/4,000  35%  100/s  best 1.000  mean 0.500  ETA 26 s
                unlearn-7  3,000/4,000  75%  100/s  best 1.000  mean 0.500  ETA 10 s
                unlearn-7  4,000/4,000  100%  100/s  best 1.000  mean 0.500  in 40 s

                """)
    }

    @Test("A last line that was written already is not written again")
    func lastLineOnce() {
        let screen = Screen()
        let progress = screen.reporter(.plain)
        for second in [0, 3] {
            screen.now = Double(second)
            progress.update(Progress(evaluations: 100 * second, budget: 300))
        }
        progress.finish()
        #expect(screen.written == "unlearn-7  300/300  100%  100/s  in 3.0 s\n")
    }

    @Test("A run whose last step goes past its budget ends at what it has spent")
    func pastBudget() {
        let screen = Screen()
        let progress = screen.reporter(.plain)
        progress.update(Progress(evaluations: 256, budget: 200))
        progress.finish()
        #expect(screen.written == "unlearn-7  256/256  100%  in 0.0 s\n")
    }

    @Test("Quiet writes nothing but notes")
    func quiet() {
        let screen = Screen()
        let progress = screen.reporter(.quiet)
        progress.update(Progress(evaluations: 5, budget: 10))
        progress.note("warning")
        progress.finish()
        #expect(screen.written == "warning\n")
    }

    @Test("The table of one seed shows before, mean policy and best seen")
    func table() {
        #expect(
            ResultTable.text(SampleRun.summary()) == """
                held-out set  measure    before  mean policy  best seen
                ────────────  ────────  ───────  ───────────  ─────────
                forget        accuracy  98.00 %       0.00 %     0.00 %
                              loss        0.060        9.100      8.700
                retain        accuracy  98.00 %      97.00 %    97.00 %
                              loss        0.070        0.110      0.120
                """)
    }

    @Test("Over seeds the table shows mean and standard deviation; a missing mean policy has no column")
    func spread() {
        #expect(
            ResultTable.text(SampleRun.summary(seeds: [0, 2])).split(separator: "\n")[2]
                == "forget        accuracy  98.00 ± 0.00 %   0.10 ± 0.10 %   0.00 ± 0.00 %")
        #expect(!ResultTable.text(SampleRun.summary(hasMeanPolicy: false)).contains("mean policy"))
        var empty = SampleRun.summary()
        empty.seeds[0].heldOut = []
        #expect(ResultTable.text(empty) == "")
    }

    @Test("A few models to compare with are columns, with their costs below; many are rows of a table turned round")
    func compared() {
        #expect(
            ResultTable.text(SampleRun.comparison(models: 1)) == """
                held-out set  measure    before  mean policy  best seen  method 1
                ────────────  ────────  ───────  ───────────  ─────────  ────────
                forget        accuracy  98.00 %       0.00 %     0.00 %    0.00 %
                              loss        0.060        9.100      8.700     8.000
                retain        accuracy  98.00 %      97.00 %    97.00 %   91.00 %
                              loss        0.070        0.110      0.120     0.250
                cost          kFE             –            –          –      10.0
                              seconds         –            –          –       0.5
                """)
        let lines = ResultTable.text(SampleRun.comparison(models: 4)).split(separator: "\n")
        #expect(lines[0] == "model        forget accuracy  forget loss  retain accuracy  retain loss   kFE  seconds")
        #expect(lines[5] == "method 1              0.00 %        8.000          91.00 %        0.250  10.0      0.5")
        #expect(lines[8] == "method 4              0.00 %        8.000          94.00 %        0.250     –        –")
        #expect(lines.count == 9)
    }

    @Test("Wide characters and control characters do not break the table")
    func widths() {
        var summary = SampleRun.summary()
        summary.seeds[0].heldOut[0].set = "忘れる"
        summary.seeds[0].heldOut[1].set = "e\u{301}t\u{1b}[31m"
        let lines = ResultTable.text(summary).split(separator: "\n")
        #expect(lines[2].hasPrefix("忘れる        accuracy"))
        #expect(lines[4].hasPrefix("e\u{301}t\u{FFFD}[31m       accuracy"))
    }
}
