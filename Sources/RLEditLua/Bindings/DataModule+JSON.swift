internal import LuaBridge
internal import RLEditData
internal import RLEditRuns

extension HostModules {
    /// `rledit.data.json`.
    static func addJSON(to module: LuaModule, context: ScriptContext) {
        module.function(
            "json",
            """
            What a JSON file holds, as plain tables, strings, numbers and booleans; `null` is nil. At most 16 MB.
            @param path string
            @return any
            """
        ) { call in
            try call.atMost(1)
            let path = try call.string(1)
            let (value, hash) = try told { try JSONFile.read(context.locations.resolve(path)) }
            context.noteUse(of: Manifest.DataSource(name: fileName(path), file: path, hash: hash))
            return try call.returns(try PlainTable.make(value, host: call.host))
        }
    }
}
