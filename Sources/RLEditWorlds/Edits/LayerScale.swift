public import RLEditCore
internal import RLEditTensor

/// How strong an action is on each edited layer: one number or schedule for all, or one for each.
public struct LayerScale {
    private enum Kind {
        case same(Schedule)
        case named([(layer: String, schedule: Schedule)])
        case ordered([Schedule])
    }

    private let kind: Kind

    /// The same on every layer.
    public init(_ schedule: Schedule) { kind = .same(schedule) }

    public static func constant(_ value: Double) -> LayerScale { LayerScale(.constant(value)) }

    /// From `start` to `end` along a straight line, on every layer.
    public static func linear(_ start: Double, _ end: Double) -> LayerScale { LayerScale(.linear(start, end)) }

    /// One for each edited layer by its name.
    public static func named(_ schedules: [(layer: String, schedule: Schedule)]) -> LayerScale {
        LayerScale(kind: .named(schedules))
    }

    /// One for each edited layer, in the order of the layers.
    public static func ordered(_ schedules: [Schedule]) -> LayerScale { LayerScale(kind: .ordered(schedules)) }

    private init(kind: Kind) { self.kind = kind }

    public var description: String {
        switch kind {
        case .same(let schedule): schedule.description
        case .named(let schedules):
            schedules.map { "\($0.layer): \($0.schedule.description)" }.joined(separator: ", ")
        case .ordered(let schedules): schedules.map(\.description).joined(separator: ", ")
        }
    }

    /// The schedule of each of these layers.
    /// - Throws: ``WorldError/invalidSetting(owner:field:message:)`` unless each layer has just one.
    public func schedules(for layers: [String], owner: String) throws(WorldError) -> [Schedule] {
        func fault(_ message: String) -> WorldError { .invalidSetting(owner: owner, field: "scale", message: message) }
        switch kind {
        case .same(let schedule): return layers.map { _ in schedule }
        case .ordered(let schedules):
            guard schedules.count == layers.count else {
                throw fault(
                    "has \(schedules.count) entries for \(layers.count) edited layers (\(layers.joined(separator: ", ")))"
                )
            }
            return schedules
        case .named(let schedules):
            for (name, _) in schedules where !layers.contains(name) {
                throw fault(
                    "names the layer '\(name)', which is not edited"
                        + NearestName.help(for: name, among: layers, of: "edited layers"))
            }
            var result: [Schedule] = []
            for layer in layers {
                guard let entry = schedules.first(where: { $0.layer == layer }) else {
                    throw fault("has no entry for the layer '\(layer)'")
                }
                result.append(entry.schedule)
            }
            return result
        }
    }
}

/// The scale of a world on the layers of one task.
struct BoundScale {
    private let schedules: [Schedule]
    private let owner: String

    init(_ scale: LayerScale, layers: [EditedLayer], owner: String) throws(WorldError) {
        schedules = try scale.schedules(for: layers.map(\.name), owner: owner)
        self.owner = owner
    }

    /// The scale of each layer at a progress. A million times the weights is far past any use, and keeps products finite.
    func values(at progress: Double) throws -> [Double] {
        try schedules.map { schedule in
            let value = try schedule(progress)
            guard value > 0, value <= 1e6 else {
                throw WorldError.invalidSetting(
                    owner: owner, field: "scale", message: "must be above 0 and at most 1e6, got \(value)")
            }
            return value
        }
    }
}
