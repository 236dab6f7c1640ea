internal import Foundation
internal import RLEditCore
public import RLEditLearners
public import RLEditTensor

/// Everything a run needs to continue to the same bytes as if it had never stopped.
public struct Checkpoint: Sendable, Equatable {
    /// The best candidate evaluated so far.
    public struct BestCandidate: Sendable, Equatable {
        /// All actions of its episode, `[steps, actionSize]`.
        public var actions: Tensor
        public var reward: Double
        /// Number of the evaluation, from 1.
        public var evaluation: Int
        public init(actions: Tensor, reward: Double, evaluation: Int) {
            self.actions = actions
            self.reward = reward
            self.evaluation = evaluation
        }
    }

    /// Candidates evaluated so far.
    public var evaluations: Int
    public var learner: LearnerSnapshot
    public var best: BestCandidate?
    /// The loop's own counters, for example `update`, `episode`.
    public var counters: [String: Int] = [:]
    /// The loop's own numbers, kept to the bit, for example seconds spent.
    public var numbers: [String: Double] = [:]
    /// The loop's own streams, for example `environment`, `lua`.
    public var streams: [String: RandomStream] = [:]
    /// The loop's own tensors, for example the observation shown last.
    public var tensors: [String: Tensor] = [:]
    /// Length in bytes of each append-only log (`metrics.jsonl`, `timing.jsonl`, `candidates.csv`) at this moment.
    public var logOffsets: [String: Int] = [:]
    /// The environment's state, in its own encoding.
    public var environment: [UInt8] = []
    /// The script's state (`task.state`, or what `save()` returned), in its own encoding.
    public var script: [UInt8] = []

    public init(evaluations: Int, learner: LearnerSnapshot) {
        self.evaluations = evaluations
        self.learner = learner
    }
}

extension Checkpoint {
    /// The bytes of a checkpoint file; equal checkpoints give equal bytes.
    public func encoded() throws -> [UInt8] {
        var file = GuardedFile()
        file.header = [
            "evaluations": .integer(evaluations), "counters": Checkpoint.json(counters),
            "numbers": Checkpoint.json(numbers), "streams": try Checkpoint.json(streams),
            "log_offsets": Checkpoint.json(logOffsets), "learner_integers": Checkpoint.json(learner.integers),
            "learner_numbers": Checkpoint.json(learner.numbers),
            "learner_streams": try Checkpoint.json(learner.streams),
        ]
        for (name, tensor) in learner.tensors { file.tensors["learner/\(name)"] = tensor }
        for (name, tensor) in tensors { file.tensors["loop/\(name)"] = tensor }
        if let best {
            file.header["best_reward"] = .exact(best.reward)
            file.header["best_evaluation"] = .integer(best.evaluation)
            file.tensors["best/actions"] = best.actions
        }
        file.blobs = ["environment": environment, "script": script]
        for (name, vector) in learner.vectors {
            file.blobs["learner/\(name)"] = vector.withUnsafeBytes { Array($0) }
        }
        return file.encoded(.checkpoint)
    }

    /// - Parameter path: for messages only.
    /// - Throws: ``DamagedFileError``.
    public init(decoding bytes: [UInt8], path: String) throws(DamagedFileError) {
        let file = try GuardedFile(decoding: bytes, .checkpoint, path: path)
        func fault(_ field: String) -> DamagedFileError {
            .malformed(path: path, reason: "field '\(field)' is missing or of another kind")
        }
        func read<Value>(
            _ field: String, _ convert: (JSONValue) -> Value?
        ) throws(DamagedFileError) -> [String: Value] {
            guard let object = file.header[field]?.object else { throw fault(field) }
            var result: [String: Value] = [:]
            for member in object.members {
                guard let value = convert(member.value) else { throw fault("\(field).\(member.key)") }
                result[member.key] = value
            }
            return result
        }
        guard let evaluations = file.header["evaluations"]?.integer else { throw fault("evaluations") }
        var learner = LearnerSnapshot()
        learner.integers = try read("learner_integers", \.integer)
        learner.numbers = try read("learner_numbers", \.exactDouble)
        learner.streams = try read("learner_streams", Checkpoint.stream)
        self.init(evaluations: evaluations, learner: learner)
        counters = try read("counters", \.integer)
        numbers = try read("numbers", \.exactDouble)
        streams = try read("streams", Checkpoint.stream)
        logOffsets = try read("log_offsets", \.integer)
        for (name, tensor) in file.tensors {
            if name.hasPrefix("learner/") { self.learner.tensors[String(name.dropFirst(8))] = tensor }
            if name.hasPrefix("loop/") { tensors[String(name.dropFirst(5))] = tensor }
        }
        for (name, blob) in file.blobs where name.hasPrefix("learner/") {
            guard blob.count % MemoryLayout<Double>.stride == 0 else { throw fault(name) }
            self.learner.vectors[String(name.dropFirst(8))] = blob.withUnsafeBytes { bytes in
                stride(from: 0, to: bytes.count, by: 8).map { bytes.loadUnaligned(fromByteOffset: $0, as: Double.self) }
            }
        }
        if let actions = file.tensors["best/actions"] {
            guard let reward = file.header["best_reward"]?.exactDouble else { throw fault("best_reward") }
            guard let evaluation = file.header["best_evaluation"]?.integer else { throw fault("best_evaluation") }
            best = BestCandidate(actions: actions, reward: reward, evaluation: evaluation)
        }
        environment = file.blobs["environment"] ?? []
        script = file.blobs["script"] ?? []
    }

    private static func json(_ values: [String: Int]) -> JSONValue { object(values) { .integer($0) } }
    private static func json(_ values: [String: Double]) -> JSONValue { object(values) { .exact($0) } }

    private static func json(_ streams: [String: RandomStream]) throws -> JSONValue {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        // As text: a stream's key fills 64 bits, one more than an integer of ours has.
        return try object(streams) { .string(String(decoding: try encoder.encode($0), as: UTF8.self)) }
    }

    private static func object<Value>(
        _ values: [String: Value], _ convert: (Value) throws -> JSONValue
    ) rethrows -> JSONValue {
        // Thousands of episodes have a name each: no look-up for what a dictionary has kept apart.
        .object(
            JSONObject(
                uniqueMembers: try values.sorted { $0.key < $1.key }.map {
                    JSONObject.Member(key: $0.key, value: try convert($0.value))
                }))
    }

    private static func stream(_ value: JSONValue) -> RandomStream? {
        value.string.flatMap { try? JSONDecoder().decode(RandomStream.self, from: Data($0.utf8)) }
    }
}
