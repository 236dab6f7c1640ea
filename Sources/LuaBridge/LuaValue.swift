/// The bytes of a Lua string, which need not be text.
package struct LuaString: Hashable, Sendable, ExpressibleByStringLiteral, CustomStringConvertible {
    package var bytes: [UInt8]

    package init(bytes: [UInt8]) { self.bytes = bytes }
    package init(_ text: String) { bytes = Array(text.utf8) }
    package init(stringLiteral text: String) { self.init(text) }

    /// The bytes as UTF-8, repaired where they are not.
    package var text: String { String(decoding: bytes, as: UTF8.self) }
    package var description: String { text }
}

/// Any Lua value. Tables, functions and objects are references into the state they came from.
package enum LuaValue: Sendable {
    case `nil`
    case boolean(Bool)
    case integer(Int)
    case number(Double)
    case string(LuaString)
    case table(LuaTable)
    case function(LuaFunction)
    case object(LuaObject)
    /// A coroutine, a light userdata or a userdata of another library: can be handed on, not looked into.
    case opaque(LuaReference)

    /// The name that Lua's `type` gives.
    package var typeName: String {
        switch self {
        case .nil: "nil"
        case .boolean: "boolean"
        case .integer, .number: "number"
        case .string: "string"
        case .table: "table"
        case .function: "function"
        case .object(let object): object.typeName
        case .opaque: "userdata"
        }
    }

    package var isNil: Bool {
        if case .nil = self { true } else { false }
    }

    package static func string(_ text: String) -> LuaValue { .string(LuaString(text)) }
}

/// The value as one type, or nil when it is of another.
extension LuaValue {
    package var asBoolean: Bool? { if case .boolean(let value) = self { value } else { nil } }

    /// Integers, and floats that are integral and fit.
    package var asInteger: Int? {
        switch self {
        case .integer(let value): value
        case .number(let value): Int(exactly: value)
        default: nil
        }
    }

    /// Integers and floats.
    package var asNumber: Double? {
        switch self {
        case .integer(let value): Double(value)
        case .number(let value): value
        default: nil
        }
    }

    package var asText: String? { if case .string(let value) = self { value.text } else { nil } }
    package var asTable: LuaTable? { if case .table(let value) = self { value } else { nil } }
    package var asFunction: LuaFunction? { if case .function(let value) = self { value } else { nil } }
    package var asObject: LuaObject? { if case .object(let value) = self { value } else { nil } }
}
