public import RLEditCore

/// `manifest.json`: everything that says which run this is, and that a resumed run needs to begin again.
public struct Manifest: Sendable, Equatable {
    public enum Status: String, Sendable, CaseIterable {
        case running, finished, interrupted, failed
    }

    /// A file of the user's that the run depends on, copied into the run folder.
    public struct CopiedFile: Sendable, Equatable {
        /// As the user or the script named it.
        public var source: String
        /// Relative to the run folder, for example `script/task.lua`.
        public var copy: String
        /// SHA-256 in hexadecimal.
        public var hash: String
        public init(source: String, copy: String, hash: String) {
            self.source = source
            self.copy = copy
            self.hash = hash
        }
    }

    /// A file that the run read, or data that the program made.
    public struct DataSource: Sendable, Equatable {
        public enum Kind: String, Sendable, CaseIterable {
            /// Examples, or numbers that a script may make examples of.
            case data
            /// Parameters of a network.
            case model
            /// A trained policy.
            case policy
        }

        /// For example `mnist` or `generated`.
        public var name: String
        /// Relative to its data root; nil for data made by the program.
        public var file: String?
        /// SHA-256 in hexadecimal.
        public var hash: String
        public var kind: Kind
        public init(name: String, file: String?, hash: String, kind: Kind = .data) {
            self.name = name
            self.file = file
            self.hash = hash
            self.kind = kind
        }
    }

    /// One named set of examples.
    public struct SetDescription: Sendable, Equatable {
        public var name: String
        /// Whether the set is only measured, never seen by the reward.
        public var heldOut: Bool
        public var examples: Int
        /// SHA-256 of the examples in their order.
        public var hash: String
        /// Where its examples come from, for example `mnist`; nil when it is not known.
        public var source: String?
        public init(name: String, heldOut: Bool, examples: Int, hash: String, source: String? = nil) {
            self.name = name
            self.heldOut = heldOut
            self.examples = examples
            self.hash = hash
            self.source = source
        }
    }

    public var task: String
    public var world: String
    public var learner: String
    public var status: Status = .running
    /// Why a run failed or was interrupted, in one sentence.
    public var reason: String?
    public var started: Timestamp
    public var ended: Timestamp?
    /// This folder's seed; nil at the top of a run over several seeds.
    public var seed: Int?
    /// All seeds of the run.
    public var seeds: [Int]
    public var script: CopiedFile
    public var modules: [CopiedFile] = []
    /// The resolved configuration: task, world, learner, with defaults filled in.
    public var configuration: JSONObject = [:]
    /// Options of the command line that a resumed run needs again.
    public var options: JSONObject = [:]
    /// For example `rledit`, `lua`, `swift`, `dnnl`.
    public var versions: JSONObject = [:]
    /// The kernels that did the products, since bits differ between them.
    public var numericKernels: String
    public var data: [DataSource] = []
    public var sets: [SetDescription] = []
    /// What is odd about the sets, a sentence each.
    public var warnings: [String] = []
    /// Walls of the sandbox that were active, for example `library`, `landlock`, `seccomp`.
    public var walls: [String] = []

    public init(
        task: String, world: String, learner: String, started: Timestamp, seed: Int?, seeds: [Int], script: CopiedFile,
        numericKernels: String
    ) {
        self.task = task
        self.world = world
        self.learner = learner
        self.started = started
        self.seed = seed
        self.seeds = seeds
        self.script = script
        self.numericKernels = numericKernels
    }

    /// Write or replace the manifest of a folder.
    public func write(to folder: RunFolder) throws(FileError) {
        try folder.write(json.prettyText() + "\n", to: RunFolder.manifestName)
    }

    /// - Throws: ``FileError``, ``JSONReadError`` or ``ManifestError``.
    public static func read(from folderPath: String) throws -> Manifest {
        try Manifest(json: JSONValue(parsing: FileSystem.read("\(folderPath)/\(RunFolder.manifestName)")))
    }
}

/// A manifest without a field it must have.
public struct ManifestError: Error, Equatable, Sendable, CustomStringConvertible {
    public let field: String
    public init(field: String) { self.field = field }
    public var description: String { "\(RunFolder.manifestName): field '\(field)' is missing or of another kind" }
}

extension Manifest {
    static let formatVersion = 1

    public var json: JSONValue {
        var object: JSONObject = [
            "format": .integer(Manifest.formatVersion), "task": .string(task), "world": .string(world),
            "learner": .string(learner), "status": .string(status.rawValue),
            "reason": reason.map(JSONValue.string) ?? .null,
            "started": .string(started.iso), "started_seconds": .integer(started.seconds),
            "ended": (ended?.iso).map(JSONValue.string) ?? .null,
            "ended_seconds": (ended?.seconds).map(JSONValue.integer) ?? .null,
            "seed": seed.map(JSONValue.integer) ?? .null, "seeds": .array(seeds.map(JSONValue.integer)),
            "command": .string(command), "script": Manifest.json(script), "modules": .array(modules.map(Manifest.json)),
            "configuration": .object(configuration), "options": .object(options), "versions": .object(versions),
            "numeric_kernels": .string(numericKernels),
            "data": .array(
                data.map {
                    [
                        "name": .string($0.name), "kind": .string($0.kind.rawValue),
                        "file": $0.file.map(JSONValue.string) ?? .null, "hash": .string($0.hash),
                    ]
                }),
            "sets": .array(
                sets.map {
                    [
                        "name": .string($0.name), "heldout": .bool($0.heldOut), "examples": .integer($0.examples),
                        "source": $0.source.map(JSONValue.string) ?? .null, "hash": .string($0.hash),
                    ]
                }),
            "walls": .array(walls.map(JSONValue.string)),
        ]
        if !warnings.isEmpty { object["warnings"] = .array(warnings.map(JSONValue.string)) }
        return .object(object)
    }

    private static func json(_ file: CopiedFile) -> JSONValue {
        ["source": .string(file.source), "copy": .string(file.copy), "hash": .string(file.hash)]
    }

    public init(json: JSONValue) throws(ManifestError) {
        func need<Value>(_ field: String, _ value: Value?) throws(ManifestError) -> Value {
            guard let value else { throw ManifestError(field: field) }
            return value
        }
        func copied(_ field: String, _ value: JSONValue?) throws(ManifestError) -> CopiedFile {
            CopiedFile(
                source: try need("\(field).source", value?["source"]?.string),
                copy: try need("\(field).copy", value?["copy"]?.string),
                hash: try need("\(field).hash", value?["hash"]?.string))
        }
        guard json["format"]?.integer == Manifest.formatVersion else { throw ManifestError(field: "format") }
        self.init(
            task: try need("task", json["task"]?.string), world: try need("world", json["world"]?.string),
            learner: try need("learner", json["learner"]?.string),
            started: Timestamp(seconds: try need("started_seconds", json["started_seconds"]?.integer)),
            seed: json["seed"]?.integer, seeds: try need("seeds", json["seeds"]?.array).compactMap(\.integer),
            script: try copied("script", json["script"]),
            numericKernels: try need("numeric_kernels", json["numeric_kernels"]?.string))
        status = try need("status", json["status"]?.string.flatMap(Status.init(rawValue:)))
        reason = json["reason"]?.string
        ended = json["ended_seconds"]?.integer.map(Timestamp.init(seconds:))
        for module in json["modules"]?.array ?? [] { modules.append(try copied("modules", module)) }
        configuration = json["configuration"]?.object ?? [:]
        options = json["options"]?.object ?? [:]
        versions = json["versions"]?.object ?? [:]
        walls = (json["walls"]?.array ?? []).compactMap(\.string)
        warnings = (json["warnings"]?.array ?? []).compactMap(\.string)
        for source in json["data"]?.array ?? [] {
            let name = try need("data.name", source["name"]?.string)
            // Manifests of earlier versions do not say the kind: files of that name held parameters.
            let kind = source["kind"]?.string.flatMap(DataSource.Kind.init(rawValue:))
            data.append(
                DataSource(
                    name: name, file: source["file"]?.string, hash: try need("data.hash", source["hash"]?.string),
                    kind: kind ?? (name == "safetensors" ? .model : .data)))
        }
        for set in json["sets"]?.array ?? [] {
            sets.append(
                SetDescription(
                    name: try need("sets.name", set["name"]?.string),
                    heldOut: try need("sets.heldout", set["heldout"]?.bool),
                    examples: try need("sets.examples", set["examples"]?.integer),
                    hash: try need("sets.hash", set["hash"]?.string), source: set["source"]?.string))
        }
    }
}
