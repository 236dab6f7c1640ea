internal import RLEditCore
internal import RLEditData

/// A run in one file that can be passed on: script, modules, policies, manifest, edit and results, but no data.
///
/// `docs/sharing.md` describes the file. Nothing in it is trusted: opening it checks names, sizes and every SHA-256.
public struct Pack: Sendable {
    public struct Member: Sendable, Equatable {
        public let name: String
        public let size: Int
        /// SHA-256 in hexadecimal.
        public let hash: String
    }

    /// Lists every other member with its SHA-256.
    public static let contentsName = "contents.txt"
    /// Lists files of the run by their SHA-256, whether they are in the pack or not.
    public static let resultsName = "results.txt"
    /// How the names of packs end.
    public static let ending = ".rledit"

    /// Bytes of all members together, and of one that is read as text.
    public static let largestContents = 1 << 30
    static let largestText = 16 << 20
    static let mostMembers = 2_500

    public let path: String
    /// All but ``contentsName``, in the order of the file.
    public let members: [Member]
    public let results: RunResults
    private let file: ZipFile

    public var manifest: Manifest { results.manifest }

    /// Opens a pack.
    /// - Throws: ``PackError``.
    public init(path: String) throws(PackError) {
        self.path = path
        file = try Pack.reading(path) { () throws(DataError) in try ZipFile(path: path, limit: Pack.largestContents) }
        guard file.members.count <= Pack.mostMembers else {
            throw PackError(path: path, .tooMany(members: file.members.count, limit: Pack.mostMembers))
        }
        for member in file.members {
            if let reason = PackName.fault(member.name) {
                throw PackError(path: path, .name(member.name, reason: reason))
            }
            guard member.isFile else { throw PackError(path: path, .notAFile(member.name)) }
            guard PackName.isKnown(member.name) else { throw PackError(path: path, .unknown(member.name)) }
        }
        let contents = try Pack.list(Pack.contentsName, in: file)
        var listed: [String: String] = [:]
        for entry in contents.entries { listed[entry.name] = entry.hash }
        var members: [Member] = []
        for member in file.members where member.name != Pack.contentsName {
            let file = file
            let hash = try Pack.reading(path) { () throws(DataError) in try file.digest(of: member) }
            guard listed.removeValue(forKey: member.name) == hash else {
                throw PackError(path: path, .changed(member.name, list: Pack.contentsName))
            }
            members.append(Member(name: member.name, size: member.size, hash: hash))
        }
        if let missing = listed.keys.min() { throw PackError(path: path, .missing(missing)) }
        self.members = members
        results = try Pack.results(of: file, members)
    }

    /// What its lists, manifest and summary say, which must agree with the members.
    private static func results(of file: ZipFile, _ members: [Member]) throws(PackError) -> RunResults {
        let path = file.path
        let hashes = Dictionary(members.map { ($0.name, $0.hash) }) { first, _ in first }
        let manifest = try json(RunFolder.manifestName, in: file) { try Manifest(json: $0) }
        if manifest.options["trust"]?.bool != false { throw PackError(path: path, .trust) }
        for copy in [manifest.script] + manifest.modules {
            guard copy.copy.hasPrefix("\(RunFolder.scriptFolderName)/"), let hash = hashes[copy.copy] else {
                throw PackError(path: path, .missing(copy.copy))
            }
            guard hash == copy.hash else {
                throw PackError(path: path, .changed(copy.copy, list: RunFolder.manifestName))
            }
        }
        guard !manifest.seeds.isEmpty, manifest.seeds.count == Set(manifest.seeds).count else {
            throw PackError(path: path, .unreadable(RunFolder.manifestName, reason: "its seeds are none or repeated"))
        }
        let summary = try json(RunFolder.summaryName, in: file) { json in
            guard let summary = RunSummary(json: json) else { throw ManifestError(field: "seeds") }
            return summary
        }
        let recorded = try list(Pack.resultsName, in: file)
        for entry in recorded.entries {
            if let hash = hashes[entry.name], hash != entry.hash {
                throw PackError(path: path, .changed(entry.name, list: Pack.resultsName))
            }
        }
        return RunResults(manifest: manifest, summary: summary, hashes: recorded.entries)
    }

    // MARK: - Members

    /// The bytes of a member.
    /// - Throws: ``PackError``.
    public func bytes(of name: String) throws(PackError) -> [UInt8] { try Pack.bytes(of: name, in: file) }

    /// Writes all members into a folder.
    /// - Throws: ``PackError``, `FileError`.
    package func unpack(into folder: String) throws {
        for member in members {
            let target = "\(folder)/\(member.name)"
            try FileSystem.createFolders(FileSystem.folder(of: target))
            try AtomicFile.write(try bytes(of: member.name), to: target)
        }
    }

    private static func bytes(of name: String, in file: ZipFile) throws(PackError) -> [UInt8] {
        guard let member = file.members.first(where: { $0.name == name }) else {
            throw PackError(path: file.path, .missing(name))
        }
        return try reading(file.path) { () throws(DataError) in try file.bytes(of: member) }
    }

    /// The bytes of a member that is kept in memory as text.
    private static func text(_ name: String, in file: ZipFile) throws(PackError) -> [UInt8] {
        if let size = file.members.first(where: { $0.name == name })?.size, size > largestText {
            throw PackError(path: file.path, .tooLarge(name, bytes: size, limit: largestText))
        }
        return try bytes(of: name, in: file)
    }

    private static func list(_ name: String, in file: ZipFile) throws(PackError) -> HashList {
        let bytes = try text(name, in: file)
        do throws(HashList.Malformed) { return try HashList(parsing: bytes) } catch {
            throw PackError(path: file.path, .unreadable(name, reason: error.reason))
        }
    }

    private static func json<Value>(
        _ name: String, in file: ZipFile, _ make: (JSONValue) throws -> Value
    ) throws(PackError) -> Value {
        let bytes = try text(name, in: file)
        do { return try make(try JSONValue(parsing: bytes)) } catch {
            throw PackError(path: file.path, .unreadable(name, reason: "\(error)"))
        }
    }

    private static func reading<Value>(
        _ path: String, _ body: () throws(DataError) -> Value
    ) throws(PackError) -> Value {
        do throws(DataError) { return try body() } catch {
            switch error {
            case .invalidZip(_, let member, let fault): throw PackError(path: path, .archive(member: member, fault))
            case .unreadableFile(_, let reason): throw PackError(path: path, .unreadable(path, reason: reason))
            default: throw PackError(path: path, .unreadable(path, reason: "\(error)"))
            }
        }
    }
}
