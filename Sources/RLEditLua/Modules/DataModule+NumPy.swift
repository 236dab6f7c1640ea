internal import LuaBridge
internal import RLEditData
internal import RLEditRuns
internal import RLEditTensor

extension HostModules {
    /// Functions of `rledit.data` that read what NumPy saved.
    static func addNumPy(to module: LuaModule, context: ScriptContext) {
        module.function("npy") { call in
            try call.atMost(1)
            let arrays = try arrays(call, context) { path throws(DataError) in try NumPyFile(array: path) }
            // A .npy file is one array.
            return try call.returns(arrays[0].tensor)
        }
        module.function("npz") { call in
            try call.atMost(1)
            let arrays = try arrays(call, context) { path throws(DataError) in try NumPyFile(archive: path) }
            let table = try call.host.makeTable()
            for array in arrays { try table.set(array.name ?? "", array.tensor) }
            return try call.returns(table)
        }
    }

    /// All arrays of the file that the first argument names, which the manifest names too.
    private static func arrays(
        _ call: LuaCall, _ context: ScriptContext, open: (String) throws(DataError) -> NumPyFile
    ) throws -> [(name: String?, tensor: Tensor)] {
        let path = try call.string(1)
        let (resolved, file) = try told {
            let resolved = try context.locations.resolve(path)
            return (resolved, try open(resolved))
        }
        for entry in file.entries where entry.shape.count > ScriptTensor.largestRank {
            throw LuaUsageError(
                "\(entry.name.map { "array '\($0)' of " } ?? "")'\(resolved)' has \(entry.shape.count) axes; a tensor has at "
                    + "most \(ScriptTensor.largestRank)")
        }
        try call.host.checkRoom(forElements: file.count)
        let arrays = try told { try file.entries.map { ($0.name, try file.tensor($0)) } }
        context.noteUse(
            of: Manifest.DataSource(
                name: fileName(path), file: path, hash: try told { try SHA256Digest.hex(ofFile: resolved) }))
        return arrays
    }
}
