internal import CLua
internal import CLuaShims

/// What the host needs to know of a type without knowing its values.
package class AnyLuaType {
    package let name: String
    let valueType: ObjectIdentifier
    /// The host owns its types.
    unowned(unsafe) let host: LuaHost
    var metatableReference: Int32 = 0
    /// How each property is read, by the slot that the metatable's fields name.
    var getters: [Getter] = []

    enum Getter {
        case number((ObjectBox) throws -> Double)
        case general((ObjectBox, LuaCall) throws -> LuaResults)
    }
    /// All names that can be read, for suggestions and for documentation checks.
    package internal(set) var memberNames: [String] = []

    init(name: String, valueType: ObjectIdentifier, host: LuaHost) {
        self.name = name
        self.valueType = valueType
        self.host = host
    }

    final func get(slot: Int, of box: ObjectBox, _ state: OpaquePointer) throws -> LuaResults {
        do { try box.checkReadable() } catch let mismatch as LuaMismatch { throw LuaUsageError(mismatch.description) }
        switch getters[slot] {
        case .number(let get):
            lua_pushnumber(state, try get(box))
            return LuaResults(count: 1)
        case .general(let get):
            return try get(box, LuaCall(host: host, state: state, name: name, offset: 2))
        }
    }

    func index(_ box: ObjectBox, _ state: OpaquePointer) throws -> LuaResults { .none }
    func setIndex(_ box: ObjectBox, _ state: OpaquePointer) throws -> LuaResults { .none }
}

/// The operators a type can define.
package enum LuaOperator: String, Sendable {
    case add = "__add"
    case subtract = "__sub"
    case multiply = "__mul"
    case divide = "__div"
    case floorDivide = "__idiv"
    case modulo = "__mod"
    case power = "__pow"
    case negate = "__unm"
    case concatenate = "__concat"
    case equal = "__eq"
    case lessThan = "__lt"
    case lessOrEqual = "__le"
}
