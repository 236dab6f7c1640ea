internal import CLua
internal import Glibc

/// Reads tables of named numbers that come again and again with the same names, in order of the names' bytes.
///
/// A name becomes a Swift string once; later tables only compare bytes.
package struct LuaNamedNumbers {
    /// Names seen so far, in order.
    private var names: [(bytes: [UInt8], text: String)] = []
    /// Of the table being read, by name.
    private var values: [Double?] = []

    package init() {}

    /// Why a table is not one of named numbers.
    package struct Fault: Error, CustomStringConvertible, Equatable {
        package let description: String
    }

    /// Calls `body` for each name and number of the table, in order of names. Anything but a table throws a `Fault`.
    package mutating func read(_ slot: LuaSlot, _ body: (String, Double) -> Void) throws {
        let (state, table) = (slot.state, slot.index)
        guard lua_type(state, table) == LUA_TTABLE else {
            throw Fault(description: "table of named numbers expected, got \(slot.typeName)")
        }
        guard lua_checkstack(state, 4) != 0 else { throw LuaError(.script, "stack overflow") }
        let top = lua_gettop(state)
        defer { lua_settop(state, top) }
        for index in values.indices { values[index] = nil }
        lua_pushnil(state)
        // Nothing runs between two steps, so no key can go stale.
        while lua_next(state, table) != 0 {
            guard lua_type(state, top + 1) == LUA_TSTRING else {
                throw Fault(description: "names expected as keys, got a \(slot.host.typeName(state, top + 1))")
            }
            let place = try place(of: state, at: top + 1)
            guard lua_type(state, top + 2) == LUA_TNUMBER else {
                let found = slot.host.typeName(state, top + 2)
                throw Fault(description: "'\(names[place].text)': number expected, got \(found)")
            }
            values[place] = lua_tonumberx(state, top + 2, nil)
            lua_settop(state, top + 1)
        }
        for (name, value) in zip(names, values) { if let value { body(name.text, value) } }
    }

    /// The index of the name on the stack, which is added when it is new.
    private mutating func place(of state: OpaquePointer, at index: Int32) throws -> Int {
        var length = 0
        let start = lua_tolstring(state, index, &length)
        let bytes = UnsafeRawBufferPointer(start: start, count: length)
        for place in names.indices where names[place].bytes.count == length {
            let isEqual = names[place].bytes.withUnsafeBytes { known in
                guard let known = known.baseAddress, let start else { return length == 0 }
                return memcmp(known, start, length) == 0
            }
            if isEqual { return place }
        }
        guard names.count < LuaNamedNumbers.capacity else {
            throw Fault(description: "more than \(LuaNamedNumbers.capacity) names")
        }
        let name = Array(bytes)
        let place = names.firstIndex { name.lexicographicallyPrecedes($0.bytes) } ?? names.count
        names.insert((name, PrintableText.make(bytes, capacity: 256)), at: place)
        values.insert(nil, at: place)
        return place
    }

    /// More names than this are refused.
    private static let capacity = 256
}
