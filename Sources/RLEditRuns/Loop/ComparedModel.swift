public import RLEditNN

/// A model that a run is compared with: a baseline's result, or any other. It is measured on the held-out sets as the
/// edited models are, as a stage of its name.
public struct ComparedModel: Sendable {
    /// Unique within the task, and none of ``reservedNames``.
    public let name: String
    public let network: Network
    /// nil when nobody counted.
    public let cost: ModelCost?

    public init(name: String, network: Network, cost: ModelCost? = nil) {
        self.name = name
        self.network = network
        self.cost = cost
    }

    /// Names that mean something else in files where stages are named.
    public static let reservedNames = [
        "before", "mean_policy", "best_seen", "label", "examples", "target", "set", "group",
    ]
}

/// What it took to make a model.
public struct ModelCost: Sendable, Equatable {
    /// Thousand full-forward equivalents: (forwards + 2 · backwards) / 1000.
    public var kfe: Double
    /// Wall-clock seconds.
    public var seconds: Double

    public init(kfe: Double, seconds: Double) {
        self.kfe = kfe
        self.seconds = seconds
    }
}
