import ArgumentParser
import Foundation
import RLEditLua

/// What a command that runs tasks shows, and how it ends.
struct OutputOptions: ParsableArguments {
    @Flag(help: "No progress, no table.")
    var quiet = false

    @Flag(help: "End standard output with one line of JSON; everything else goes to standard error.")
    var json = false

    func apply(to options: inout RunOptions) {
        options.isQuiet = quiet
        options.json = json
    }

    /// What the script prints.
    func print(_ bytes: UnsafeRawBufferPointer) { Terminal.write(bytes, to: json ? STDERR_FILENO : STDOUT_FILENO) }

    /// The results: a table for people unless `--quiet`, then one line for programs if `--json`.
    func show(table: @autoclosure () -> String, json line: @autoclosure () -> String) {
        if !quiet { Terminal.show(table(), to: json ? STDERR_FILENO : STDOUT_FILENO) }
        if json { Terminal.write(line() + "\n", to: STDOUT_FILENO) }
    }

    /// - Throws: `ValidationError` for bounds that make no sense; shared by the commands that have these options.
    static func validate(seeds: Int?, maxTime: Double?) throws {
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
        case .interrupted: throw ExitCode(130)
        }
    }
}
