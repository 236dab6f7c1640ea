internal import LuaBridge
internal import RLEditNN
internal import RLEditRuns

extension HostModules {
    /// The options of `model:load`.
    static let loadOptionsAnnotation =
        """
        @class rledit.LoadOptions
        @field prefix string? what precedes each name in the file; tensors without it are not looked at
        @field rename table<string, string>? beginnings of names in the file, or of their parts, by what they become: \
        `{ ["module."] = "" }`; the empty name puts its value before every name: `{ [""] = "bert." }`
        @field ignore (string|string[])? tensors that no layer takes: names, or patterns in which `*` is any run of \
        characters
        @field partial boolean? whether parameters without a tensor keep their values; false by default
        """

    /// `model:load(path, { prefix = …, rename = …, ignore = …, partial = … })`.
    static func load(_ model: ScriptModel, _ call: LuaCall, _ context: ScriptContext) throws -> LuaResults {
        try call.atMost(2)
        try model.checkWritable()
        let path = try call.string(1)
        let options = try loadOptions(try call.options(2, of: "model:load"))
        let file = try context.open(path, .model)
        var network = model.network
        var source: ParameterSource
        do {
            source = try network.loadParameters(from: file, options, after: model.source)
        } catch let error as SafetensorsError {
            let advice = LoadAdvice(file: file, network: network, options: options)
            throw LuaUsageError(error.description + advice.text(for: error))
        }
        // Weights of words belong to their vocabulary.
        if let vocabulary = try ModelFile.vocabulary(in: file) { network = try network.with(vocabulary) }
        model.network = network
        // Other parameters for the layers of an ONNX file can be written into it.
        source.original = model.source?.original
        model.source = source
        return call.returnsSelf()
    }

    private static func loadOptions(_ options: LuaOptions) throws -> LoadOptions {
        let prefix = try options.optional("prefix", as: String.self) ?? ""
        var rename: [String: String] = [:]
        if let table = try options.optional("rename", as: LuaTable.self) {
            for key in try table.sortedKeys() {
                guard case .string(let from) = key, case .string(let to) = try table.get(key) else {
                    throw options.fieldError(
                        "rename", "beginnings of names by what they become expected, as in { [\"module.\"] = \"\" }")
                }
                rename[from.text] = to.text
            }
        }
        let ignore = try patterns(options)
        let isPartial = try options.optional("partial", as: Bool.self) ?? false
        try options.finish()
        return LoadOptions(prefix: prefix, rename: rename, ignore: ignore, isPartial: isPartial)
    }

    /// A pattern, or a list of them.
    private static func patterns(_ options: LuaOptions) throws -> [NamePattern] {
        switch try options.value("ignore") {
        case .nil: return []
        case .string(let pattern): return [NamePattern(pattern.text)]
        case .table(let table):
            let texts: [String]
            do {
                texts = try table.array(of: String.self, limit: 100_000)
            } catch let error as LuaUsageError {
                throw options.fieldError("ignore", error.description)
            }
            guard try table.sortedKeys().count == texts.count else {
                throw options.fieldError("ignore", "list of names expected, as in { \"bn1.*\", \"bn2.*\" }")
            }
            return texts.map { NamePattern($0) }
        case let other:
            throw options.fieldError("ignore", "name or list of names expected, got \(other.typeName)")
        }
    }
}
