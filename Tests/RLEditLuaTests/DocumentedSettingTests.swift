import Foundation
import RLEditLearners
import RLEditLua
import Testing

@Suite struct DocumentedSettingTests {
    /// The lines of a class in the annotation files.
    private static func annotations(of owner: String) throws -> [String] {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        for file in ["learners", "worlds", "baselines", "metrics"] {
            let text = try String(contentsOf: root.appending(path: "library/rledit/\(file).lua"), encoding: .utf8)
            let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
            guard let start = lines.firstIndex(where: { $0.hasPrefix("---@class \(owner)") }) else { continue }
            return Array(lines[(start + 1)...].prefix { $0.hasPrefix("---@field") })
        }
        return []
    }

    @Test("every setting is annotated with its type and its real default")
    func defaults() throws {
        for (owner, settings) in DocumentedSetting.all {
            let lines = try Self.annotations(of: owner)
            for setting in settings {
                let line = lines.first { $0.hasPrefix("---@field \(setting.name) ") }
                let found = try #require(line, "\(owner).\(setting.name)")
                #expect(found.hasPrefix("---@field \(setting.name) \(setting.type)? "), "\(owner): \(found)")
                #expect(
                    found.hasSuffix("; default \(setting.standard)"), "\(owner).\(setting.name): \(setting.standard)")
            }
            let names = settings.map(\.name)
            for line in lines where line.contains("; default ") {
                #expect(names.contains { line.hasPrefix("---@field \($0) ") }, "\(owner): \(line)")
            }
        }
    }

    @Test("scripts can set every field of each learner's configuration")
    func completeness() {
        func fields(_ configuration: Any) -> [String] { Mirror(reflecting: configuration).children.compactMap(\.label) }
        let all = Dictionary(
            uniqueKeysWithValues: DocumentedSetting.all.map { ($0.owner, $0.settings.map(\.swiftName)) })
        func check<Made: CatalogueLearner>(_ learner: Made.Type) {
            #expect(all["rledit.\(Made.name)Options"] == fields(Made.Configuration()), "\(Made.name)")
        }
        for learner in Learners.all { check(learner) }
    }
}
