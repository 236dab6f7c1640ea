public import RLEditCore

/// The runs that lie in a folder, and comparisons, sweeps and packs beside them: what `rledit-lua runs` shows.
public struct RunListing: Sendable, Equatable {
    public struct Run: Sendable, Equatable {
        public let folder: String
        public let manifest: Manifest
        /// nil for a run that has not ended.
        public let summary: RunSummary?

        /// Held-out measures before and after, over the seeds: the first measure of each set.
        var outcome: String {
            guard let summary else { return "" }
            let stage = manifest.resultStage(of: summary)
            var sets: [String] = []
            return summary.rows.compactMap { row -> String? in
                guard !sets.contains(row.set) else { return nil }
                sets.append(row.set)
                let change = MeasureText.change(
                    from: row.spreads[.before]?.mean, to: row.spreads[stage]?.mean, measure: row.measure)
                return "\(row.set) \(MeasureText.title(row.measure)) \(change)"
            }.joined(separator: "; ")
        }
    }

    /// Newest first.
    public let runs: [Run]
    /// By name.
    public let others: [Other]
    /// Folders whose manifest cannot be read and packs that are none, with the reason.
    public let unreadable: [(folder: String, reason: String)]

    /// Which runs to list: those that have every name that is given here.
    public struct Filter: Sendable, Equatable {
        public var task: String?
        public var world: String?
        public var learner: String?
        public var status: Manifest.Status?

        public init(
            task: String? = nil, world: String? = nil, learner: String? = nil, status: Manifest.Status? = nil
        ) {
            self.task = task
            self.world = world
            self.learner = learner
            self.status = status
        }

        func takes(_ other: Other) -> Bool {
            (task.map { $0 == other.task } ?? true) && world == nil && learner == nil && status == nil
        }

        func takes(_ manifest: Manifest) -> Bool {
            (task.map { $0 == manifest.task } ?? true) && (world.map { $0 == manifest.world } ?? true)
                && (learner.map { $0 == manifest.learner } ?? true) && (status.map { $0 == manifest.status } ?? true)
        }

        /// In words, to follow "no runs"; empty for all runs.
        public var text: String {
            let names = [
                task.map { "of task '\($0)'" }, world.map { "in world '\($0)'" }, learner.map { "by learner '\($0)'" },
                status.map { "of status '\($0.rawValue)'" },
            ]
            return names.compactMap { $0.map { " " + $0 } }.joined()
        }
    }

    /// - Throws: ``FileError`` when the folder cannot be read.
    public init(in folder: String, filter: Filter = Filter()) throws(FileError) {
        var folder = folder
        while folder.count > 1, folder.hasSuffix("/") { folder.removeLast() }
        var runs: [Run] = []
        var others: [Other] = []
        var unreadable: [(folder: String, reason: String)] = []
        for name in try FileSystem.names(in: folder) {
            let path = "\(folder)/\(name)"
            do {
                guard FileSystem.status(of: "\(path)/\(RunFolder.manifestName)") != nil else {
                    if let other = try RunListing.other(at: path), filter.takes(other) { others.append(other) }
                    continue
                }
                let manifest = try Manifest.read(from: path)
                guard filter.takes(manifest) else { continue }
                runs.append(Run(folder: path, manifest: manifest, summary: RunSummary.read(in: path)))
            } catch {
                unreadable.append((path, (error as? PackError)?.reason ?? "\(error)"))
            }
        }
        // Runs of the same second: by name, so that nothing depends on the order of the disk.
        self.runs = runs.sorted {
            ($1.manifest.started.seconds, $0.folder) < ($0.manifest.started.seconds, $1.folder)
        }
        self.others = others
        self.unreadable = unreadable
    }

    public var isEmpty: Bool { runs.isEmpty && others.isEmpty }

    public static func == (left: RunListing, right: RunListing) -> Bool {
        left.runs == right.runs && left.others == right.others
            && left.unreadable.map(\.folder) == right.unreadable.map(\.folder)
    }

    /// A row for each run, then one for each of what is beside them.
    public var text: String {
        [runs.isEmpty ? "" : runText, otherText].filter { !$0.isEmpty }.joined(separator: "\n\n")
    }

    private var runText: String {
        var table = TextTable([
            .init("started", .left), .init("task", .left), .init("world", .left), .init("learner", .left),
            .init("seeds", .right), .init("status", .left), .init("held out", .left), .init("folder", .left),
        ])
        for run in runs {
            let manifest = run.manifest
            table.append([
                String(manifest.started.iso.prefix(16)).replacing("T", with: " "), manifest.task, manifest.world,
                manifest.learner, "\(manifest.seeds.count)", manifest.status.rawValue, run.outcome, run.folder,
            ])
        }
        return table.text
    }

    public var json: JSONValue {
        .array(
            runs.map { run in
                var object: JSONObject = [
                    "run": .string(run.folder), "task": .string(run.manifest.task),
                    "world": .string(run.manifest.world), "learner": .string(run.manifest.learner),
                    "started": .string(run.manifest.started.iso), "status": .string(run.manifest.status.rawValue),
                    "seeds": .array(run.manifest.seeds.map(JSONValue.integer)),
                ]
                object["summary"] = run.summary?.json["summary"] ?? .null
                object["kind"] = "run"
                return .object(object)
            } + otherJSON)
    }
}

extension RunListing.Run {
    /// - Throws: ``FileError``, ``JSONReadError`` or ``ManifestError``, or ``RunFolderError/notARun(path:reason:)``.
    public init(_ folder: String) throws {
        guard FileSystem.status(of: "\(folder)/\(RunFolder.manifestName)") != nil else {
            throw RunFolderError.notARun(path: folder, reason: RunFolder.reasonThatNoRunIsIn(folder))
        }
        self.init(folder: folder, manifest: try Manifest.read(from: folder), summary: RunSummary.read(in: folder))
    }

    /// Facts, and the table of results.
    public var text: String {
        var lines = [
            "task      \(manifest.task)",
            "status    \(manifest.status.rawValue)\(manifest.reason.map { ": \($0)" } ?? "")",
            "started   \(manifest.started.iso)", "world     \(manifest.world)", "learner   \(manifest.learner)",
            "seeds     \(manifest.seeds.map(String.init).joined(separator: ", "))",
            "script    \(manifest.script.source)",
        ]
        for source in manifest.data {
            let kind = source.kind.rawValue
            lines.append(
                "\(kind)\(String(repeating: " ", count: 10 - kind.count))\(source.title) (SHA-256 \(source.hash.prefix(8))…)"
            )
        }
        for warning in manifest.warnings { lines.append("warning   \(warning)") }
        if let summary {
            lines.append("evaluated \(NumberText.grouped(summary.seeds.reduce(0) { $0 + $1.evaluations }))")
            let table = ResultTable.text(summary)
            if !table.isEmpty { lines += ["", table] }
        }
        return lines.joined(separator: "\n")
    }

    public var json: JSONValue {
        var object = JSONObject()
        object["manifest"] = manifest.json
        object["summary"] = summary?.detailedJSON ?? .null
        return .object(object)
    }
}
