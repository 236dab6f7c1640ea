internal import LuaBridge
internal import RLEditData
internal import RLEditRuns
internal import RLEditTensor

extension HostModules {
    /// Functions of `rledit.data` that read what NumPy saved.
    static func addNumPy(to module: LuaModule, context: ScriptContext) {
        module.function(
            "npy",
            """
            The array of a `.npy` file that NumPy saved, as a tensor of the same shape, whichever order its axes were
            stored in. Numbers of the types `float32`, `float64`, `float16`, `int64`, `int32`, `uint8` and `bool` become
            32-bit floats. A `float64` is rounded; an integer that would change, or a number that would become infinite,
            is an error that names the element. Arrays of Python objects are refused: to read one runs code.

            ```
            local set = data.set { inputs = data.npy "images.npy", labels = data.npy "labels.npy" }
            ```
            @param path string
            @return rledit.Tensor
            """
        ) { call in
            try call.atMost(1)
            let arrays = try arrays(call, context) { path throws(DataError) in try NumPyFile(array: path) }
            // A .npy file is one array.
            return try call.returns(arrays[0].contents.get())
        }
        module.function(
            "npz",
            """
            All arrays of a `.npz` file, compressed or not, by their names. Together they take at most 1 GiB. An array that
            no tensor can hold (words, objects, complex numbers, integers of too many digits) is an error when you ask for
            it; the others can still be read.

            ```
            local arrays = data.npz "digits.npz"
            print(arrays.images, arrays.labels)
            ```
            @param path string
            @return table<string, rledit.Tensor>
            """
        ) { call in
            try call.atMost(1)
            let arrays = try arrays(call, context) { path throws(DataError) in try NumPyFile(archive: path) }
            let table = try call.host.makeTable()
            var faults: [LuaString: LuaUsageError] = [:]
            for array in arrays {
                let name = array.name ?? ""
                switch array.contents {
                case .success(let tensor): try table.set(name, tensor)
                case .failure(let fault): faults[LuaString(name)] = fault
                }
            }
            // What cannot be read is refused when a script asks for it.
            if !faults.isEmpty {
                let known = faults
                try table.setAbsent(
                    try call.host.makeFunction("npz") { call in
                        if case .string(let name) = call.value(2), let fault = known[name] { throw fault }
                        return try call.returns(LuaValue.nil)
                    })
            }
            return try call.returns(table)
        }
    }

    /// All arrays of the file that the first argument names, which the manifest names too; for those that no tensor can hold,
    /// why not.
    private static func arrays(
        _ call: LuaCall, _ context: ScriptContext, open: (String) throws(DataError) -> NumPyFile
    ) throws -> [(name: String?, contents: Result<Tensor, LuaUsageError>)] {
        let path = try call.string(1)
        let (resolved, file) = try told {
            let resolved = try context.locations.resolve(path)
            return (resolved, try open(resolved))
        }
        try call.host.checkRoom(forElements: file.count)
        let arrays = try told {
            try file.entries.map { entry -> (String?, Result<Tensor, LuaUsageError>) in
                guard entry.shape.count <= ScriptTensor.largestRank else {
                    let fault = LuaUsageError(
                        "\(entry.name.map { "array '\($0)' of " } ?? "")'\(resolved)' has \(entry.shape.count) axes; a tensor "
                            + "has at most \(ScriptTensor.largestRank)")
                    return (entry.name, .failure(fault))
                }
                do {
                    return (entry.name, .success(try file.tensor(entry)))
                } catch let error as DataError where error.isAboutElements {
                    return (entry.name, .failure(LuaUsageError(error.description)))
                }
            }
        }
        context.noteUse(
            of: Manifest.DataSource(
                name: fileName(path), file: path, hash: try told { try SHA256Digest.hex(ofFile: resolved) }))
        return arrays
    }
}

extension DataError {
    /// Whether the file may be sound, with an array whose elements no tensor can hold.
    fileprivate var isAboutElements: Bool {
        switch self {
        case .invalidNumPy(_, _, .objects), .invalidNumPy(_, _, .structured), .invalidNumPy(_, _, .unsupportedType),
            .invalidNumPy(_, _, .unusableElement), .invalidZip(_, _, .notAnArray):
            true
        default: false
        }
    }
}
