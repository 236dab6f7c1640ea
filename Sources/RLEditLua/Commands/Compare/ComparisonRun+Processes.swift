internal import RLEditCore
internal import RLEditData
internal import RLEditRuns
internal import RLEditTensor

/// A comparison of several processes: in each round every process computes a cell of its own.
///
/// Process 0 has the folder, and decides which cells are missing. What a cell came to travels as its file's JSON.
extension ComparisonRun {
    var processes: ProcessGroup? { host.pool.processes }

    /// What has to be equal in all processes.
    var facts: [(name: String, text: String)] {
        [
            ("version", ProductVersion.current.description), ("set of numeric kernels", "\(NumericKernels.current)"),
            ("script", SHA256Digest.hex(of: script.bytes)),
            ("command line", "\(JSONValue.object(options.run.recorded).text) \(options.words)"),
        ]
    }

    /// The places that process 0 misses. Cells of one method take about as long as each other: these share a round.
    func agreed(_ missing: [Place]) throws -> [Place] {
        guard let processes else { return missing }
        let (methods, seeds) = (options.methods, options.run.seeds)
        let all = methods.flatMap { method in seeds.map { Place(method: method, seed: $0) } }
        let words = all.indices.filter { index in
            missing.contains { $0.method.name == all[index].method.name && $0.seed == all[index].seed }
        }
        return try processes.gather(words.map { UInt64($0) }, for: .cells)[0].compactMap { word in
            all.indices.contains(Int(clamping: word)) ? all[Int(clamping: word)] : nil
        }
    }

    /// What came of each place; with several processes there are at most as many places as processes.
    func outcomes(of places: [Place], in folder: ComparisonFolder?) throws -> [Outcome] {
        guard let processes else { return try places.map { try runCell($0.method, $0.seed, in: folder) } }
        let own = places.indices.contains(processes.index) ? places[processes.index] : nil
        let outcome = try own.map { try runCell($0.method, $0.seed, in: folder) }
        let texts = try processes.gather(text: outcome?.json.text ?? "", for: .cells)
        return try places.indices.map { index in
            if index == processes.index, let outcome { return outcome }
            guard let json = try? JSONValue(parsing: Array(texts[index].utf8)), let made = Outcome(json: json) else {
                throw ProcessGroupError.incomplete(got: texts[index].utf8.count, expected: 1)
            }
            return made
        }
    }
}

/// As it travels between processes.
extension ComparisonRun.Outcome {
    fileprivate var json: JSONValue {
        switch self {
        case .done(let cell): ["done": cell.json]
        case .failed(let reason): ["failed": .string(reason)]
        case .skipped(let reason): ["skipped": .string(reason)]
        case .stopped: [:]
        }
    }

    fileprivate init?(json: JSONValue) {
        if let cell = json["done"] {
            guard let cell = ComparisonCell(json: cell) else { return nil }
            self = .done(cell)
        } else if let reason = json["failed"]?.string {
            self = .failed(reason)
        } else if let reason = json["skipped"]?.string {
            self = .skipped(reason)
        } else {
            self = .stopped
        }
    }
}
