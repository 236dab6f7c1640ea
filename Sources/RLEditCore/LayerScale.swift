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

    /// As in manifests: one for all layers, a list in their order, or an object by their names.
    public var json: JSONValue {
        switch kind {
        case .same(let schedule): return schedule.json
        case .named(let schedules):
            var object = JSONObject()
            for (layer, schedule) in schedules { object[layer] = schedule.json }
            return .object(object)
        case .ordered(let schedules):
            if let schedule = schedules.first, Set(schedules.map(\.description)).count == 1 { return schedule.json }
            return .array(schedules.map(\.json))
        }
    }

    /// The schedule of each of these layers.
    /// - Throws: ``ConfigurationError`` unless each layer has just one.
    public func schedules(for layers: [String], owner: String) throws(ConfigurationError) -> [Schedule] {
        func fault(_ message: String) -> ConfigurationError { ConfigurationError(owner, "scale", message) }
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
