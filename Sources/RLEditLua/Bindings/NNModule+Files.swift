internal import LuaBridge
internal import RLEditCore
internal import RLEditData
internal import RLEditNN
internal import RLEditRuns
internal import RLEditTensor

extension HostModules {
    /// `model:load` and `model:save`.
    static func addFiles(to type: LuaType<ScriptModel>, context: ScriptContext) {
        type.method(
            "load",
            """
            Takes all parameters from a safetensors file that names them as this model does, for example one written by
            PyTorch. It is an error when no layer takes a tensor of the file, or when a parameter has no tensor; the options
            permit that. A parameter whose values are not finite is an error too. A vocabulary in the file becomes the
            model's. A model in several files is loaded by its index (`model.safetensors.index.json`), or file by file with
            `partial = true`. The path is looked up under the data roots.
            @param path string
            @param options? rledit.LoadOptions
            @return rledit.Model self
            """
        ) { model, call in try load(model, call, context) }
        type.method(
            "save",
            """
            Writes the parameters to a safetensors file in the run folder and returns its path, with what else `nn.load`
            and `rledit-lua predict` need: the layers and a classifier's vocabulary. A model that was loaded keeps
            the names, dtypes and metadata of its file. A model from an ONNX file can be saved as ONNX: a copy of its file
            with the edited tensors, every other byte being the same.
            @param name string a plain file name ending in .safetensors, or in .onnx
            @return string path
            """
        ) { model, call in
            try call.atMost(1)
            let name = try call.string(1)
            let path = try outputPath(name, call, context)
            let source = model.source ?? ParameterSource()
            try ModelFile.checkEnding(of: name, source)
            let size: Int
            if let original = source.original, ModelFile.isONNX(name) {
                size = original.byteCount
            } else {
                let file = try ModelFile.file(model.network, basedOn: source)
                size = file.entries.reduce(0) { $0 + $1.byteCount }
            }
            guard size <= context.savedBytesLeft else {
                throw RunFolderError.savedTooMuch(name: name, bytes: size, left: context.savedBytesLeft)
            }
            context.savedBytesLeft -= size
            try ModelFile.write(model.network, basedOn: source, to: path)
            return try call.returns(path)
        }
    }

    static func addFileFunctions(to module: LuaModule, context: ScriptContext) {
        module.function(
            "read_safetensors",
            """
            All floating-point tensors of a safetensors file by name. The path is looked up under the data roots.
            @param path string
            @return table<string, rledit.Tensor>
            """
        ) { call in
            try call.atMost(1)
            let file = try context.open(try call.string(1), .data)
            let table = try call.host.makeTable()
            for entry in file.entries where entry.elementType.isFloatingPoint {
                try call.host.checkRoom(forShape: entry.shape)
                try table.set(entry.name, try file.tensor(entry.name))
            }
            return try call.returns(table)
        }
        module.function(
            "load",
            """
            The model that `model:save` or a run wrote: layers, parameters and, for a classifier of texts, the
            vocabulary, as `edited.safetensors` of a run folder. A file from elsewhere does not say which layers it
            belongs to: build the model and use `model:load`. The path is looked up under the data roots.

            An ONNX file (`.onnx`) says it too: its graph becomes layers. `dimensions` are sizes of the input that the file
            leaves open, by their names there; `output` is the graph's output that becomes the model's, the first by default.
            @param path string
            @param options? { dimensions: table<string, integer>?, output: string? }
            @return rledit.Model
            """
        ) { call in
            try call.atMost(2)
            let path = try call.string(1)
            let options = try call.options(2, of: "rledit.nn.load")
            var dimensions: [String: Int] = [:]
            if let table = try options.optional("dimensions", as: LuaTable.self) {
                for key in try table.sortedKeys() {
                    guard case .string(let name) = key, case .integer(let size) = try table.get(key) else {
                        throw options.fieldError(
                            "dimensions", "sizes by their names expected, as in { sequence_length = 128 }")
                    }
                    dimensions[name.text] = Int(size)
                }
            }
            let output = try options.optional("output", as: String.self)
            try options.finish()
            let model: ModelFile
            if ModelFile.isONNX(path) {
                model = try context.openONNX(path, dimensions: dimensions, output: output) {
                    try call.host.checkRoom(forElements: $0 / 4)
                }
            } else {
                guard dimensions.isEmpty, output == nil else {
                    throw LuaUsageError("'dimensions' and 'output' are for .onnx files, got '\(path)'")
                }
                let file = try context.open(path, .model)
                try call.host.checkRoom(forElements: file.entries.reduce(0) { $0 + $1.byteCount } / 4)
                model = try ModelFile(file)
            }
            return try call.returns(ScriptModel(model.network, name: baseName(path), source: model.source))
        }
    }

    /// The name of a file without folder and ending.
    private static func baseName(_ path: String) -> String {
        let name = path.split(separator: "/").last.map(String.init) ?? path
        for ending in [".safetensors", ".onnx"] where name.hasSuffix(ending) {
            return String(name.dropLast(ending.count))
        }
        return name
    }

    /// Why a name cannot be written to the run folder; nil when it can.
    /// Where a file of this name goes that a script saves.
    static func outputPath(_ name: String, _ call: LuaCall, _ context: ScriptContext) throws -> String {
        if let reason = refusal(ofOutput: name) { throw call.argumentError(1, reason) }
        do { return try context.outputFolder() + "/" + name } catch let error as ConfigurationError {
            throw LuaUsageError("cannot save '\(name)': there is no run folder (\(error.message))")
        }
    }

    private static func refusal(ofOutput name: String) -> String? {
        guard name.hasSuffix(".safetensors") || ModelFile.isONNX(name), !name.hasPrefix("."), name.utf8.count <= 200,
            name.utf8.allSatisfy({ $0 >= 32 && $0 != 127 && $0 != UInt8(ascii: "/") })
        else {
            return
                "a plain file name ending in .safetensors expected, which is written to the run folder, got '\(name)'"
        }
        let own = [
            RunFolder.editedName, RunFolder.editedONNXName, RunFolder.deltaName, TransferFiles.policyName,
        ]
        guard !own.contains(name) else {
            return "the run writes '\(name)' itself"
        }
        return nil
    }
}
