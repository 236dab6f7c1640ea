internal import RLEditBaselines
internal import RLEditCore
internal import RLEditLearners
internal import RLEditRuns
internal import RLEditTensor
internal import RLEditWorlds

/// A field of a settings table with its default, for the test that holds the annotation files to the truth.
package struct DocumentedSetting: Sendable, Equatable {
    /// In Swift's spelling, as the configuration struct has it.
    package let swiftName: String
    /// As scripts write it.
    package let name: String
    /// `integer`, `(number|false)`, …
    package let type: String
    /// `8192`, `false`, `{ 64, 64 }`.
    package let standard: String
    package let documentation: String

    /// Settings with defaults by the class that annotates them.
    package static var all: [(owner: String, settings: [DocumentedSetting])] {
        var all: [(owner: String, settings: [DocumentedSetting])] = []
        func add(_ owner: String, _ configuration: some Configurable) {
            all.append((owner, list(configuration)))
        }
        for learner in Learners.all {
            func defaults<Made: CatalogueLearner>(_ learner: Made.Type) -> Made.Configuration { Made.Configuration() }
            add("rledit.\(learner.name)Options", defaults(learner))
        }
        for method in Baselines.all { add("rledit.\(LuaName.capWords(method.name))Options", method) }
        add("rledit.FineTuneLastLayerOptions", FineTuneLastLayer())
        add("rledit.ThresholdOptions", ThresholdTuning())
        add("rledit.RelearnOptions", Relearning())
        add("rledit.ProbeOptions", LinearProbe())
        return all
    }

    private static func list(_ defaults: some Configurable) -> [DocumentedSetting] {
        defaults.settings.map { setting in
            DocumentedSetting(
                swiftName: setting.name, name: setting.luaName, type: setting.luaType,
                standard: text(setting.json(of: defaults)), documentation: setting.documentation)
        }
    }

    private static func text(_ value: JSONValue) -> String {
        switch value {
        case .array(let values): "{ " + values.map(text).joined(separator: ", ") + " }"
        case .bool(let value): "\(value)"
        case .integer(let value): "\(value)"
        case .number(let value): value == value.rounded() && abs(value) < 1e9 ? "\(Int(value))" : "\(value)"
        case .string(let value): "\"\(value)\""
        case .null, .object: "nil"
        }
    }
}
