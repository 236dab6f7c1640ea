import Foundation
import RLEditBaselines
import RLEditCore
import RLEditLearners
import RLEditLua
import Testing

/// The annotation files in `library/`, which are made from what the bindings say of themselves.
@Suite struct AnnotationFilesTests {
    private static let library = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "library")

    private static func lines(_ text: String) -> [Substring] {
        text.split(separator: "\n", omittingEmptySubsequences: false)
    }

    @Test("the committed files are what the program makes; if not, run scripts/reference")
    func committed() throws {
        let made = try AnnotationFiles.all()
        let paths = try FileManager.default.subpathsOfDirectory(atPath: Self.library.path)
        #expect(paths.filter { $0.hasSuffix(".lua") }.sorted() == made.map(\.path).sorted())
        for file in made {
            let text = try? String(contentsOf: Self.library.appending(path: file.path), encoding: .utf8)
            #expect(text == file.text, "\(file.path)")
        }
    }

    @Test("every module, type of objects and function has prose")
    func prose() throws {
        for file in try AnnotationFiles.all() {
            var hasProse = false
            for line in Self.lines(file.text) {
                if line.hasPrefix("--- ") { hasProse = true }
                if line.hasPrefix("function ") || line.hasPrefix("local ") {
                    #expect(hasProse, "\(file.path): \(line)")
                }
                if !line.hasPrefix("---") { hasProse = false }
            }
        }
    }

    @Test("every class that an annotation names is declared once")
    func classes() throws {
        let text = try AnnotationFiles.all().map(\.text).joined()
        let declared = text.matches(of: /(?m)^---@(?:class|alias) (rledit[\w.]*)/).map { String($0.1) }
        #expect(Set(declared).count == declared.count)
        let tags = Self.lines(text).filter { $0.hasPrefix("---@") && !$0.hasPrefix("---@meta") }
        for tag in tags {
            // Prose after the type may name functions.
            for name in tag.matches(of: /[( |:]((?:rledit\.)[A-Z]\w*)/) {
                #expect(declared.contains(String(name.1)), "\(tag)")
            }
        }
    }

    @Test(
        "the examples of the annotation files run",
        arguments: ["tensor", "schedule", "models", "data", "worlds", "learners", "baselines", "run", "transfer"])
    func examples(module: String) throws {
        let file = try #require(try AnnotationFiles.all().first { $0.path == "rledit/\(module).lua" })
        let lines = Self.lines(file.text)
        let begin = try #require(lines.firstIndex(of: "--- ```lua"))
        let end = try #require(lines[(begin + 1)...].firstIndex(of: "--- ```"))
        let example = lines[(begin + 1)..<end].map { $0.dropFirst(4) }.joined(separator: "\n")
        let script = ModuleScript()
        defer { script.remove() }
        #expect(try !script.run(example).printed.isEmpty)
    }

    @Test("a setting is shown with its type, its range and its default")
    func settings() throws {
        let text = try AnnotationFiles.all().map(\.text).joined()
        let lines = Set(Self.lines(text))
        for expected in [
            "---@field discount (number|false)? γ, weight of the next step's value, 0 … 1; "
                + "false: 0 at horizon 1, else 0.5; default false",
            "---@field hidden_sizes integer[]? units of each hidden layer of the mean's network, 1 … 65536; "
                + "default { 64, 64 }",
            "---@field penalty number? weight of Σ |w| in the first epoch, > 0; falls linearly; default 0.0005",
            "---@class rledit.SalunOptions: rledit.UnlearningOptions",
            "---@class rledit.ErasureOptions: rledit.LayerUnlearningOptions",
        ] {
            #expect(lines.contains(Substring(expected)), "\(expected)")
        }
    }

    @Test("a learner's documentation has a row for each number that it logs")
    func logs() throws {
        let file = try #require(try AnnotationFiles.all().first { $0.path == "rledit/learners.lua" })
        for learner in Learners.all {
            let end = try #require(file.text.range(of: "function learners.\(learner.name)("))
            let block = file.text[..<end.lowerBound].components(separatedBy: "\n\n").last ?? ""
            let keys = block.matches(of: /(?m)^--- \| `(\w+)` \|/).map { String($0.1) }
            #expect(keys == learner.logKeys.map(\.name), "\(learner.name)")
        }
    }

    @Test("every stored field of a learner's or a baseline's configuration is a setting")
    func completeness() {
        func fields(_ configuration: Any) -> [String] { Mirror(reflecting: configuration).children.compactMap(\.label) }
        func check<Made: CatalogueLearner>(_ learner: Made.Type) {
            let configuration = Made.Configuration()
            #expect(configuration.settings.map(\.name) == fields(configuration), "\(Made.name)")
        }
        for learner in Learners.all { check(learner) }
        func names(_ method: some UnlearningMethod) -> [String] { method.settings.map(\.name) }
        for method in Baselines.all {
            // Variants of a method share a type, and may lack each other's settings.
            let variants = Baselines.all.filter { type(of: $0) == type(of: method) }
            let undeclared = Set(fields(method)).subtracting(variants.flatMap { names($0) })
            #expect(undeclared.isSubset(of: ["layers", "form"]), "\(method.name)")
        }
    }
}
