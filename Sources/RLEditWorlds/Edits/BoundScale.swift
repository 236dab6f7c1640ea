internal import RLEditCore

/// The scale of a world on the layers of one task.
struct BoundScale {
    /// A million times the weights is far past any use, and keeps products finite.
    static let bounds = Bounds.above(0, upTo: 1_000_000)

    private let schedules: [Schedule]
    private let owner: String

    init(_ scale: LayerScale, layers: [EditedLayer], owner: String) throws(ConfigurationError) {
        schedules = try scale.schedules(for: layers.map(\.name), owner: owner)
        self.owner = owner
    }

    /// The scale of each layer at a progress.
    func values(at progress: Double) throws -> [Double] {
        try schedules.map { schedule in
            let value = try schedule(progress)
            if let refusal = BoundScale.bounds.refusal(of: value, shown: "\(value)") {
                throw ConfigurationError(owner, "scale", refusal)
            }
            return value
        }
    }
}
