/// Which names the members of a pack may have.
enum PackName {
    /// What makes a name one that must not be unpacked, as a predicate; nil when nothing does.
    static func fault(_ name: String) -> String? {
        let parts = name.split(separator: "/", omittingEmptySubsequences: false)
        if name.hasPrefix("/") { return "is absolute" }
        if parts.contains("..") { return "leads out of the pack" }
        if name.utf8.count > 1024 || parts.contains(where: { $0.utf8.count > 200 }) || parts.count > 32 {
            return "is too long"
        }
        if name.unicodeScalars.contains(where: { $0.properties.generalCategory == .control || $0 == "\\" }) {
            return "has a control character or a backslash"
        }
        if parts.contains(where: \.isEmpty) { return "has an empty part" }
        if parts.contains(where: { $0.hasPrefix(".") }) { return "has a part that begins with a dot" }
        return nil
    }

    /// Whether a pack may have a member of a name without ``fault(_:)``: the lists, what a run is read from, and its script.
    static func isKnown(_ name: String) -> Bool {
        let parts = name.split(separator: "/")
        guard let first = parts.first, parts.count > 1 else {
            return name == Pack.contentsName || name == Pack.resultsName || kept.contains(name)
        }
        return first == RunFolder.scriptFolderName || (seed(of: first) != nil && parts.count == 2 && isKept(parts[1]))
    }

    /// Files of a run, or of one of its seeds, that a pack keeps where there are any.
    static let kept = [
        RunFolder.manifestName, RunFolder.summaryName, RunFolder.deltaName, RunFolder.bestSeenDeltaName,
        TransferFiles.policyName,
    ]

    private static func isKept(_ name: Substring) -> Bool { kept.contains { $0 == name } }

    /// The seed whose folder has this name.
    private static func seed(of folder: Substring) -> Int? {
        guard folder.hasPrefix("seed-"), let seed = Int(folder.dropFirst(5)), folder == "seed-\(seed)" else {
            return nil
        }
        return seed
    }
}

/// SHA-256 of files by name, in the form of `sha256sum`: a line each; lines that begin with `#` say something to people.
struct HashList: Equatable {
    var entries: [(name: String, hash: String)] = []

    subscript(name: String) -> String? { entries.first { $0.name == name }?.hash }

    static func == (left: HashList, right: HashList) -> Bool {
        left.entries.elementsEqual(right.entries) { $0 == $1 }
    }

    init(_ entries: [(name: String, hash: String)] = []) { self.entries = entries }

    /// - Throws: ``Malformed``.
    init(parsing bytes: [UInt8]) throws(Malformed) {
        var names: Set<String> = []
        for (index, line) in bytes.split(separator: 0x0A, omittingEmptySubsequences: false).enumerated() {
            guard let first = line.first, first != UInt8(ascii: "#") else { continue }
            let (hash, rest) = (line.prefix(64), line.dropFirst(64))
            guard hash.count == 64, hash.allSatisfy(HashList.isDigit), rest.starts(with: [0x20, 0x20]),
                let name = String(validating: rest.dropFirst(2), as: UTF8.self), PackName.fault(name) == nil
            else { throw Malformed(reason: "line \(index + 1) is not a SHA-256, two spaces and a name") }
            guard names.insert(name).inserted else { throw Malformed(reason: "line \(index + 1) repeats a name") }
            entries.append((name, String(decoding: hash, as: UTF8.self)))
        }
    }

    private static func isDigit(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte)
    }

    struct Malformed: Error { let reason: String }

    var text: String { entries.map { "\($0.hash)  \($0.name)\n" }.joined() }
}
