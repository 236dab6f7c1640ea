import Foundation
import LuaBridge
import RLEditLua
import Testing

/// What scripts can name, what the annotation files say, and what the reference pages say must be one and the same.
@Suite struct NamesAuditTests {
    /// Names by what they belong to: a module (`rledit.tensor`) or a type of objects (`rledit.Tensor`).
    typealias Names = [String: Set<String>]

    private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    @Test("the annotation files name what is there, and nothing else")
    func annotations() throws {
        try compare(try Self.realNames(), try Self.annotatedNames(), "library")
    }

    @Test("the reference pages name what is there, and nothing else")
    func reference() throws {
        try compare(try Self.realNames(), try Self.referenceNames(), "docs/reference")
    }

    @Test("functions and fields are written in snake_case, worlds and learners in CapWords")
    func spelling() throws {
        for (owner, names) in try Self.realNames() {
            for name in names {
                let isWord = name.wholeMatch(of: /[a-z][a-z0-9]*(_[a-z0-9]+)*_?/) != nil
                let isClass = name.wholeMatch(of: /([A-Z]+[a-z0-9]*)+/) != nil
                #expect(isWord || isClass, "\(owner).\(name)")
            }
        }
    }

    @Test("the rule from Swift's names to Lua's keeps abbreviations whole")
    func rule() {
        #expect(LuaName.snakeCase("learningRate") == "learning_rate")
        #expect(LuaName.snakeCase("targetKL") == "target_kl")
        #expect(LuaName.snakeCase("crossEntropy") == "cross_entropy")
        #expect(LuaName.snakeCase("steps") == "steps")
    }

    @Test(
        "the examples of the annotation files run",
        arguments: ["tensor", "schedule", "models", "data", "worlds", "learners", "baselines", "run", "transfer"])
    func examples(module: String) throws {
        let text = try String(contentsOf: Self.root.appending(path: "library/rledit/\(module).lua"), encoding: .utf8)
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        let begin = try #require(lines.firstIndex(of: "--- ```lua"))
        let end = try #require(lines[(begin + 1)...].firstIndex(of: "--- ```"))
        let example = lines[(begin + 1)..<end].map { $0.dropFirst(4) }.joined(separator: "\n")
        let script = ModuleScript()
        defer { script.remove() }
        #expect(try !script.run(example).printed.isEmpty)
    }

    private func compare(_ real: Names, _ written: Names, _ place: String) throws {
        for (owner, names) in real.sorted(by: { $0.key < $1.key }) {
            let said = written[owner] ?? []
            #expect(names.subtracting(said).sorted() == [], "\(owner): missing in \(place)")
            #expect(said.subtracting(names).sorted() == [], "\(owner): in \(place) but not there")
        }
        #expect(Set(written.keys).subtracting(real.keys).sorted() == [], "in \(place) but not there")
    }

    // MARK: The three sources

    /// The keys of every module and the members of every registered type, from a host as scripts get it.
    static func realNames() throws -> Names {
        let script = ModuleScript()
        defer { script.remove() }
        return try LuaThread.run {
            try LuaHost.with { host in
                try ModuleScript.addModules(to: host, context: script.context(ModuleScript.Notes()))
                var names: Names = [:]
                for module in host.modules.names {
                    guard case .table(let table) = try host.run("return (require '\(module)')").first else { continue }
                    names[module] = Set(
                        try table.sortedKeys().compactMap { key in
                            if case .string(let name) = key { name.text } else { nil }
                        })
                }
                for type in host.registeredTypes { names[type.name] = Set(type.memberNames) }
                return names
            }
        }
    }

    /// `---@class`, its `---@field`s, and the functions of the variable declared below it. Classes without a variable
    /// describe plain tables.
    static func annotatedNames() throws -> Names {
        var names: Names = [:]
        for file in try files(in: "library", ending: "lua") {
            var variables: [String: String] = [:]
            var (pendingClass, pendingFields): (String?, Set<String>) = (nil, [])
            for line in try String(contentsOf: file, encoding: .utf8).split(
                separator: "\n", omittingEmptySubsequences: false)
            {
                if let match = line.firstMatch(of: /^---@class (rledit[\w.]*)/) {
                    pendingClass = String(match.1)
                    pendingFields = []
                } else if let match = line.firstMatch(of: /^---@field (\w+)/) {
                    pendingFields.insert(String(match.1))
                } else if let match = line.firstMatch(of: /^local (\w+) = \{\}/), let owner = pendingClass {
                    variables[String(match.1)] = owner
                    names[owner, default: []].formUnion(pendingFields)
                } else if let match = line.firstMatch(of: /^function (\w+)[.:](\w+)\(/) {
                    let owner = try #require(variables[String(match.1)], "\(file.lastPathComponent): \(line)")
                    names[owner, default: []].insert(String(match.2))
                }
                if !line.hasPrefix("---") { pendingClass = nil }
            }
        }
        return names
    }

    /// Headings such as ``### `tensor.zeros(shape)` ``, ``### `Tensor.shape` `` and ``## rledit.Layer``.
    static func referenceNames() throws -> Names {
        var names: Names = [:]
        for file in try files(in: "docs/reference", ending: "md") {
            for line in try String(contentsOf: file, encoding: .utf8).split(separator: "\n") {
                if let match = line.firstMatch(of: /^#+ `(\w+)[.:](\w+)/) {
                    let owner = match.1 == "rledit" ? "rledit" : "rledit.\(match.1)"
                    names[owner, default: []].insert(String(match.2))
                }
            }
        }
        // Types without members have a heading of their own only, as have plain tables.
        for owner in try annotatedNames().filter({ $0.value.isEmpty }).keys { names[owner] = names[owner] ?? [] }
        return names
    }

    private static func files(in folder: String, ending: String) throws -> [URL] {
        let start = root.appending(path: folder)
        let paths = try FileManager.default.subpathsOfDirectory(atPath: start.path).sorted()
        return paths.filter { $0.hasSuffix("." + ending) }.map { start.appending(path: $0) }
    }
}
