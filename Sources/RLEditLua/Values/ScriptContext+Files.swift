internal import LuaBridge
internal import RLEditData
internal import RLEditNN
internal import RLEditRuns

/// Files that a script reads, remembered for the manifest.
extension ScriptContext {
    /// A file under the data roots.
    func open(_ path: String, _ kind: Manifest.DataSource.Kind) throws -> SafetensorsFile {
        let resolved = try resolve(path)
        guard !ModelFile.isONNX(path) else {
            throw LuaUsageError(
                "'\(path)' is an ONNX file, which holds a network of its own: rledit.nn.load reads it")
        }
        if ShardIndex.isOne(path) { return try openShards(ShardIndex(path: resolved), of: path, kind) }
        let file = try PyTorchFile.isOne(resolved) ? SafetensorsFile(torch: resolved) : SafetensorsFile(path: resolved)
        try noteUse(of: file, path, kind)
        return file
    }

    /// The files of an index, each under the rules for the index itself.
    private func openShards(
        _ index: ShardIndex, of path: String, _ kind: Manifest.DataSource.Kind
    ) throws -> SafetensorsFile {
        noteUse(of: Manifest.DataSource(name: "json", file: path, hash: index.hash, kind: kind))
        let folder = path.lastIndex(of: "/").map { path[...$0] } ?? ""
        return try index.joined(index.files.map { try open(folder + $0, kind) })
    }

    private func resolve(_ path: String) throws -> String {
        do { return try locations.resolve(path) } catch { throw LuaUsageError(error.description) }
    }

    /// An ONNX model under the data roots.
    /// - Parameter checkRoom: is asked for the bytes of its file before these are read.
    func openONNX(
        _ path: String, dimensions: [String: Int], output: String?, checkRoom: (Int) throws -> Void
    ) throws -> ModelFile {
        let resolved = try resolve(path)
        try checkRoom(FileSystem.size(ofTree: resolved))
        let model = try ModelFile(onnx: resolved, dimensions: dimensions, output: output)
        var hasher = SHA256Digest.Hasher()
        try model.source.original?.read { piece in piece.withUnsafeBytes { hasher.update($0) } }
        noteUse(of: Manifest.DataSource(name: "onnx", file: path, hash: hasher.finish(), kind: .model))
        return model
    }

    /// Remembers a file by the hash of its contents.
    func noteUse(of file: SafetensorsFile, _ path: String, _ kind: Manifest.DataSource.Kind) throws {
        var hasher = SHA256Digest.Hasher()
        for (key, value) in file.metadata where key == PolicyFile.metadataKey { hasher.update("\(key)\n\(value)\n") }
        for entry in file.entries {
            hasher.update("\(entry.name)\n\(entry.elementType.name)\n\(entry.shape)\n")
            try file.bytes(entry.name).withUnsafeBytes { hasher.update($0) }
        }
        noteUse(of: Manifest.DataSource(name: "safetensors", file: path, hash: hasher.finish(), kind: kind))
    }

    /// Remembers data for the manifest, once.
    func noteUse(of source: Manifest.DataSource) {
        guard
            let known = usedData.firstIndex(where: {
                ($0.name, $0.file, $0.hash) == (source.name, source.file, source.hash)
            })
        else { return usedData.append(source) }
        // A file that a model was loaded from is that model's, whatever else was read of it.
        if source.kind != .data { usedData[known].kind = source.kind }
    }
}
