public import RLEditCore

/// One method on one seed: what a comparison computes, keeps and never computes twice.
public struct ComparisonCell: Sendable, Equatable {
    public enum Kind: String, Sendable {
        /// Searches by reward, in the task's world.
        case learner
        /// Works on the network and the sets by itself.
        case baseline
    }

    /// A candidate that was better than all before.
    public struct Improvement: Sendable, Equatable {
        /// Its number, from 1.
        public let evaluation: Int
        public let reward: Double

        public init(evaluation: Int, reward: Double) {
            self.evaluation = evaluation
            self.reward = reward
        }
    }

    /// What the method took.
    public struct Cost: Sendable, Equatable {
        /// Thousand full-forward equivalents.
        public var kfe: Double
        /// Wall-clock seconds; those of the first time for a remembered baseline.
        public var seconds: Double
        /// Most memory of the process while the method ran; nil where the system does not tell.
        public var peakMegabytes: Double?

        public init(kfe: Double, seconds: Double, peakMegabytes: Double? = nil) {
            self.kfe = kfe
            self.seconds = seconds
            self.peakMegabytes = peakMegabytes
        }
    }

    /// A file that the script required.
    public struct Module: Sendable, Equatable {
        public var path: String
        /// SHA-256 in hexadecimal.
        public var hash: String

        public init(path: String, hash: String) {
            self.path = path
            self.hash = hash
        }
    }

    public var method: String
    public var kind: Kind
    /// Digest of everything that decides the result and is known before the script runs.
    public var key: String
    /// What else decides the result: files that the script turned out to require.
    public var modules: [Module] = []
    public var task: String
    public var world: String
    public var data: RunSummary.Data?
    /// Settings of the method with all defaults filled in.
    public var settings: JSONObject = [:]
    /// Held-out measures by stage, evaluations, best reward.
    public var result: SeedResult
    public var cost: Cost
    /// The best reward against evaluations, as a staircase; empty for a baseline.
    public var improvements: [Improvement] = []
    /// Measures of depth; nil when they were not asked for, empty when the task has no sets for them.
    public var depth: [NamedNumber]?
    /// What is odd about the task's sets, a sentence each.
    public var warnings: [String] = []
    /// Why there is no result.
    public var failure: String?

    public init(
        method: String, kind: Kind, key: String, task: String, world: String, result: SeedResult, cost: Cost
    ) {
        self.method = method
        self.kind = kind
        self.key = key
        self.task = task
        self.world = world
        self.result = result
        self.cost = cost
    }

    public var seed: Int { result.seed }

    /// Stages that are the method's own, the one that counts as its result first.
    public var stages: [Stage] { result.heldOut.first?.stages.stages.filter { $0 != .before } ?? [] }

    /// Held-out measures of a stage as `<set>.<measure>`, in order.
    public func measures(_ stage: Stage) -> [NamedNumber] {
        result.heldOut.flatMap { held in
            (held[stage] ?? []).map { NamedNumber("\(held.set).\($0.name)", $0.value) }
        }
    }
}

extension ComparisonCell {
    static let formatVersion = 1

    public var json: JSONValue {
        var object: JSONObject = [
            "format": .integer(ComparisonCell.formatVersion), "method": .string(method), "kind": .string(kind.rawValue),
            "key": .string(key), "task": .string(task), "world": .string(world),
        ]
        object["modules"] = .array(modules.map { ["path": .string($0.path), "hash": .string($0.hash)] })
        if let data { object["data"] = ["name": .string(data.name), "hash": .string(data.hash)] }
        object["settings"] = .object(settings)
        object["failure"] = failure.map(JSONValue.string) ?? .null
        object["cost"] = [
            "kfe": .exact(cost.kfe), "seconds": .exact(cost.seconds),
            "peak_megabytes": cost.peakMegabytes.map(JSONValue.exact) ?? .null,
        ]
        if !warnings.isEmpty { object["warnings"] = .array(warnings.map(JSONValue.string)) }
        if let depth { object["depth"] = .object(JSONObject(depth)) }
        object["best_rewards"] = .array(improvements.map { [.integer($0.evaluation), .number($0.reward)] })
        object["result"] = RunSummary.json(result, detailed: true)
        return .object(object)
    }

    /// - Returns: nil for a document of another kind or version.
    public init?(json: JSONValue) {
        guard json["format"]?.integer == ComparisonCell.formatVersion, let method = json["method"]?.string,
            let kind = json["kind"]?.string.flatMap(Kind.init(rawValue:)), let key = json["key"]?.string,
            let result = json["result"].flatMap(RunSummary.seed)
        else { return nil }
        self.init(
            method: method, kind: kind, key: key, task: json["task"]?.string ?? "",
            world: json["world"]?.string ?? "", result: result,
            cost: Cost(
                kfe: json["cost"]?["kfe"]?.exactDouble ?? .nan, seconds: json["cost"]?["seconds"]?.exactDouble ?? .nan,
                peakMegabytes: json["cost"]?["peak_megabytes"]?.exactDouble))
        for module in json["modules"]?.array ?? [] {
            guard let path = module["path"]?.string, let hash = module["hash"]?.string else { return nil }
            modules.append(Module(path: path, hash: hash))
        }
        if let name = json["data"]?["name"]?.string {
            data = RunSummary.Data(name: name, hash: json["data"]?["hash"]?.string ?? "")
        }
        settings = json["settings"]?.object ?? [:]
        failure = json["failure"]?.string
        warnings = (json["warnings"]?.array ?? []).compactMap(\.string)
        depth = json["depth"]?.object.map([NamedNumber].init)
        for point in json["best_rewards"]?.array ?? [] {
            guard let pair = point.array, pair.count == 2, let evaluation = pair[0].integer,
                let reward = pair[1].double
            else { return nil }
            improvements.append(Improvement(evaluation: evaluation, reward: reward))
        }
    }
}
