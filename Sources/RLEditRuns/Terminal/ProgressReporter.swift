internal import Foundation

/// The progress of a run.
public struct Progress: Sendable, Equatable {
    /// Candidates evaluated.
    public var evaluations: Int
    /// Candidates the run may evaluate.
    public var budget: Int
    public var bestReward: Double?
    /// Mean reward of the latest update.
    public var meanReward: Double?

    public init(evaluations: Int, budget: Int, bestReward: Double? = nil, meanReward: Double? = nil) {
        self.evaluations = evaluations
        self.budget = budget
        self.bestReward = bestReward
        self.meanReward = meanReward
    }
}

/// Tells a person how far a run is: one line that is redrawn on a terminal, a line now and then elsewhere.
///
/// Used from the thread that runs the loop only.
public final class ProgressReporter {
    public enum Style: Equatable {
        /// One line, redrawn in place, not wider than `columns()`.
        case terminal
        /// A new line at most every `plainInterval` seconds, for log files and pipes.
        case plain
        case quiet
    }

    public let style: Style
    private let label: String
    private let columns: () -> Int
    private let clock: () -> Double
    private let output: (String) -> Void
    private var start: Double?
    private var firstEvaluations = 0
    private var lastShown = -Double.infinity
    private var plainInterval = 2.0
    private var shownWidth = 0
    private var latest: Progress?
    /// What the last plain line showed.
    private var shown: Progress?

    /// Seconds between two drawings on a terminal: often enough to look alive, seldom enough to cost nothing.
    private static let terminalInterval = 0.1
    /// Plain lines come after 2, 4, 8, … seconds, then every minute.
    private static let longestPlainInterval = 60.0

    /// - Parameters:
    ///   - label: what is under way, for example the task's name and the seed.
    ///   - columns: width of the terminal, asked for each drawing since windows are resized.
    ///   - clock: seconds from any start, never going back.
    ///   - output: takes text to be written unchanged.
    public init(
        style: Style, label: String, columns: @escaping () -> Int = { 80 }, clock: @escaping () -> Double,
        output: @escaping (String) -> Void
    ) {
        self.style = style
        self.label = DisplayWidth.printable(label)
        self.columns = columns
        self.clock = clock
        self.output = output
    }

    /// On standard error, in the style that fits it.
    public static func standardError(label: String, quiet: Bool = false) -> ProgressReporter {
        let terminal = isatty(STDERR_FILENO) == 1 && ProcessInfo.processInfo.environment["TERM"] != "dumb"
        return ProgressReporter(
            style: quiet ? .quiet : terminal ? .terminal : .plain, label: label, columns: terminalColumns,
            clock: monotonicSeconds,
            output: { text in
                // A closed standard error is no reason to end a run.
                _ = Array(text.utf8).withUnsafeBytes { write(STDERR_FILENO, $0.baseAddress, $0.count) }
            })
    }

    /// Tell the progress of the run. This reporter chooses what to draw, and when.
    public func update(_ progress: Progress) {
        latest = progress
        let now = clock()
        if start == nil {
            start = now
            // A resumed run begins within its budget; its rate counts from there.
            firstEvaluations = progress.evaluations
            if style == .plain { lastShown = now }
        }
        switch style {
        case .quiet: break
        case .terminal:
            if now - lastShown >= ProgressReporter.terminalInterval { draw(progress, now) }
        case .plain:
            guard now - lastShown >= plainInterval else { break }
            plainInterval = min(plainInterval * 2, ProgressReporter.longestPlainInterval)
            lastShown = now
            shown = progress
            output(line(progress, now) + "\n")
        }
    }

    /// Write whole lines without breaking the progress line; also when quiet.
    public func note(_ text: String) {
        clear()
        output(text + "\n")
        if style == .terminal, let latest { draw(latest, clock()) }
    }

    /// Remove the progress line; without a terminal, leave a last one. Further updates are possible.
    public func finish() {
        clear()
        if style == .plain, let latest, latest != shown { output(line(latest, clock()) + "\n") }
        latest = nil
    }

    private func draw(_ progress: Progress, _ now: Double) {
        lastShown = now
        // One column stays free: some terminals wrap when the last one is written.
        let text = DisplayWidth.truncated(line(progress, now), to: max(10, columns() - 1))
        let width = DisplayWidth.of(text)
        output("\r" + text + String(repeating: " ", count: max(0, min(shownWidth, columns() - 1) - width)))
        shownWidth = width
    }

    private func clear() {
        guard style == .terminal, shownWidth > 0 else { return }
        output("\r" + String(repeating: " ", count: max(0, min(shownWidth, columns() - 1))) + "\r")
        shownWidth = 0
    }

    private func line(_ progress: Progress, _ now: Double) -> String {
        let elapsed = now - (start ?? now)
        let rate = elapsed > 0 ? Double(progress.evaluations - firstEvaluations) / elapsed : 0
        // The last step of several environments may take a run past its budget: what it spends is the whole then.
        let budget = max(progress.budget, progress.evaluations, 1)
        var parts = [
            "\(label)  \(NumberText.grouped(progress.evaluations))/\(NumberText.grouped(budget))",
            "\(Int(100 * Double(progress.evaluations) / Double(budget)))%",
        ]
        if rate > 0 { parts.append("\(NumberText.grouped(Int(rate.rounded())))/s") }
        if let best = progress.bestReward { parts.append("best \(NumberText.fixed(best, digits: 3))") }
        if let mean = progress.meanReward { parts.append("mean \(NumberText.fixed(mean, digits: 3))") }
        let left = progress.budget - progress.evaluations
        if left <= 0 {
            parts.append("in \(NumberText.duration(elapsed))")
        } else if rate > 0 {
            parts.append("ETA \(NumberText.duration(Double(left) / rate))")
        }
        return parts.joined(separator: "  ")
    }
}

/// Width of the terminal of standard error; 80 when it does not say.
private func terminalColumns() -> Int {
    var size = winsize()
    guard ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 80 }
    return Int(size.ws_col)
}

/// Seconds since the machine started: never set back.
func monotonicSeconds() -> Double {
    var moment = timespec()
    clock_gettime(CLOCK_MONOTONIC, &moment)
    return Double(moment.tv_sec) + Double(moment.tv_nsec) * 1e-9
}
