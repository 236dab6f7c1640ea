/// What can be wrong with an edit task, with the evidence that a user needs to fix it.
public enum WorldError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The network has no layer of this name; `nearest` is the most similar name that can be edited.
    case unknownLayer(name: String, nearest: String?, editable: [String])
    /// The layer exists but has no weight matrix.
    case layerNotEditable(layer: String, reason: String)
    /// The same layer is named twice.
    case duplicateLayer(String)
    /// A rank outside 1 … min(rows, columns).
    case rankTooLarge(layer: String, rank: Int, rows: Int, columns: Int)
    /// More weights to change than the layer has, or none.
    case countOutOfRange(layer: String, count: Int, weights: Int)
    /// A setting outside its documented range.
    case invalidSetting(owner: String, field: String, message: String)
    /// An example set that cannot be evaluated.
    case invalidSet(name: String, message: String)
    /// The network's output cannot be classified: it must end in `[classes]`.
    case outputNotClasses(shape: [Int])
    /// The action does not have the world's size.
    case actionSize(expected: Int, actual: Int)
    /// Not one action for each environment.
    case actionCount(expected: Int, actual: Int)
    /// An action holds NaN or infinity.
    case actionNotFinite(index: Int)
    /// A custom world returned weights of another shape or with values that are not finite.
    case invalidEdit(layer: String, message: String)
    /// A measure that this network or set does not have.
    case undefinedMetric(metric: String, set: String, reason: String)
    /// A reward that is NaN or infinite.
    case rewardNotFinite(value: Double, episode: Int, step: Int)
    /// A named term of a reward that is NaN or infinite.
    case rewardTermNotFinite(term: String, value: Double, episode: Int, step: Int)
    /// Every candidate so far is without a valid reward, so there is no worst one to count them as.
    case noValidReward(candidates: Int, reason: String)
    /// A reward whose gradient is wanted, and which reads more than means over sets.
    case noGradient(reads: String)
    /// A step before the first reset.
    case notReset
    /// A saved state that is not one of this environment.
    case invalidSnapshot(message: String)

    public var description: String {
        switch self {
        case .unknownLayer(let name, let nearest, let editable):
            "unknown layer '\(name)'"
                + (nearest.map { " (did you mean '\($0)'?)" } ?? "")
                + "; layers that can be edited: \(editable.joined(separator: ", "))"
        case .layerNotEditable(let layer, let reason):
            "layer '\(layer)' cannot be edited: \(reason)"
        case .duplicateLayer(let layer):
            "layer '\(layer)' is named twice"
        case .rankTooLarge(let layer, let rank, let rows, let columns):
            "rank \(rank) does not fit layer '\(layer)' of \(rows)×\(columns): expected 1 to \(min(rows, columns))"
        case .countOutOfRange(let layer, let count, let weights):
            "the \(count) largest changes do not fit layer '\(layer)' of \(weights) weights: expected 1 to \(weights)"
        case .invalidSetting(let owner, let field, let message):
            "\(owner): \(field) \(message)"
        case .invalidSet(let name, let message):
            "set '\(name)': \(message)"
        case .outputNotClasses(let shape):
            "the network's output of shape \(shape) per example is not a vector of class scores"
        case .actionSize(let expected, let actual):
            "an action of this world has \(expected) numbers, got \(actual)"
        case .actionCount(let expected, let actual):
            "a step takes one action for each environment: expected \(expected), got \(actual)"
        case .actionNotFinite(let index):
            "the action holds a value that is not a finite number at position \(index + 1)"
        case .invalidEdit(let layer, let message):
            "the edit of layer '\(layer)' \(message)"
        case .undefinedMetric(let metric, let set, let reason):
            "'\(metric)' of set '\(set)' is undefined: \(reason)"
        case .rewardNotFinite(let value, let episode, let step):
            "the reward is \(value) in episode \(episode), step \(step): a reward must be a finite number"
        case .rewardTermNotFinite(let term, let value, let episode, let step):
            "the reward's term '\(term)' is \(value) in episode \(episode), step \(step): a term must be a finite number"
        case .noValidReward(let candidates, let reason):
            "none of the first \(candidates) candidates has a valid reward, so there is no worst one to count them as; "
                + "the first: \(reason)"
        case .noGradient(let reads):
            "the reward reads \(reads), through which no gradient goes: let it read accuracy, loss, confidence, "
                + "true_probability, margin and entropy of sets alone, or take EvolutionStrategy, which learns from any reward"
        case .notReset:
            "step was called before reset"
        case .invalidSnapshot(let message):
            "the saved state does not fit this environment: \(message)"
        }
    }
}

extension WorldError {
    /// What `measure` gives; nil when it is undefined.
    package static func defined(_ measure: () throws(WorldError) -> Double) throws(WorldError) -> Double? {
        do { return try measure() } catch {
            if case .undefinedMetric = error { return nil }
            throw error
        }
    }

    /// A measure of two classes of a network with another number of them.
    static func needsTwoClasses(metric: String, set: String, classes: Int) -> WorldError {
        .undefinedMetric(
            metric: metric, set: set, reason: "it takes a network of two classes, and this one has \(classes)")
    }
}
