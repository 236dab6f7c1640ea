internal import CLua
internal import CLuaShims

/// A Lua value as plain data: what can be saved, compared and written as JSON. Objects stay as they are, for the caller to
/// translate or refuse.
package indirect enum LuaPlainValue: Sendable {
    case null
    case boolean(Bool)
    case integer(Int)
    case number(Double)
    case string(LuaString)
    /// A table with the keys 1…n and no others; also the empty table.
    case array([LuaPlainValue])
    /// A table with string keys only, in the order of their bytes.
    case fields([Field])
    case object(LuaObject)

    package struct Field: Sendable {
        package let name: String
        package let value: LuaPlainValue

        package init(name: String, value: LuaPlainValue) {
            self.name = name
            self.value = value
        }
    }

    /// Tables inside tables.
    package static let depthLimit = 100
    /// Values in all.
    package static let countLimit = 10_000_000
}

extension LuaPlainValue: LuaReadable, LuaPushable {
    package static var luaExpected: String { "plain value" }

    /// Throws `LuaMismatch` naming the place (`.weights[3]`) of what is not plain: functions, coroutines, cycles, tables
    /// with mixed keys or with a metatable.
    package static func luaRead(_ slot: LuaSlot) throws -> LuaPlainValue? {
        var reader = PlainReader(host: slot.host, state: slot.state)
        return try reader.read(slot.index)
    }

    package func luaPush(_ context: LuaPushContext) throws {
        switch self {
        case .null: lua_pushnil(context.state)
        case .boolean(let value): value.luaPush(context)
        case .integer(let value): value.luaPush(context)
        case .number(let value): value.luaPush(context)
        case .string(let value): value.luaPush(context)
        case .object(let value): try value.luaPush(context)
        case .array(let elements): try context.host.pushArray(elements, on: context.state)
        case .fields(let fields):
            guard lua_checkstack(context.state, 8) != 0 else { throw LuaError(.script, "stack overflow") }
            lua_createtable(context.state, 0, Int32(clamping: fields.count))
            for field in fields {
                field.name.luaPush(context)
                try field.value.luaPush(context)
                lua_rawset(context.state, -3)
            }
        }
    }
}

extension LuaValue {
    /// The value as plain data.
    package func plain(of host: LuaHost) throws -> LuaPlainValue {
        let state = try host.usableState()
        let top = lua_gettop(state)
        defer { lua_settop(state, top) }
        try luaPush(LuaPushContext(host: host, state: state))
        return try LuaPlainValue.luaRead(LuaSlot(host: host, state: state, index: top + 1)) ?? .null
    }
}

extension LuaTable {
    /// The table and all it holds as plain data.
    package func plain() throws -> LuaPlainValue { try LuaValue.table(self).plain(of: host) }
}

/// Walks a table without running any Lua code.
private struct PlainReader {
    let host: LuaHost
    let state: OpaquePointer
    var path: [String] = []
    var open: Set<UnsafeRawPointer> = []
    var count = 0

    private func mismatch(_ what: String) -> LuaMismatch {
        LuaMismatch(path.isEmpty ? what : "\(what) at \(PrintableText.make(path.joined(), capacity: 200))")
    }

    mutating func read(_ index: Int32) throws -> LuaPlainValue {
        count += 1
        guard count <= LuaPlainValue.countLimit else { throw mismatch("more than \(LuaPlainValue.countLimit) values") }
        switch host.value(plain: state, index) {
        case .value(let value): return value
        case .table: return try readTable(index)
        case .other(let name): throw mismatch("a \(name) is not plain data")
        }
    }

    private mutating func readTable(_ index: Int32) throws -> LuaPlainValue {
        guard path.count < LuaPlainValue.depthLimit else { throw mismatch("tables nested too deeply") }
        guard lua_checkstack(state, 8) != 0 else { throw mismatch("tables nested too deeply") }
        guard let identity = lua_topointer(state, index), open.insert(identity).inserted else {
            throw mismatch("a table contains itself")
        }
        defer { open.remove(identity) }
        let top = lua_gettop(state)
        defer { lua_settop(state, top) }
        var table = index
        if luahost_push_behind_read_only(state, index) {
            table = top + 1
        } else if lua_getmetatable(state, index) != 0 {
            throw mismatch("a table with a metatable is not plain data")
        }
        let length = lua_rawlen(state, table)
        var elements: [(Int, LuaPlainValue)] = []
        var fields: [LuaPlainValue.Field] = []
        lua_pushnil(state)
        while lua_next(state, table) != 0 {
            let value = lua_gettop(state)
            let key = value - 1
            if lua_isinteger(state, key) != 0 {
                let number = Int(lua_tointegerx(state, key, nil))
                guard number >= 1, number <= length else {
                    throw mismatch("a table with holes or other keys than 1…n is not plain data")
                }
                path.append("[\(number)]")
                elements.append((number, try read(value)))
            } else if let name = host.withString(state, key, { String(decoding: $0, as: UTF8.self) }) {
                path.append(".\(name)")
                fields.append(LuaPlainValue.Field(name: name, value: try read(value)))
            } else {
                throw mismatch("a \(host.typeName(state, key)) key is not plain data")
            }
            path.removeLast()
            lua_settop(state, key)
        }
        guard elements.isEmpty || fields.isEmpty else { throw mismatch("a table mixes positions and names") }
        if !fields.isEmpty {
            return .fields(fields.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) })
        }
        guard elements.count == Int(length) else {
            throw mismatch("a table with holes or other keys than 1…n is not plain data")
        }
        return .array(elements.sorted { $0.0 < $1.0 }.map(\.1))
    }
}

extension LuaHost {
    fileprivate enum PlainKind {
        case value(LuaPlainValue)
        case table
        case other(String)
    }

    fileprivate func value(plain state: OpaquePointer, _ index: Int32) -> PlainKind {
        switch lua_type(state, index) {
        case LUA_TTABLE: .table
        case LUA_TNIL: .value(.null)
        case LUA_TFUNCTION, LUA_TTHREAD, LUA_TLIGHTUSERDATA: .other(typeName(state, index))
        default:
            switch value(state, index) {
            case .boolean(let value): .value(.boolean(value))
            case .integer(let value): .value(.integer(value))
            case .number(let value): .value(.number(value))
            case .string(let value): .value(.string(value))
            case .object(let value): .value(.object(value))
            default: .other(typeName(state, index))
            }
        }
    }
}

extension LuaPlainValue: Equatable {
    package static func == (left: LuaPlainValue, right: LuaPlainValue) -> Bool {
        switch (left, right) {
        case (.null, .null): true
        case (.boolean(let left), .boolean(let right)): left == right
        case (.integer(let left), .integer(let right)): left == right
        case (.number(let left), .number(let right)): left == right
        case (.string(let left), .string(let right)): left == right
        case (.array(let left), .array(let right)): left == right
        case (.fields(let left), .fields(let right)):
            left.count == right.count
                && zip(left, right).allSatisfy { $0.name == $1.name && $0.value == $1.value }
        case (.object(let left), .object(let right)): left === right
        default: false
        }
    }
}
