internal import RLEditCore
internal import RLEditData

extension Pack {
    /// Packs a run that has ended: equal runs give equal bytes.
    /// - Parameter version: of the program that packs.
    /// - Throws: ``RunFolderError``, ``PackError``, `FileError`, or what is wrong with the manifest.
    public static func write(run folder: String, to path: String, version: String) throws {
        let results = try RunResults(run: folder)
        let manifest = results.manifest.packed
        if manifest.options["trust"]?.bool != false { throw PackError(path: folder, .trust) }
        var members: [(name: String, bytes: [UInt8])] = []
        for prefix in Set([""] + RunResults.prefixes(of: manifest)).sorted() {
            for name in PackName.kept where FileSystem.status(of: "\(folder)/\(prefix)\(name)") != nil {
                members.append((prefix + name, try kept(prefix, name, of: folder)))
            }
        }
        try addTree(RunFolder.scriptFolderName, of: folder, to: &members)
        members.append((resultsName, Array(HashList(results.hashes).text.utf8)))
        for member in members {
            if let reason = PackName.fault(member.name) {
                throw PackError(path: folder, .name(member.name, reason: reason))
            }
        }
        let list = HashList(members.map { ($0.name, SHA256Digest.hex(of: $0.bytes)) })
        let head = heading(of: manifest, version: version).map { $0.isEmpty ? "#\n" : "# \($0)\n" }.joined()
        members.insert((contentsName, Array((head + list.text).utf8)), at: 0)
        let size = members.reduce(0) { $0 + $1.bytes.count }
        guard size <= largestContents else {
            throw PackError(path: folder, .tooLarge(path, bytes: size, limit: largestContents))
        }
        guard members.count <= mostMembers else {
            throw PackError(path: folder, .tooMany(members: members.count, limit: mostMembers))
        }
        try AtomicFile.write(ZipWriter.archive(members), to: path)
    }

    /// A file of the run without what says only where it was made.
    private static func kept(_ prefix: String, _ name: String, of folder: String) throws -> [UInt8] {
        switch name {
        case RunFolder.manifestName:
            return Array((try Manifest.read(from: "\(folder)/\(prefix)").packed.json.prettyText() + "\n").utf8)
        case RunFolder.summaryName:
            guard var summary = RunSummary.read(in: "\(folder)/\(prefix)") else {
                throw RunFolderError.notARun(path: folder, reason: "'\(prefix)\(name)' is not a summary")
            }
            summary.run = FileSystem.name(of: summary.run)
            return Array((summary.detailedJSON.prettyText() + "\n").utf8)
        default: return try FileSystem.read("\(folder)/\(prefix)\(name)")
        }
    }

    private static func addTree(
        _ name: String, of folder: String, to members: inout [(name: String, bytes: [UInt8])]
    ) throws {
        for entry in try FileSystem.names(in: "\(folder)/\(name)") {
            let path = "\(name)/\(entry)"
            if FileSystem.status(of: "\(folder)/\(path)")?.isFolder == true {
                try addTree(path, of: folder, to: &members)
            } else {
                members.append((path, try FileSystem.read("\(folder)/\(path)")))
            }
        }
    }

    /// What people read who open the archive without this program.
    private static func heading(of manifest: Manifest, version: String) -> [String] {
        [
            "A run of rledit-lua, packed by version \(version). Nothing in it has to be believed:",
            "  rledit-lua show FILE      what it would read, write, need and claims, and its scripts",
            "  rledit-lua verify FILE    runs it again in the sandbox and compares the results",
            "", "task     \(manifest.task)", "world    \(manifest.world)", "learner  \(manifest.learner)",
            "made by  \(manifest.command)", "", "SHA-256 of the members: sha256sum --check \(contentsName)",
        ].map(DisplayWidth.printable)
    }
}

extension Manifest {
    /// The manifest as it is passed on: without the folders of the machine that it was made on.
    var packed: Manifest {
        var copy = self
        copy.script.source = FileSystem.name(of: script.source)
        for index in copy.modules.indices { copy.modules[index].source = FileSystem.name(of: modules[index].source) }
        copy.options["data"] = .null
        copy.options["allow"] = .array(
            (options["allow"]?.array ?? []).compactMap(\.string).map { .string(FileSystem.name(of: $0)) })
        return copy
    }
}
