internal import LuaBridge
internal import RLEditCore
internal import RLEditRuns

/// JSON values as plain Lua values.
enum PlainTable {
    static func make(_ value: JSONValue, host: LuaHost) throws -> LuaValue {
        switch value {
        case .null: return .nil
        case .bool(let value): return .boolean(value)
        case .integer(let value): return .integer(value)
        case .number(let value): return .number(value)
        case .string(let value): return .string(value)
        case .array(let values):
            let table = try host.makeTable()
            for (index, value) in values.enumerated() { try table.set(index + 1, try make(value, host: host)) }
            return .table(table)
        case .object(let object):
            let table = try host.makeTable()
            for member in object.members { try table.set(member.key, try make(member.value, host: host)) }
            return .table(table)
        }
    }
}
