internal import RLEditCore

extension RunListing {
    /// What is made of runs and lies beside them in a folder.
    public struct Other: Sendable, Equatable {
        public enum Kind: String, Sendable {
            case comparison, sweep, pack
        }

        public let kind: Kind
        public let path: String
        /// Empty where it is not known yet.
        public let task: String
        /// What it holds, in words.
        public let contents: String
    }

    /// What lies at a path; nil for what is none of these.
    /// - Throws: ``PackError``.
    static func other(at path: String) throws -> Other? {
        func holds(_ name: String) -> Bool { FileSystem.status(of: "\(path)/\(name)") != nil }
        func count(_ number: Int, _ noun: String) -> String { "\(number) \(noun)\(number == 1 ? "" : "s")" }
        if path.hasSuffix(Pack.ending), FileSystem.status(of: path)?.isFolder == false {
            let pack = try Pack(path: path)
            return Other(
                kind: .pack, path: path, task: pack.manifest.task,
                contents: "\(pack.manifest.learner), \(count(pack.manifest.seeds.count, "seed"))")
        }
        if holds(ComparisonFolder.cellsName) {
            guard let json = json("\(path)/\(ComparisonFolder.jsonName)") else {
                return Other(kind: .comparison, path: path, task: "", contents: "not finished")
            }
            let methods = json["methods"]?.array ?? []
            let seeds = methods.map { $0["seeds"]?.array?.count ?? 0 }.max() ?? 0
            return Other(
                kind: .comparison, path: path, task: json["task"]?.string ?? "",
                contents: "\(count(methods.count, "method")), \(count(seeds, "seed"))")
        }
        if holds(SweepFolder.trialsName) {
            guard let json = json("\(path)/\(Sweep.jsonName)") else {
                return Other(kind: .sweep, path: path, task: "", contents: "not finished")
            }
            return Other(
                kind: .sweep, path: path, task: json["task"]?.string ?? "",
                contents: count(json["trials"]?.array?.count ?? 0, "trial"))
        }
        return nil
    }

    /// nil for a file that is not there, or cannot be read.
    private static func json(_ path: String) -> JSONValue? {
        (try? FileSystem.read(path)).flatMap { try? JSONValue(parsing: $0) }
    }

    /// A row for each; empty when there is none.
    var otherText: String {
        if others.isEmpty { return "" }
        var table = TextTable([
            .init("kind", .left), .init("task", .left), .init("holds", .left), .init("path", .left),
        ])
        for other in others { table.append([other.kind.rawValue, other.task, other.contents, other.path]) }
        return table.text
    }

    var otherJSON: [JSONValue] {
        others.map {
            [
                "kind": .string($0.kind.rawValue), "path": .string($0.path), "task": .string($0.task),
                "holds": .string($0.contents),
            ]
        }
    }
}
