internal import Foundation

/// What a user waits for: start-up, a whole run, peak memory. Measured on the programs themselves.
struct ProcessRows {
    /// `rledit-lua` as `swift build` leaves it.
    let plain: String
    /// As `scripts/install` leaves it, the Swift library linked in; nil when it was not built.
    let installed: String?
    /// The script of the reference run.
    let example: String
    let rounds: Int

    func rows() throws -> [Row] {
        let folder =
            FileManager.default.temporaryDirectory.path + "/rledit-bench-\(ProcessInfo.processInfo.processIdentifier)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        return try startUpRows(folder) + runRows(folder)
    }

    private func startUpRows(_ folder: String) throws -> [Row] {
        let script = "\(folder)/first_line.lua"
        try "print('first line')\n".write(toFile: script, atomically: true, encoding: .utf8)
        var rows: [Row] = []
        for (name, binary) in [("installed binary", installed), ("plain build", plain)] {
            guard let binary else { continue }
            var times: [Double] = []
            for _ in 0..<(5 * rounds) {
                let result = try ChildProcess([binary, script]).finish()
                times.append(result.secondsToFirstByte ?? .infinity)
            }
            rows.append(
                Row(
                    group: "start-up", what: "to the first line, \(name)", figure: (times.min() ?? 0) * 1e3, unit: "ms",
                    target: name == "installed binary" ? .atMost(30) : nil))
            rows.append(
                Row(group: "start-up", what: "the same, median", figure: median(times) * 1e3, unit: "ms"))
        }
        return rows
    }

    private func runRows(_ folder: String) throws -> [Row] {
        let binary = installed ?? plain
        let cache = ["XDG_CACHE_HOME": "\(folder)/cache"]
        var number = 0
        func run(_ options: [String] = []) throws -> (result: ChildProcess.Result, folder: String) {
            number += 1
            let out = "\(folder)/run-\(number)"
            let arguments = [binary, example, "--seed", "0", "--quiet", "--out", out]
            return (try ChildProcess(arguments + options, environment: cache).finish(), out)
        }
        let first = try run()
        var times: [Double] = []
        var peak = 0
        for _ in 0..<rounds {
            let result = try run().result
            times.append(result.seconds)
            peak = max(peak, result.peakBytes)
        }
        let metrics = try [["--workers", "1"], ["--workers", "2"]].map {
            FileManager.default.contents(atPath: "\(try run($0).folder)/metrics.jsonl")
        }
        let isSame = metrics[0] != nil && metrics[0] == metrics[1]
        return [
            Row(group: "whole run", what: "the first, fit included", figure: first.result.seconds, unit: "s"),
            Row(
                group: "whole run", what: "8,192 steps, start to report, fit remembered", figure: times.min() ?? 0,
                unit: "s", target: .atMost(3)),
            Row(
                group: "whole run", what: "different bytes of metrics.jsonl with 1 and 2 workers",
                figure: isSame ? 0 : 1, unit: "files", target: .atMost(0)),
            Row(
                group: "memory", what: "peak of a run, all digits loaded", figure: Double(peak) / 1e6, unit: "MB",
                target: .atMost(300)),
            Row(
                group: "memory", what: "peak of a run that fits first", figure: Double(first.result.peakBytes) / 1e6,
                unit: "MB", target: .atMost(300)),
        ]
    }
}
