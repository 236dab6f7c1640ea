internal import LuaBridge

/// Height and width: an integer for both, or `{height, width}`.
struct SizePair: LuaReadable {
    static var luaExpected: String { "integer or {height, width}" }
    let pair: (height: Int, width: Int)

    static func luaRead(_ slot: LuaSlot) throws -> SizePair? {
        if let size = try Int.luaRead(slot) { return SizePair(pair: (size, size)) }
        guard let table = LuaTable.luaRead(slot) else { return nil }
        do {
            let sizes = try table.array(of: Int.self, limit: 3)
            guard sizes.count == 2 else { throw LuaMismatch("\(luaExpected) expected, got a table of \(sizes.count)") }
            return SizePair(pair: (sizes[0], sizes[1]))
        } catch let error as LuaUsageError {
            throw LuaMismatch(error.description)
        }
    }
}
