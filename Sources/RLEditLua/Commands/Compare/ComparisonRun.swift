internal import Foundation
internal import LuaBridge
internal import RLEditData
package import RLEditRuns
internal import RLEditTensor
internal import RLEditWorlds

/// Runs the cells of a comparison, each once: `rledit-lua compare TASK.lua`.
///
/// A cell is one method on one seed. Its key is known before the script runs, so a cell that lies in the folder costs
/// nothing: a new method or seed runs what is new, and a comparison that was killed goes on. For each new cell the script
/// runs in a state of its own, since the task is the script's and may keep state; fits and baselines are remembered.
package final class ComparisonRun {
    let script: RunScript
    let options: CompareOptions
    let host: ScriptHost
    private var cells: [ComparisonCell] = []
    private var skipped: [Comparison.Gap] = []
    private var failed: [Comparison.Gap] = []
    /// Seeds whose script has run. Later cells do not repeat which fits are remembered.
    private var begunSeeds: Set<Int> = []

    /// - Parameter host: its options give way to those of the comparison.
    package init(script path: String, options: CompareOptions, on host: ScriptHost) throws {
        script = try RunScript(path: path)
        self.options = options
        // Many cells have cause for the same note.
        self.host = host.with(options.run, isShownOnce: { _ in true })
    }

    /// Runs what is missing, and writes table and report.
    /// - Returns: how it ended, and the comparison of all cells that there are; nil when there is none, and in a process
    ///   that works for process 0.
    package func run() throws -> (end: RunEnd, comparison: Comparison?) {
        try processes?.agree(on: facts)
        // Only process 0 has a folder.
        let folder =
            options.run.isFollower
            ? nil : try ComparisonFolder(options.run.out ?? CompareOptions.folder(forScript: script.source))
        var missing = try missingPlaces(in: folder)
        var end = RunEnd.finished
        while end == .finished, !missing.isEmpty {
            let places = Array(missing.prefix(processes?.count ?? 1))
            missing.removeFirst(places.count)
            for (place, outcome) in zip(places, try outcomes(of: places, in: folder)) {
                switch outcome {
                case .done(let cell):
                    // Warnings of another process's cell are new here. The host shows each once.
                    for warning in cell.warnings { host.note("warning: \(warning)") }
                    try folder?.store(cell)
                    cells.append(cell)
                case .failed(let reason):
                    failed.append(Comparison.Gap(method: place.method.name, seed: place.seed, reason: reason))
                    host.note("\(place.method.name), seed \(place.seed), failed: \(reason)")
                case .skipped(let reason):
                    let method = place.method.name
                    if !skipped.contains(where: { $0.method == method }) {
                        skipped.append(Comparison.Gap(method: method, seed: nil, reason: reason))
                    }
                    missing.removeAll { $0.method.name == method }
                case .stopped: end = host.stopReason == .interrupted ? .interrupted : .timeLimit
                }
            }
        }
        guard let folder else { return (end, nil) }
        if end != .finished {
            host.note(
                cells.isEmpty
                    ? "stopped before the first cell was done; the same command starts over"
                    : "stopped; '\(folder.path)' has what is done; the same command goes on with what is missing")
        }
        guard let comparison = try makeComparison(folder.path) else { return (end, nil) }
        try folder.write(comparison)
        return (end, comparison)
    }

    /// Takes the cells that the folder has.
    /// - Returns: where cells are still to be computed. By seed first: a comparison that is stopped early then has whole
    ///   seeds of all methods.
    private func missingPlaces(in folder: ComparisonFolder?) throws -> [Place] {
        var missing: [Place] = []
        let places = options.run.seeds.flatMap { seed in options.methods.map { Place(method: $0, seed: seed) } }
        for place in places {
            if let folder, let kept = keptCell(place.method, place.seed, in: folder) {
                for warning in kept.warnings { host.note("warning: \(warning)") }
                cells.append(kept)
            } else {
                missing.append(place)
            }
        }
        return try agreed(missing)
    }

    /// Whether a method could not do its work on some seed.
    package var hasFailures: Bool { !failed.isEmpty }

    private func makeComparison(_ path: String) throws -> Comparison? {
        guard let first = cells.first else { return nil }
        let methods = options.methods.compactMap { method -> Comparison.Method? in
            let own = cells.filter { $0.method == method.name }.sorted { $0.seed < $1.seed }
            return own.isEmpty ? nil : Comparison.Method(name: method.name, kind: method.kind, cells: own)
        }
        let reference = options.reference ?? methods.first?.name ?? ""
        guard methods.contains(where: { $0.name == reference }) else { throw CompareError.noReference(reference) }
        for cell in cells where cell.data != first.data {
            host.note(
                "the cells of this comparison were made of different data: remove the folder, or name another --out")
        }
        var comparison = Comparison(
            task: Distinct(cells.map(\.task)).only ?? script.baseName, run: path,
            world: Distinct(cells.map(\.world)).text, seconds: host.clock.seconds, data: first.data, methods: methods,
            reference: reference)
        comparison.skipped = skipped
        comparison.failed = failed
        comparison.walls = options.run.wallNames
        comparison.command = options.run.command("compare", script: script.source, options.words)
        return comparison
    }

    // MARK: - Cells

    /// Where a cell is in the table.
    struct Place: Sendable {
        let method: ComparedMethod
        let seed: Int
    }

    /// What came of a cell.
    enum Outcome: Equatable {
        case done(ComparisonCell)
        case failed(String)
        case skipped(String)
        case stopped
    }

    /// Everything that decides a cell and is known before the script runs.
    private func key(_ method: ComparedMethod) -> String {
        var key = FitKey(
            engineVersion: ProductVersion.current.description, numericKernels: "\(NumericKernels.current)")
        key.add("script", SHA256Digest.hex(of: script.bytes))
        key.add(options: options.run.recorded)
        key.add("method", "\(method.name) \(method.settingsText)")
        // A baseline has no budget.
        if method.kind == .learner {
            key.add("budget", (method.budget ?? options.budget).map(String.init) ?? "task")
        }
        return key.finish()
    }

    /// A cell of an earlier run that is still what this one would compute.
    private func keptCell(_ method: ComparedMethod, _ seed: Int, in folder: ComparisonFolder) -> ComparisonCell? {
        guard let cell = folder.cell(method.name, seed: seed), cell.failure == nil else { return nil }
        let isSame =
            cell.key == key(method)
            && cell.modules.allSatisfy { (try? SHA256Digest.hex(ofFile: $0.path)) == $0.hash }
        guard isSame else {
            host.note(
                "the script, its arguments or this program have changed: cells in '\(folder.path)' are computed again")
            return nil
        }
        guard cell.depth != nil || !options.measuresDepth else { return nil }
        return cell
    }

    /// Runs the script and the method on its task.
    /// - Parameter folder: nil in a process that works for process 0.
    func runCell(_ method: ComparedMethod, _ seed: Int, in folder: ComparisonFolder?) throws -> Outcome {
        if host.stopReason != nil { return .stopped }
        let isFirst = begunSeeds.insert(seed).inserted
        let session = try host.open(seed: seed, isQuiet: options.run.isQuiet || !isFirst)
        let context = session.context
        // In the comparison's folder, since a confined process may write nowhere else; a killed one leaves it.
        let output = TemporaryOutput(folder: (folder?.path ?? options.run.reserved?.path).map { "\($0)/.saved" })
        output.remove()
        context.outputFolder = { try output.path() }
        defer {
            session.close()
            output.remove()
        }
        let task: ScriptTask
        do {
            guard let made = try host.load(script, in: session) else { throw CompareError.noTask(path: script.source) }
            task = try made.editingOneNetwork(script: script.source)
        } catch _ where host.stopReason != nil {
            // A fit that was cut short must not become a result, whatever the script made of it.
            return .stopped
        }
        if let line = context.dataLine, !options.run.isQuiet { host.note(line) }
        for warning in task.setWarnings { host.note("warning: \(warning)") }
        let run = CellRun(
            task: task, method: method, seed: seed, options: options, pool: host.pool, note: host.note)
        if let gap = run.gap {
            guard !options.demanded.contains(method.name) else { throw gap }
            return .skipped("\(gap)")
        }
        do {
            guard var cell = try run.result(key: key(method)) else { return .stopped }
            cell.modules = session.loadedFiles.map {
                ComparisonCell.Module(path: $0.path, hash: SHA256Digest.hex(of: $0.bytes))
            }
            cell.warnings = task.setWarnings
            cell.data = context.mainData
            return .done(cell)
        } catch {
            if host.stopReason != nil { return .stopped }
            if let limit = error as? LuaError, limit.isLimit { throw error }
            let isInvalid =
                (error as? any InvalidRewardError)?.isInvalidReward == true && options.run.invalidRewards == nil
            return .failed(
                "\(error)"
                    + (isInvalid ? "; --on-invalid-reward worst counts such a candidate as the worst so far" : ""))
        }
    }
}
