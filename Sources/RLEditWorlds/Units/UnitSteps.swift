/// How a unit policy spends an episode.
public struct UnitSteps: Sendable, Equatable {
    /// Steps of an episode; with 1 the policy edits at once.
    public let horizon: Int
    /// Whether each step sees the unedited network instead of what the steps before it have left: a control, which shows
    /// what seeing is worth.
    public let isBlind: Bool
    /// Whether each step edits one layer, in turn, instead of all layers at once.
    public let inTurn: Bool

    /// Far past any use.
    package static let mostSteps = 100

    /// One step on all layers.
    public static let one = UnitSteps()

    public init(horizon: Int = 1, isBlind: Bool = false, inTurn: Bool = false) {
        self.horizon = min(max(horizon, 1), UnitSteps.mostSteps)
        self.isBlind = isBlind
        self.inTurn = inTurn
    }

    /// Looks at what steps have done: one for each step but the first.
    package var looks: Int { isBlind ? 0 : horizon - 1 }

    /// The layers of a step, by number.
    func turn(_ step: Int, of layers: Int) -> [Int] { inTurn ? [step % max(layers, 1)] : Array(0..<layers) }
}
