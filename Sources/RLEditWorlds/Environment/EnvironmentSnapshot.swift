public import RLEditTensor

/// The state of an ``EditEnvironment`` between two steps, as plain named values that a checkpoint can hold.
///
/// Numbers: `worstReward`, the lowest reward so far; absent before the first. Integers: `episodesBegun`, `environments` (0
/// before the first reset), `episode[i].number`, `episode[i].steps`, and `selection[i]`, which metrics of set `i` rewards
/// have read. Tensors: the parts of each episode's edit of each layer, `episode[i].layer.part` (see ``LayerEdit``); an
/// unchanged layer has none. Edits are kept in the form in which they were made, so that a restored environment continues to
/// the same bytes.
public struct EnvironmentSnapshot: Sendable, Equatable {
    public var tensors: [String: Tensor] = [:]
    public var integers: [String: Int] = [:]
    public var numbers: [String: Double] = [:]
    public init() {}
}

extension LayerEdit {
    /// The parts of the edit by name: what `init(parts:)` needs.
    public var parts: [(name: String, value: Tensor)] {
        switch self {
        case .unchanged: []
        case .mask(let accumulated, let factors):
            (accumulated.map { [("mask", $0)] } ?? [])
                + (factors.map { [("maskLeft", $0.left), ("maskRight", $0.right)] } ?? [])
        case .shift(let factors): [("shiftLeft", factors.left), ("shiftRight", factors.right)]
        case .weights(let weights): [("weights", weights)]
        }
    }

    /// The edit that has these parts; nil when no edit has them all. No parts are those of an unchanged layer.
    /// - Throws: `TensorError` when two factors do not chain.
    public init?(parts: [String: Tensor]) throws {
        switch parts.keys.sorted() {
        case []: self = .unchanged
        case ["mask"]: self = .mask(accumulated: parts["mask"], factors: nil)
        case ["mask", "maskLeft", "maskRight"], ["maskLeft", "maskRight"]:
            guard let left = parts["maskLeft"], let right = parts["maskRight"] else { return nil }
            self = .mask(accumulated: parts["mask"], factors: try LowRankFactors(left: left, right: right))
        case ["shiftLeft", "shiftRight"]:
            guard let left = parts["shiftLeft"], let right = parts["shiftRight"] else { return nil }
            self = .shift(try LowRankFactors(left: left, right: right))
        case ["weights"]:
            guard let weights = parts["weights"] else { return nil }
            self = .weights(weights)
        default: return nil
        }
    }
}

extension EditEnvironment {
    /// The environment's whole state.
    public func snapshot() -> EnvironmentSnapshot {
        var snapshot = EnvironmentSnapshot()
        snapshot.integers = ["episodesBegun": episodesBegun, "environments": episodes.count]
        snapshot.numbers["worstReward"] = rewardJudge.worst
        for set in evaluator.sets.indices { snapshot.integers["selection[\(set)]"] = source.selection.bits(set: set) }
        for (index, episode) in episodes.enumerated() {
            snapshot.integers["episode[\(index)].number"] = episode.number
            snapshot.integers["episode[\(index)].steps"] = episode.steps
            for (edit, layer) in zip(episode.edits, evaluator.layers) {
                for part in edit.parts { snapshot.tensors["episode[\(index)].\(layer.name).\(part.name)"] = part.value }
            }
        }
        return snapshot
    }

    /// Continues from a snapshot of an environment of the same problem.
    /// - Returns: what the environments show, as the step before the snapshot returned it.
    /// - Throws: ``WorldError/invalidSnapshot(message:)``, and then nothing has changed.
    public func restore(_ snapshot: EnvironmentSnapshot) throws -> ObservationBatch {
        func integer(_ name: String, in range: ClosedRange<Int>) throws -> Int {
            guard let value = snapshot.integers[name], range.contains(value) else {
                let got = snapshot.integers[name].map(String.init) ?? "nothing"
                throw WorldError.invalidSnapshot(
                    message: "'\(name)' must be in \(range.lowerBound) … \(range.upperBound), got \(got)")
            }
            return value
        }
        let begun = try integer("episodesBegun", in: 0...Int.max)
        let running = try integer("environments", in: 0...environments)
        guard running == 0 || running == environments else {
            throw WorldError.invalidSnapshot(message: "it has \(running) environments, expected \(environments)")
        }
        var selection = MetricSelection(sets: evaluator.sets.count)
        for set in evaluator.sets.indices {
            let bits = try integer("selection[\(set)]", in: 0...Int.max)
            guard selection.insert(bits: bits, set: set) else {
                throw WorldError.invalidSnapshot(
                    message: "'selection[\(set)]' names unknown metrics: \(bits)")
            }
        }
        var restored: [Episode] = []
        var used = 0
        for index in 0..<running {
            let edits = try evaluator.layers.map { layer in
                var parts: [String: Tensor] = [:]
                for name in LayerEdit.partNames {
                    parts[name] = snapshot.tensors["episode[\(index)].\(layer.name).\(name)"]
                }
                used += parts.count
                guard let edit = try LayerEdit(parts: parts) else {
                    throw WorldError.invalidSnapshot(
                        message: "the parts \(parts.keys.sorted().joined(separator: ", ")) of layer '\(layer.name)' "
                            + "make no edit")
                }
                try edit.requireFit(layer)
                return edit
            }
            restored.append(
                Episode(
                    edits: edits, number: try integer("episode[\(index)].number", in: 1...max(begun, 1)),
                    steps: try integer("episode[\(index)].steps", in: 0...(horizon - 1))))
        }
        guard used == snapshot.tensors.count else {
            throw WorldError.invalidSnapshot(
                message: "it holds \(snapshot.tensors.count) tensors, and this environment knows \(used) of them")
        }
        episodes = restored
        episodesBegun = begun
        source.selection = selection
        rewardJudge.restore(worst: snapshot.numbers["worstReward"])
        return try observe()
    }
}

extension LayerEdit {
    /// What ``parts`` may hold.
    package static let partNames = ["mask", "maskLeft", "maskRight", "shiftLeft", "shiftRight", "weights"]
}
