internal import CLua
internal import CLuaShims
internal import RLEditCore

/// Fills the table of a host module. Scripts get a read-only view of it, in which reading an unknown name raises.
package final class LuaModule {
    package let name: String
    package let host: LuaHost
    private let state: OpaquePointer
    private let table: Int32
    private(set) var fieldNames: [String] = []
    /// nil unless the host documents itself.
    fileprivate var declaration: LuaDocumentation.Declaration?

    fileprivate init(name: String, host: LuaHost, state: OpaquePointer, table: Int32) {
        self.name = name
        self.host = host
        self.state = state
        self.table = table
        if host.documentation != nil { declaration = .init(.module, name, file: name) }
    }

    /// What the module is for, in prose, with an example.
    package func documentation(_ text: @autoclosure () -> String) { declaration?.text = text() }

    /// Documents plain tables and aliases of this module: see ``LuaHost/types(in:_:)``.
    package func types(_ documentation: @autoclosure () -> String) { host.types(in: name, documentation()) }

    /// A function of the module; messages call it by this name.
    /// - Parameter documentation: prose, then tags: `@param shape rledit.Shape`, `@return rledit.Tensor`.
    package func function(
        _ name: String, _ documentation: @autoclosure () -> String,
        _ body: @escaping (LuaCall) throws -> LuaResults
    ) {
        declaration?.functions.append((name, documentation()))
        let function = BoundFunction(host, name, body)
        set(name) { host.push(function, on: state) }
    }

    /// A constant: a number, a string, a table, an object.
    /// - Parameter documentation: its type, then prose: `string version of this program`.
    package func constant(
        _ name: String, _ documentation: @autoclosure () -> String, _ value: some LuaPushable
    ) throws {
        declaration?.tags.append("@field \(name) \(documentation())")
        let context = LuaPushContext(host: host, state: state)
        try value.luaPush(context)
        set(name) {}
    }

    /// A table of functions that is part of this module and cannot be required by itself.
    package func table(_ name: String, _ build: (LuaModule) throws -> Void) throws {
        declaration?.tags.append("@field \(name) \(self.name).\(name)")
        try host.pushModule(self.name + "." + name, on: state, build)
        set(name) {}
    }

    /// Another module as a field of this one: `rledit.tensor` in `rledit`.
    package func module(_ name: String, _ fullName: String) throws {
        declaration?.tags.append("@field \(name) \(fullName)")
        try host.pushModule(named: fullName, on: state)
        set(name) {}
    }

    /// `push` leaves one value on the stack, or nothing when the value is there already.
    private func set(_ name: String, push: () -> Void) {
        let top = lua_gettop(state)
        fieldNames.append(name)
        push()
        let valueTop = max(top, lua_gettop(state))
        name.luaPush(LuaPushContext(host: host, state: state))
        luahost_insert(state, valueTop)
        lua_rawset(state, table)
    }
}

extension LuaHost {
    /// A Swift function as a Lua function, to be returned to scripts. `name` is what messages call it.
    package func makeFunction(_ name: String, _ body: @escaping (LuaCall) throws -> LuaResults) throws -> LuaFunction {
        let state = try usableState()
        push(BoundFunction(self, name, body), on: state)
        return LuaFunction(host: self, popping: state)
    }

    /// Makes a module known to `require`. It is built when it is first asked for.
    package func addModule(_ name: String, _ build: @escaping (LuaModule) throws -> Void) {
        modules.builders[name] = build
    }

    /// Pushes the read-only view of a module, built on first use.
    func pushModule(named name: String, on state: OpaquePointer) throws {
        if let built = modules.built[name] {
            built.push(on: state)
            return
        }
        guard let build = modules.builders[name] else {
            throw LuaError(.host, "module '\(name)' is not known to this Lua state")
        }
        guard modules.building.insert(name).inserted else {
            throw LuaError(.host, "module '\(name)' needs itself")
        }
        defer { modules.building.remove(name) }
        try pushModule(name, on: state, build)
        lua_pushvalue(state, -1)
        modules.built[name] = LuaTable(host: self, popping: state)
    }

    /// Builds a module and pushes its view.
    fileprivate func pushModule(
        _ name: String, on state: OpaquePointer, _ build: (LuaModule) throws -> Void
    ) throws {
        guard lua_checkstack(state, 32) != 0 else { throw LuaError(.script, "stack overflow") }
        let top = lua_gettop(state)
        lua_createtable(state, 0, 16)
        let module = LuaModule(name: name, host: self, state: state, table: top + 1)
        do {
            try build(module)
        } catch {
            lua_settop(state, top)
            throw error
        }
        if let declaration = module.declaration { documentation?.declarations.append(declaration) }
        lua_settop(state, top + 1)
        registerForTracebacks(name, state, top + 1)
        let names = module.fieldNames
        push(
            BoundFunction(self, name) { call in
                guard let field = String.luaRead(call.slot(2)) else { return .none }
                throw LuaUsageError(
                    "module '\(name)' has no '\(PrintableText.make(field, capacity: 64))'"
                        + NearestName.help(for: field, among: names, of: "it has"))
            }, on: state)
        luahost_push_read_only(state, top + 1, "module '\(name)'")
        luahost_remove(state, top + 1)
    }

    /// Puts a module's own table where tracebacks look for the names of functions; scripts cannot reach it.
    private func registerForTracebacks(_ name: String, _ state: OpaquePointer, _ table: Int32) {
        let top = lua_gettop(state)
        defer { lua_settop(state, top) }
        let context = LuaPushContext(host: self, state: state)
        LUA_LOADED_TABLE.luaPush(context)
        guard lua_rawget(state, luahost_registry_index()) == LUA_TTABLE, mode == .sandboxed else { return }
        name.luaPush(context)
        lua_pushvalue(state, table)
        lua_rawset(state, top + 1)
    }
}
