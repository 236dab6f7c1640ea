import ArgumentParser
import Foundation
import RLEditLua

/// What a command that runs tasks shows, and how it ends.
struct OutputOptions: ParsableArguments {
    @Flag(help: "No progress, no table.")
    var quiet = false

    @Flag(help: "End standard output with one line of JSON; everything else goes to standard error.")
    var json = false

    @Flag(help: "Count warnings as errors.")
    var strict = false

    func apply(to options: inout RunOptions) {
        options.isQuiet = quiet
        options.json = json
        options.isStrict = strict
    }

    /// Standard output is kept for the JSON line; all else goes to standard error then.
    private func write(_ bytes: UnsafeRawBufferPointer) {
        if json { _ = Terminal.write(bytes, to: STDERR_FILENO) } else { StandardOutput.write(bytes) }
    }

    /// What the script prints.
    func print(_ bytes: UnsafeRawBufferPointer) { write(bytes) }

    /// The results: a table for people unless `--quiet`, then one line for programs if `--json`.
    func show(table: @autoclosure () -> String, json line: @autoclosure () -> String) {
        if !quiet { if json { Terminal.show(table()) } else { StandardOutput.show(table()) } }
        if json { StandardOutput.write(line() + "\n") }
    }

    /// - Throws: `ValidationError` for bounds that make no sense; shared by the commands that have these options.
    static func validate(seed: Int? = nil, seeds: Int? = nil, out: String? = nil, maxTime: Double? = nil) throws {
        if let seed, seed < 0 { throw ValidationError("--seed must be 0 or more, got \(seed).") }
        if let out, out.isEmpty { throw ValidationError("--out is empty: name a folder, or leave it out.") }
        if let seeds, seeds < 1 || seeds > 10_000 {
            throw ValidationError("--seeds must be from 1 to 10000, got \(seeds).")
        }
        if let maxTime, !(maxTime > 0) { throw ValidationError("--max-time must be above 0 seconds, got \(maxTime).") }
    }
}

extension RunEnd {
    /// Ends the program with the code that goes with it.
    /// - Parameter isFaulty: whether a part failed while the rest went on.
    /// - Throws: `ExitCode`, unless all went well.
    func exit(isFaulty: Bool = false) throws {
        switch self {
        case .finished: if isFaulty { throw ExitCode(1) }
        case .timeLimit: throw ExitCode(3)
        case .interrupted: throw ExitCode(StopSignals.exitCode)
        }
    }
}
