internal import CLua
internal import CLuaShims

/// What a session of single lines needs in addition to running whole scripts.
extension LuaHost {
    /// Runs a compiled chunk with the time of a main chunk.
    package func runMain(_ chunk: LuaFunction) throws -> [LuaValue] {
        let state = try usableState()
        let top = lua_gettop(state)
        defer { lua_settop(state, top) }
        chunk.push(on: state)
        return try call(on: state, budget: Int32(LUAHOST_MAIN_CHUNK)) { _ in }
    }

    /// The name of a local variable that the text declares outside of any block, if there is one. It is found by Lua's own
    /// compiler, which lets no `goto` jump into the scope of a local.
    package func outerLocal(of text: [UInt8]) -> String? {
        let label = "end_of_this_text"
        let probe = Array("goto \(label); ".utf8) + text + Array("\n::\(label):: _ = nil".utf8)
        do {
            _ = try compile(probe, chunkName: "=probe")
            return nil
        } catch {
            let message = (error as? LuaError)?.message ?? ""
            guard let found = message.firstRange(of: "jumps into the scope of local '"), message.hasSuffix("'") else {
                return nil
            }
            return String(message[found.upperBound...].dropLast())
        }
    }

    /// Names that can follow `path` and a dot, or of methods a colon; those of globals for an empty path.
    ///
    /// Nothing of the script's runs: tables are read without their metamethods, and what an object's own property gives is
    /// ours.
    /// - Returns: identifiers in the order of their bytes; none when the path leads nowhere.
    package func memberNames(of path: [String], onlyMethods: Bool = false) -> [String] {
        guard let state = try? usableState() else { return [] }
        let top = lua_gettop(state)
        defer { lua_settop(state, top) }
        lua_rawgeti(state, luahost_registry_index(), lua_Integer(LUA_RIDX_GLOBALS))
        for name in path {
            guard pushField(name, state) else { return [] }
            lua_copy(state, -1, top + 1)
            lua_settop(state, top + 1)
        }
        var names: Set<String> = []
        addNames(state, top + 1, onlyMethods, to: &names, depth: 0)
        return names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }

    /// Pushes the field of the value on top of the stack.
    private func pushField(_ name: String, _ state: OpaquePointer) -> Bool {
        let index = lua_gettop(state)
        let context = LuaPushContext(host: self, state: state)
        if let type = boundType(state, index) {
            guard type.memberNames.contains(name), let handle else { return false }
            name.luaPush(context)
            let status = luahost_get(handle, state, index)
            if status != LUA_OK { _ = makeError(status: status, on: state) }
            return status == LUA_OK
        }
        guard lua_type(state, index) == LUA_TTABLE else { return false }
        _ = luahost_push_behind_read_only(state, index)
        name.luaPush(context)
        return lua_rawget(state, -2) != LUA_TNIL
    }

    /// Adds the names in the value at `index`, and in the tables that its metatable names for absent keys.
    private func addNames(
        _ state: OpaquePointer, _ index: Int32, _ onlyMethods: Bool, to names: inout Set<String>, depth: Int
    ) {
        let top = lua_gettop(state)
        defer { lua_settop(state, top) }
        // A script's tables may name each other in a circle.
        guard depth < 8, lua_checkstack(state, 8) != 0 else { return }
        if let type = boundType(state, index) {
            guard onlyMethods else { return names.formUnion(type.memberNames) }
            guard lua_getmetatable(state, index) != 0 else { return }
            luahost_push_type_fields(state, top + 1)
            return addKeys(state, top + 2, onlyMethods, to: &names)
        }
        if luahost_push_behind_read_only(state, index) {
            return addKeys(state, top + 1, onlyMethods, to: &names)
        }
        if lua_type(state, index) == LUA_TTABLE { addKeys(state, index, onlyMethods, to: &names) }
        guard lua_getmetatable(state, index) != 0 else { return }
        "__index".luaPush(LuaPushContext(host: self, state: state))
        guard lua_rawget(state, top + 1) == LUA_TTABLE else { return }
        addNames(state, top + 2, onlyMethods, to: &names, depth: depth + 1)
    }

    private func addKeys(_ state: OpaquePointer, _ table: Int32, _ onlyFunctions: Bool, to names: inout Set<String>) {
        lua_pushnil(state)
        // Nothing runs between two steps, so no key can go stale.
        while lua_next(state, table) != 0 {
            let isWanted = !onlyFunctions || lua_type(state, -1) == LUA_TFUNCTION
            luahost_pop(state, 1)
            guard isWanted, let name = withString(state, -1, { String(decoding: $0, as: UTF8.self) }),
                LuaWord.isIdentifier(name)
            else { continue }
            names.insert(name)
        }
    }
}

/// What Lua takes for a name.
package enum LuaWord {
    package static let keywords = [
        "and", "break", "do", "else", "elseif", "end", "false", "for", "function", "goto", "if", "in", "local", "nil",
        "not", "or", "repeat", "return", "then", "true", "until", "while",
    ]

    package static func isPart(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "_"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: false
        }
    }

    package static func isIdentifier(_ name: String) -> Bool {
        guard let first = name.utf8.first, !(UInt8(ascii: "0")...UInt8(ascii: "9")).contains(first) else {
            return false
        }
        return name.utf8.allSatisfy(isPart)
    }
}
