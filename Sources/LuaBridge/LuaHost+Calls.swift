internal import CLua
internal import CLuaShims

extension LuaHost {
    /// Runs a main chunk: text whose first line may be a shebang and whose first bytes may be a byte order mark.
    /// - Parameters:
    ///   - source: the bytes of the file.
    ///   - path: shown in messages, as the user wrote it.
    ///   - arguments: what the chunk sees as `...`.
    /// - Returns: what the chunk returns.
    @discardableResult
    package func runMain(_ source: [UInt8], path: String, arguments: [LuaValue] = []) throws -> [LuaValue] {
        // Bytecode, which begins with an escape character, is refused by Lua.
        if source.contains(0), source.first != 0x1B {
            let name = PrintableText.make(path, capacity: 512)
            throw LuaError(.syntax, "\(name): not a text file: a Lua script expected")
        }
        return try run(source, chunkName: "@" + path, arguments: arguments, budget: LUAHOST_MAIN_CHUNK)
    }

    /// Runs a piece of text as a main chunk named `name` (shown as it is in messages).
    @discardableResult
    package func run(_ text: String, name: String = "script", arguments: [LuaValue] = []) throws -> [LuaValue] {
        try run(Array(text.utf8), chunkName: "=" + name, arguments: arguments, budget: LUAHOST_MAIN_CHUNK)
    }

    /// Compiles text to a function without running it.
    package func compile(_ source: [UInt8], chunkName: String) throws -> LuaFunction {
        let state = try usableState()
        try load(source, chunkName: chunkName, on: state)
        return LuaFunction(host: self, popping: state)
    }

    private func run(
        _ source: [UInt8], chunkName: String, arguments: [LuaValue], budget: some BinaryInteger
    ) throws -> [LuaValue] {
        let state = try usableState()
        let top = lua_gettop(state)
        defer { lua_settop(state, top) }
        try load(source, chunkName: chunkName, on: state)
        return try call(on: state, budget: Int32(budget)) { context in
            for argument in arguments { try argument.luaPush(context) }
        }
    }

    /// Pushes the compiled chunk.
    func load(_ source: [UInt8], chunkName: String, on state: OpaquePointer) throws {
        let handle = try usableHandle()
        let status = source.withUnsafeBytes { bytes -> Int32 in
            let text = Self.skippingPrelude(bytes)
            return luahost_load_text(
                handle, state, text.baseAddress?.assumingMemoryBound(to: CChar.self), text.count, chunkName)
        }
        if status != LUA_OK { throw makeError(status: status, on: state) }
    }

    /// As `lua` does: a byte order mark is skipped, and of a first line that starts with `#` only the line end stays, so
    /// that line numbers are right.
    private static func skippingPrelude(_ bytes: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
        var start = 0
        if bytes.count >= 3, bytes[0] == 0xEF, bytes[1] == 0xBB, bytes[2] == 0xBF { start = 3 }
        if start < bytes.count, bytes[start] == UInt8(ascii: "#") {
            while start < bytes.count, bytes[start] != UInt8(ascii: "\n") { start += 1 }
        }
        return UnsafeRawBufferPointer(rebasing: bytes[start...])
    }

    /// Calls the function on top of the stack with what `arguments` pushes; pops function and results.
    func call(
        on state: OpaquePointer, budget: Int32, arguments: (LuaPushContext) throws -> Void
    ) throws -> [LuaValue] {
        let base = lua_gettop(state)
        try arguments(LuaPushContext(host: self, state: state))
        try protectedCall(on: state, argumentCount: lua_gettop(state) - base, resultCount: LUA_MULTRET, budget: budget)
        let end = lua_gettop(state)
        defer { lua_settop(state, base - 1) }
        guard end >= base else { return [] }
        guard lua_checkstack(state, 8) != 0 else { throw LuaError(.script, "stack overflow") }
        return (base...end).map { value(state, $0) }
    }

    func protectedCall(on state: OpaquePointer, argumentCount: Int32, resultCount: Int32, budget: Int32) throws {
        let handle = try usableHandle()
        let status = luahost_call(handle, state, argumentCount, resultCount, budget)
        if status != LUA_OK { throw makeError(status: status, on: state) }
        if luahost_depth(handle) == 0, !raisedErrors.isEmpty { raisedErrors = [] }
    }

    /// The error whose value is on top of the stack; pops it.
    func makeError(status: Int32, on state: OpaquePointer) -> LuaError {
        defer { luahost_pop(state, 1) }
        guard let handle else { return LuaError(.host, "the Lua state is closed") }
        var limitMessage = [CChar](repeating: 0, count: 512)
        let limit = luahost_take_limit(handle, &limitMessage, limitMessage.count)
        let traceback = luahost_traceback(handle).map { text in
            PrintableText.make(UnsafeRawBufferPointer(start: text, count: strlenOf(text)))
        }
        luahost_clear_traceback(handle)
        let outermost = luahost_depth(handle) == 0
        defer { if outermost { raisedErrors = [] } }
        if let kind = LuaError.Kind(limit: limit) {
            let message = limitMessage.withUnsafeBytes { bytes in
                PrintableText.make(UnsafeRawBufferPointer(rebasing: bytes.prefix { $0 != 0 }))
            }
            return LuaError(kind, message, traceback: traceback)
        }
        if status == LUA_ERRSYNTAX { return LuaError(.syntax, describeErrorValue(on: state)) }
        var error = LuaError(.script, describeErrorValue(on: state), traceback: traceback)
        if lua_type(state, -1) == LUA_TSTRING {
            if let raised = raisedErrors.last(where: { !$0.message.isEmpty && error.message.hasSuffix($0.message) }) {
                if let inner = raised.error as? LuaError {
                    error.underlying = inner.underlying
                    error.traceback = inner.traceback ?? traceback
                    error.hint = inner.hint
                    if inner.kind == .host { error.kind = .host }
                } else {
                    error.underlying = raised.error
                }
            }
        } else {
            error.value = value(state, -1)
        }
        return error
    }

    /// Words for the error value on top of the stack, whatever it is.
    private func describeErrorValue(on state: OpaquePointer) -> String {
        switch lua_type(state, -1) {
        case LUA_TSTRING:
            return withString(state, -1) { PrintableText.make($0) } ?? ""
        case LUA_TNIL:
            return "error value is nil"
        case LUA_TNUMBER, LUA_TBOOLEAN:
            return "error value is a \(typeName(state, -1)): \(describe(state, -1))"
        default:
            let kind = typeName(state, -1)
            let top = lua_gettop(state)
            defer { lua_settop(state, top) }
            guard lua_checkstack(state, 8) != 0, luaL_getmetafield(state, -1, "__tostring") != LUA_TNIL else {
                return "error value is a \(kind)"
            }
            luahost_pop(state, 1)
            guard let handle, luahost_tostring(handle, state, -1) == LUA_OK,
                let text = withString(state, -1, { PrintableText.make($0) })
            else { return "error value is a \(kind), whose __tostring failed" }
            return text
        }
    }

    private func describe(_ state: OpaquePointer, _ index: Int32) -> String {
        switch value(state, index) {
        case .boolean(let value): String(value)
        case .integer(let value): String(value)
        case .number(let value): String(value)
        default: ""
        }
    }

    private func strlenOf(_ text: UnsafePointer<CChar>) -> Int {
        var length = 0
        while text[length] != 0 { length += 1 }
        return length
    }
}

extension LuaError.Kind {
    init?(limit: Int32) {
        switch Int(limit) {
        case LUAHOST_TIME_LIMIT: self = .timeLimit
        case LUAHOST_MEMORY_LIMIT: self = .memoryLimit
        case LUAHOST_OUTPUT_LIMIT: self = .outputLimit
        case LUAHOST_INTERRUPTED: self = .interrupted
        default: return nil
        }
    }
}
