internal import LuaBridge
internal import RLEditLearners
internal import RLEditNN
internal import RLEditRuns
internal import RLEditTensor
internal import RLEditWorlds

/// A trained policy as scripts hold it: `rledit.Policy`.
struct ScriptPolicy: LuaBound {
    static var luaName: String { "rledit.Policy" }
    static var luaExpected: String { "policy (of rledit.load_policy) or the name of its file" }

    let file: PolicyFile

    /// Reads the field of a table: a policy, or the name of a file.
    static func read(_ options: LuaOptions, _ field: String, _ context: ScriptContext) throws -> ScriptPolicy {
        let value = try options.value(field)
        switch value {
        case .string(let path): return try load(path.text, context)
        case .object(let object):
            if let policy = try object.value(as: ScriptPolicy.self) { return policy }
        case .nil: throw try options.missing(field, expected: luaExpected)
        default: break
        }
        throw options.fieldError(field, "\(luaExpected) expected, got \(value.typeName)")
    }

    /// A policy file under the data roots, or beside the script that is shared with it.
    static func load(_ path: String, _ context: ScriptContext) throws -> ScriptPolicy {
        if let beside = context.policyBesideScript(path) {
            let file = try SafetensorsFile(path: beside.path)
            let policy = try PolicyFile(file)
            try context.note(beside)
            try context.noteUse(of: file, path, .policy)
            return ScriptPolicy(file: policy)
        }
        return ScriptPolicy(file: try PolicyFile(try context.open(path, .policy)))
    }
}
