// Checks the arrows between the targets, who may import whom, and between the rooms of a target, who may name whom.
//
//   arrows MANIFEST.json ROOT
//
// MANIFEST.json is what `swift package dump-package` prints. Three statements are compared, each with the next: the
// table in ROOT/docs/architecture.md (what a target may import), the manifest (what it declares) and the sources (what
// they import). SwiftPM alone does not do this: a target may import the dependencies of its dependencies.
// A room is a folder of a target. A second table says whose types its files may name.
// Prints one line a violation and exits 1 when there is one.

import Foundation

// MARK: - What the rules speak about

enum Rules {
    /// Modules that come with the toolchain; every target may import them.
    static let toolchainModules: Set<String> = [
        "Dispatch", "Foundation", "FoundationEssentials", "Glibc", "Musl", "Darwin", "Synchronization", "Testing",
    ]

    /// The C side of the script host, and the one Swift target that may import it, hidden from its own interface.
    static let scriptHostModules: Set<String> = ["CLua", "CLuaShims"]
    static let scriptHost = "LuaBridge"

    /// This target and all that it reaches know networks and edits only: an edit task is a protocol to them.
    static let scriptFreeRoot = "RLEditWorlds"

    /// Headers of the system's libraries, by the target that owns them.
    static let systemHeaders: [(prefix: String, owner: String)] = [
        ("lua.h", "CLua"), ("lauxlib.h", "CLua"), ("lualib.h", "CLua"), ("luaconf.h", "CLua"),
        ("oneapi/dnnl/", "CDNNL"), ("zlib.h", "CZlib"), ("openssl/", "CCrypto"),
        ("jpeglib.h", "CJPEG"), ("jerror.h", "CJPEG"), ("png.h", "CPNG"), ("histedit.h", "CLibedit"),
    ]
}

struct Target {
    let name: String
    let folder: String
    let isTest: Bool
    /// Targets and products, in the manifest's order.
    let dependencies: [String]
}

struct Failure: Error {
    let description: String
}

// MARK: - Reading

func text(of path: String) throws -> String {
    guard let data = FileManager.default.contents(atPath: path) else {
        throw Failure(description: "cannot read \(path)")
    }
    return String(decoding: data, as: UTF8.self)
}

/// The targets of a `dump-package` answer.
func targets(inManifest path: String) throws -> [Target] {
    let json = try JSONSerialization.jsonObject(with: Data(try text(of: path).utf8))
    guard let manifest = json as? [String: Any], let entries = manifest["targets"] as? [[String: Any]] else {
        throw Failure(description: "\(path) is not the output of `swift package dump-package`")
    }
    return try entries.map { entry in
        guard let name = entry["name"] as? String, let type = entry["type"] as? String else {
            throw Failure(description: "\(path): a target without a name or a type")
        }
        let isTest = type == "test"
        // A dependency is {"byName": ["X", …]}, {"target": ["X", …]} or {"product": ["X", "package", …]}.
        let dependencies = (entry["dependencies"] as? [[String: [Any]]] ?? []).compactMap { $0.values.first?.first }
        return Target(
            name: name, folder: entry["path"] as? String ?? "\(isTest ? "Tests" : "Sources")/\(name)", isTest: isTest,
            dependencies: dependencies.compactMap { $0 as? String })
    }
}

/// The rows of the table with this head: the name in the first cell, then the names in the last one.
func rows(ofTable head: [String], in path: String) throws -> [String: Set<String>] {
    var rows: [String: Set<String>] = [:]
    var isInTable = false
    for line in try text(of: path).split(separator: "\n", omittingEmptySubsequences: false) {
        guard line.hasPrefix("|") else {
            isInTable = false
            continue
        }
        let cells = line.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
        guard cells.count == 3 else { continue }
        if cells == head {
            isInTable = true
        } else if isInTable, let name = codeSpans(in: cells[0]).first {
            rows[name] = Set(codeSpans(in: cells[2]))
        }
    }
    guard !rows.isEmpty else {
        throw Failure(description: "\(path) has no table headed `| \(head.joined(separator: " | ")) |`")
    }
    return rows
}

func codeSpans(in text: String) -> [String] {
    text.matches(of: /`([^`]+)`/).map { String($0.1) }
}

/// The files below a folder with one of the extensions, sorted, as paths relative to `root`.
func files(below folder: String, of root: String, extensions: Set<String>) -> [String] {
    let all = FileManager.default.enumerator(atPath: "\(root)/\(folder)")?.compactMap { $0 as? String } ?? []
    return all.filter { extensions.contains(($0 as NSString).pathExtension) }.sorted().map { "\(folder)/\($0)" }
}

// MARK: - The rules

struct Checker {
    let root: String
    let targets: [Target]
    let allowed: [String: Set<String>]
    /// The rooms, folders below `Sources`, and the rooms whose types each may name, beside its own.
    let rooms: [String: Set<String>]
    private(set) var violations: [String] = []

    init(root: String, targets: [Target], allowed: [String: Set<String>], rooms: [String: Set<String>]) {
        self.root = root
        self.targets = targets
        self.allowed = allowed
        self.rooms = rooms
    }

    mutating func run() throws {
        checkManifest()
        try checkRooms()
        let scriptFree = reached(from: Rules.scriptFreeRoot)
        for target in targets {
            for file in files(below: target.folder, of: root, extensions: ["swift"]) {
                try checkSwift(file, of: target)
            }
            for file in files(below: target.folder, of: root, extensions: ["c", "h"]) {
                try checkC(file, of: target)
            }
            guard scriptFree.contains(target.name) else { continue }
            for file in files(below: target.folder, of: root, extensions: ["swift", "c", "h"]) {
                try checkSpeaksNotOfScripts(file)
            }
        }
    }

    /// The manifest declares no arrow that the table does not draw, and the table has every target.
    private mutating func checkManifest() {
        for target in targets where !target.isTest {
            guard let may = allowed[target.name] else {
                violations.append("docs/architecture.md: the table of targets has no row for \(target.name)")
                continue
            }
            for dependency in target.dependencies where !may.contains(dependency) {
                violations.append(
                    "Package.swift: \(target.name) depends on \(dependency), an arrow that docs/architecture.md does not draw"
                )
            }
        }
        let names = Set(targets.map(\.name))
        for name in allowed.keys.sorted() where !names.contains(name) {
            violations.append("docs/architecture.md: the table of targets names \(name), which Package.swift does not")
        }
    }

    /// A file names no type that a room declares which its own may not use, and lies in a room where its target has some.
    private mutating func checkRooms() throws {
        // A declaration at the top of a file; nobody else sees a private one.
        let declaration =
            /^(?:@\w+ )*(?:(?:package|public|final|indirect) )*(?:class|struct|enum|protocol|typealias) (\w+)/
        var owners: [String: String] = [:]
        var code: [(room: String, file: String, lines: [Substring])] = []
        for room in rooms.keys.sorted() {
            for file in files(below: "Sources/\(room)", of: root, extensions: ["swift"]) {
                let lines = try text(of: "\(root)/\(file)").split(separator: "\n", omittingEmptySubsequences: false)
                code.append((room, file, lines))
                for line in lines where line.first?.isWhitespace == false {
                    if let found = line.firstMatch(of: declaration) { owners[String(found.1)] = room }
                }
            }
        }
        for (room, file, lines) in code {
            for (index, line) in lines.enumerated() where !line.drop(while: \.isWhitespace).hasPrefix("//") {
                for word in Set(line.split { !$0.isLetter && !$0.isNumber && $0 != "_" }).sorted() {
                    guard let owner = owners[String(word)], owner != room, rooms[room]?.contains(owner) == false else {
                        continue
                    }
                    report(file, index, "names \(word) of \(owner), which \(room) may not use")
                }
            }
        }
        for target in Set(rooms.keys.compactMap { $0.split(separator: "/").first.map(String.init) }).sorted() {
            for file in files(below: "Sources/\(target)", of: root, extensions: ["swift"])
            where !rooms.keys.contains(where: { file.hasPrefix("Sources/\($0)/") }) {
                violations.append("\(file): lies in none of the rooms that docs/architecture.md lists")
            }
        }
    }

    private mutating func checkSwift(_ file: String, of target: Target) throws {
        // `@attribute access import kind Module…`: captures the access level and the module.
        let importStatement =
            /^\s*(?:@\w+(?:\([^)]*\))?\s+)*(?:(\w+)\s+)?import\s+(?:(?:struct|class|enum|protocol|typealias|func|let|var)\s+)?`?(\w+)/
        for (index, line) in try lines(of: file, with: "import", "@testable") {
            // Every test runs in release, where `@testable` would cost a second build of the whole package.
            if line.contains(/^\s*(@\w+\s+)*@testable\b/) {
                report(file, index, "@testable: tests use the package's own interface")
            }
            if line.contains(/^\s*(@\w+\s+)*@_exported\b/) {
                report(file, index, "@_exported: a re-export draws arrows that nobody sees")
            }
            for statement in line.split(separator: ";") {
                guard let found = statement.firstMatch(of: importStatement) else { continue }
                checkImport(of: String(found.2), access: found.1.map(String.init), file, index, target)
            }
        }
    }

    private mutating func checkImport(
        of module: String, access: String?, _ file: String, _ index: Int, _ target: Target
    ) {
        guard module != target.name, !Rules.toolchainModules.contains(module) else { return }
        if Rules.scriptHostModules.contains(module) {
            if target.name != Rules.scriptHost {
                report(file, index, "imports \(module), which \(Rules.scriptHost) alone may")
                return
            }
            if access == "public" || access == "package" {
                report(file, index, "imports \(module) into its interface: write `internal import \(module)`")
            }
        }
        guard !target.dependencies.contains(module) else { return }
        let declared = target.dependencies.isEmpty ? "nothing" : target.dependencies.joined(separator: ", ")
        report(file, index, "imports \(module), which \(target.name) does not declare (Package.swift: \(declared))")
    }

    private mutating func checkC(_ file: String, of target: Target) throws {
        for (index, line) in try lines(of: file, with: "#") {
            guard let found = line.firstMatch(of: /^\s*#\s*(?:include|import)\s*[<"]([^>"]+)[>"]/) else { continue }
            let header = String(found.1)
            let owner =
                Rules.systemHeaders.first { header.hasPrefix($0.prefix) }?.owner
                ?? targets.first { header == "\($0.name).h" }?.name
            guard let owner, owner != target.name, !target.dependencies.contains(owner) else { continue }
            report(file, index, "includes \(header) of \(owner), which \(target.name) does not declare")
        }
    }

    private mutating func checkSpeaksNotOfScripts(_ file: String) throws {
        for (index, line) in try lines(of: file, with: "Lua", "lua", "LUA")
        where line.contains(/Lua|(^|[^A-Za-z])(lua|LUA)/) {  // but not "evaluator"
            report(
                file, index,
                "mentions Lua: \(Rules.scriptFreeRoot) and what is below it do not know that scripts exist")
        }
    }

    /// The lines with one of the words, by their index. (A plain search is much quicker than the patterns after it.)
    private func lines(of file: String, with words: String...) throws -> [(index: Int, line: Substring)] {
        try text(of: "\(root)/\(file)").split(separator: "\n", omittingEmptySubsequences: false).enumerated()
            .filter { _, line in words.contains { line.contains($0) } }.map { (index: $0.offset, line: $0.element) }
    }

    /// A target and everything that it depends on, directly or not.
    private func reached(from name: String) -> Set<String> {
        var reached: Set<String> = []
        var waiting = [name]
        while let next = waiting.popLast() {
            guard reached.insert(next).inserted else { continue }
            waiting += targets.first { $0.name == next }?.dependencies ?? []
        }
        return reached
    }

    private mutating func report(_ file: String, _ index: Int, _ message: String) {
        violations.append("\(file):\(index + 1): \(message)")
    }
}

// MARK: - The command

guard CommandLine.arguments.count == 3 else {
    print("usage: arrows MANIFEST.json ROOT")
    exit(2)
}
let root = CommandLine.arguments[2]
do {
    let document = "\(root)/docs/architecture.md"
    var checker = Checker(
        root: root, targets: try targets(inManifest: CommandLine.arguments[1]),
        allowed: try rows(ofTable: ["target", "owns", "may import"], in: document),
        rooms: try rows(ofTable: ["room", "holds", "may use"], in: document))
    try checker.run()
    checker.violations.forEach { print($0) }
    exit(checker.violations.isEmpty ? 0 : 1)
} catch let failure as Failure {
    print(failure.description)
    exit(2)
}
