internal import Foundation
internal import LuaBridge
internal import RLEditCore
internal import RLEditData
internal import RLEditRuns
internal import RLEditTensor

/// `rledit-bench`: measures what `docs/performance.md` promises and prints one table. Started by `scripts/bench`.
@main
enum Bench {
    static func main() {
        do {
            let options = try Options(Array(CommandLine.arguments.dropFirst()))
            // Scripts run on this thread too, and they want its stack.
            try LuaThread.run { try run(options) }
        } catch {
            FileHandle.standardError.write(Data("rledit-bench: \(error)\n".utf8))
            exit(1)
        }
    }

    private static func run(_ options: Options) throws {
        let load = loadAverage()
        let digits = try Digits.digits()
        let task = try ReferenceTask(digits: digits)
        let rounds = options.rounds
        var rows: [Row] = []
        func wants(_ group: String) -> Bool { options.only.isEmpty || options.only.contains(group) }
        func note(_ text: String) { FileHandle.standardError.write(Data("rledit-bench: \(text) …\n".utf8)) }

        // Programs first: the memory of this process grows with what follows, and theirs is not to be crowded out.
        if let plain = options.binary, wants("process") {
            note("start-up, whole runs, memory")
            rows += try ProcessRows(
                plain: plain, installed: options.installed, example: options.example ?? "examples/unlearn_digit.lua",
                rounds: rounds
            ).rows()
        }
        if wants("products") {
            note("products")
            rows += try productRows(rounds: rounds)
        }
        if wants("evaluation") {
            note("evaluation")
            rows += try EvaluationRows(task: task, rounds: 4 * rounds).rows()
        }
        if wants("edits") {
            note("edits")
            rows += try EditRows(task: task, rounds: 2 * rounds).rows()
        }
        if wants("bias") {
            note("bias")
            rows += try BiasRows(rounds: 2 * rounds).rows()
        }
        if wants("learning") {
            note("learning")
            rows += try LearningRows(task: task, rounds: rounds).rows()
        }
        if wants("sandbox") {
            note("sandbox")
            rows += try SandboxRows(rounds: rounds).rows()
        }
        if wants("learners") {
            note("learners")
            rows += try LearnerRows(task: task, rounds: rounds).rows()
        }
        if wants("transfer") {
            note("transfer")
            rows += try TransferRows(task: task, rounds: 4 * rounds).rows()
        }
        if wants("pictures") {
            note("pictures")
            rows += try PictureRows(rounds: rounds).rows()
        }
        if let python = options.python, let scripts = options.peerScripts {
            let networks = NetworkRows(python: python, script: "\(scripts)/peer_networks.py", rounds: rounds)
            if wants("resnet") {
                note("ResNet-20")
                rows += try networks.pictures()
            }
            if wants("encoder") {
                note("MiniLM")
                rows += try networks.texts()
            }
        }
        if wants("fit") {
            note("fit")
            let fit = try FitRows(digits: digits)
            let rate = try Ceilings.productRate(m: 2500, k: 1568, n: 128, rounds: rounds)
            let best = try (0..<max(1, rounds / 2)).map { _ in try fit.fitSeconds() }.min() ?? 0
            rows.append(
                Row(group: "fit", what: "digit CNN, 55,000 images, 2 epochs, 2 workers", figure: best, unit: "s"))
            rows.append(
                Row(
                    group: "fit", what: "its multiplications alone, at the rate of products",
                    figure: FitRows.ceiling(productRate: rate), unit: "s"))
            if let python = options.python, let scripts = options.peerScripts {
                note("peers")
                rows += try PeerRows(python: python, script: "\(scripts)/peer_r1.py", rounds: rounds).rows(
                    task: task, fit: fit)
            }
        }
        let header = """
            \(NumericKernels.current), digits: \(digits.source), \(ProcessInfo.processInfo.activeProcessorCount) \
            processors, load average \(load) at the start and \(loadAverage()) at the end
            """
        if options.isJSON {
            let result: JSONValue = ["about": .string(header), "rows": .array(rows.map(\.json))]
            print(result.prettyText())
        } else {
            print("\(header)\n\n\(markdown(rows))")
        }
    }

    private static func productRows(rounds: Int) throws -> [Row] {
        let shapes = [
            ("mask candidates, stacked: 256×128 · 128×256", 256, 128, 256), ("2500×128 · 128×32", 2500, 128, 32),
            ("2500×1568 · 1568×128", 2500, 1568, 128), ("256×4096 · 4096×64", 256, 4096, 64),
            ("64×4096 · 4096×64", 64, 4096, 64), ("1024³", 1024, 1024, 1024),
        ]
        return try shapes.map { name, m, k, n in
            let rate = try Ceilings.productRate(m: m, k: k, n: n, rounds: rounds)
            return Row(group: "products", what: "\(name), 1 thread", figure: rate / 1e9, unit: "GFLOP/s")
        }
    }

    private static func loadAverage() -> String {
        var load = [0.0, 0.0, 0.0]
        return getloadavg(&load, 3) > 0 ? String(format: "%.1f", load[0]) : "unknown"
    }
}

/// The command line of `rledit-bench`.
struct Options: Sendable {
    var isJSON = false
    /// Repetitions that each figure is the best of.
    var rounds = 5
    var binary: String?
    var installed: String?
    var example: String?
    var python: String?
    /// The folder of the peers' scripts.
    var peerScripts: String?
    /// Groups to measure; empty for all.
    var only: Set<String> = []

    init(_ arguments: [String]) throws {
        var rest = arguments[...]
        while let name = rest.popFirst() {
            func value() throws -> String {
                guard let value = rest.popFirst() else { throw ProcessFailure(description: "\(name) needs a value") }
                return value
            }
            switch name {
            case "--json": isJSON = true
            case "--rounds":
                guard let count = Int(try value()), count > 0 else {
                    throw ProcessFailure(description: "--rounds needs a number above 0")
                }
                rounds = count
            case "--binary": binary = try value()
            case "--installed": installed = try value()
            case "--example": example = try value()
            case "--peers": python = try value()
            case "--peer-scripts": peerScripts = try value()
            case "--only": only = Set(try value().split(separator: ",").map(String.init))
            default: throw ProcessFailure(description: "unknown argument '\(name)'")
            }
        }
    }
}
