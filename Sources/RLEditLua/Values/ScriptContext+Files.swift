internal import LuaBridge
internal import RLEditData
internal import RLEditNN
internal import RLEditRuns

/// Files that a script reads, remembered for the manifest.
extension ScriptContext {
    /// A file under the data roots.
    func open(_ path: String, _ kind: Manifest.DataSource.Kind) throws -> SafetensorsFile {
        let resolved: String
        do { resolved = try locations.resolve(path) } catch { throw LuaUsageError(error.description) }
        guard !ModelFile.isONNX(path) else {
            throw LuaUsageError(
                "'\(path)' is an ONNX file, which holds a network of its own: rledit.nn.load reads it")
        }
        let file = try PyTorchFile.isOne(resolved) ? SafetensorsFile(torch: resolved) : SafetensorsFile(path: resolved)
        try noteUse(of: file, path, kind)
        return file
    }

    /// An ONNX model under the data roots.
    /// - Parameter checkRoom: is asked for the bytes of its file before these are read.
    func openONNX(
        _ path: String, dimensions: [String: Int], output: String?, checkRoom: (Int) throws -> Void
    ) throws -> ModelFile {
        let resolved: String
        do { resolved = try locations.resolve(path) } catch { throw LuaUsageError(error.description) }
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
