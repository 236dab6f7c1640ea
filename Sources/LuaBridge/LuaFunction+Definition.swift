internal import CLua
internal import CLuaShims

extension LuaFunction {
    /// Where a function was written and what it takes.
    package struct Definition: Sendable, Equatable {
        /// `task.lua:14`, or `[C]` for a function that is not Lua's.
        package let position: String
        /// Named parameters, `self` of a colon definition included.
        package let parameterCount: Int
        /// Whether it ends in `...`.
        package let isVariadic: Bool
    }

    package func definition() throws -> Definition {
        let state = try host.usableState()
        let top = lua_gettop(state)
        defer { lua_settop(state, top) }
        push(on: state)
        var record = lua_Debug()
        // With ">" the function is taken from the stack; these options neither push nor raise.
        guard lua_getinfo(state, ">Su", &record) != 0 else {
            return Definition(position: "[C]", parameterCount: 0, isVariadic: true)
        }
        let source = withUnsafeBytes(of: &record.short_src) { bytes in
            PrintableText.make(UnsafeRawBufferPointer(rebasing: bytes.prefix { $0 != 0 }))
        }
        return Definition(
            position: record.linedefined > 0 ? "\(source):\(record.linedefined)" : source,
            parameterCount: Int(record.nparams), isVariadic: record.isvararg != 0)
    }
}
