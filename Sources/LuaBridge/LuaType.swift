internal import CLua
internal import CLuaShims
internal import RLEditCore

/// How a Swift type looks to scripts. Filled once, by the closure given to `LuaHost.register`:
///
///     try host.register(Tensor.self) { type in
///         type.documentation(in: "rledit.tensor", "An array of numbers.")
///         type.method("mul", "Product, element by element.\n@param other rledit.Tensor\n@return rledit.Tensor") {
///             tensor, call in try call.returns(tensor * call.argument(1, as: Tensor.self))
///         }
///         type.mutatingMethod("mul_", "Multiplies in place.\n@param other rledit.Tensor\n@return rledit.Tensor self") {
///             tensor, call in
///             tensor *= try call.argument(1, as: Tensor.self)
///             return call.returnsSelf()
///         }
///         type.property("rank", "integer number of dimensions") { tensor, call in try call.returns(tensor.rank) }
///         type.length { $0.count }
///     }
package final class LuaType<Value>: AnyLuaType {
    private var setters: [String: (TypedBox<Value>, LuaCall) throws -> Void] = [:]
    private var elementGetter: ((Value, Int, LuaCall) throws -> LuaResults)?
    private var elementSetter: ((inout Value, Int, LuaCall) throws -> Void)?
    private var tableGetter: ((Value, LuaTable, LuaCall) throws -> LuaResults)?
    private var tableSetter: ((inout Value, LuaTable, LuaCall) throws -> Void)?
    private var missingField: ((Value, String, LuaCall) throws -> LuaResults?)?
    var nativeBytesOf: ((Value) -> Int)?
    let state: OpaquePointer
    /// Stack indices while the type is being filled.
    private let metatable: Int32
    private let fields: Int32
    /// nil unless the host documents itself.
    var declaration: LuaDocumentation.Declaration?

    fileprivate init(name: String, host: LuaHost, state: OpaquePointer) {
        self.state = state
        metatable = lua_gettop(state) + 1
        fields = metatable + 1
        if host.documentation != nil { declaration = .init(.object, name, file: name) }
        super.init(name: name, valueType: ObjectIdentifier(Value.self), host: host)
        luahost_push_new_type(state, name, Unmanaged.passUnretained(self as AnyLuaType).toOpaque())
        luahost_push_type_fields(state, metatable)
    }

    /// Keeps the metatable and leaves the stack as it was.
    fileprivate func seal() {
        luahost_pop(state, 1)
        metatableReference = luaL_ref(state, luahost_registry_index())
    }

    /// What the objects are, and in whose module's annotation file they belong.
    package func documentation(in file: String, _ text: @autoclosure () -> String) {
        declaration?.file = file
        declaration?.text = text()
    }

    // MARK: Methods

    /// A method that reads the object. Mutating methods of the same object are refused while it runs.
    /// - Parameter documentation: prose, then tags: `@param other rledit.Tensor`, `@return boolean`.
    package func method(
        _ name: String, _ documentation: @autoclosure () -> String,
        _ body: @escaping (Value, LuaCall) throws -> LuaResults
    ) {
        declaration?.functions.append((name, documentation()))
        addMethod(name) { box, call in
            try Self.use { try box.checkReadable() }
            box.readers += 1
            defer { box.readers -= 1 }
            return try body(box.value, call)
        }
    }

    /// A method that changes the object in place. Every other use of the same object is refused while it runs, also from
    /// Lua code that it calls.
    package func mutatingMethod(
        _ name: String, _ documentation: @autoclosure () -> String,
        _ body: @escaping (inout Value, LuaCall) throws -> LuaResults
    ) {
        declaration?.functions.append((name, documentation()))
        addMethod(name) { box, call in
            try Self.use { try box.checkMutable() }
            box.mutatingMethod = name
            defer { box.mutatingMethod = nil }
            return try body(&box.value, call)
        }
    }

    private func addMethod(_ name: String, _ body: @escaping (TypedBox<Value>, LuaCall) throws -> LuaResults) {
        memberNames.append(name)
        let typeName = self.name
        let function = BoundFunction(host, name, isMethod: true) { call in
            let given = call.count + 1
            do {
                if let box = try call.host.box(Value.self, call.state, 1) { return try body(box, call) }
            } catch let mismatch as LuaMismatch {
                throw LuaUsageError("calling '\(name)' on bad self (\(mismatch.description))")
            } catch let error as LuaUsageError where given == 1 && error.isAboutArguments {
                // `a.add(b)` takes b for the object, and misses an argument.
                throw LuaUsageError(error.description + call.colonHint(typeName: typeName, given: given))
            }
            throw LuaUsageError(
                "calling '\(name)' on bad self (\(typeName) expected, got \(call.host.typeName(call.state, 1)))"
                    + call.colonHint(typeName: typeName, given: given))
        }
        setField(name) { host.push(function, on: state) }
    }

    /// Failed checks of use are errors about the object itself.
    static func use(_ check: () throws -> Void) throws {
        do { try check() } catch let mismatch as LuaMismatch { throw LuaUsageError(mismatch.description) }
    }

    // MARK: Properties

    /// A field that objects of this type get by `LuaObject.attach`.
    /// - Parameter documentation: its type, then prose, as of every field.
    package func attachedField(_ name: String, _ documentation: @autoclosure () -> String) {
        declaration?.tags.append("@field \(name) \(documentation())")
        memberNames.append(name)
    }

    /// A field that is computed when it is read.
    /// - Parameter documentation: its type, then prose: `integer number of dimensions`.
    package func property(
        _ name: String, _ documentation: @autoclosure () -> String,
        _ get: @escaping (Value, LuaCall) throws -> LuaResults
    ) {
        declaration?.tags.append("@field \(name) \(documentation())")
        addGetter(name, .general { box, call in try get(Self.typed(box).value, call) })
    }

    /// A number field; the shortest way from a script to Swift and back.
    package func number(
        _ name: String, _ documentation: @autoclosure () -> String, _ get: @escaping (Value) throws -> Double
    ) {
        declaration?.tags.append("@field \(name) \(documentation())")
        addGetter(name, .number { box in try get(Self.typed(box).value) })
    }

    private func addGetter(_ name: String, _ get: Getter) {
        memberNames.append(name)
        let slot = getters.count
        getters.append(get)
        setField(name) { lua_pushinteger(state, lua_Integer(slot)) }
    }

    /// Makes a field assignable; the value is argument 1.
    package func setter(_ name: String, _ set: @escaping (inout Value, LuaCall) throws -> Void) {
        setters[name] = { box, call in
            try Self.use { try box.checkMutable() }
            box.mutatingMethod = name
            defer { box.mutatingMethod = nil }
            try set(&box.value, call)
        }
    }

    /// Reading `object[i]`.
    package func element(
        _ documentation: @autoclosure () -> String, _ get: @escaping (Value, Int, LuaCall) throws -> LuaResults
    ) {
        declaration?.tags.append("@field [integer] \(documentation())")
        elementGetter = get
    }

    /// Writing `object[i] = v`; the value is argument 1.
    package func elementSetter(_ set: @escaping (inout Value, Int, LuaCall) throws -> Void) { elementSetter = set }

    /// Reading `object[{…}]`: the key is a table.
    package func tableElement(
        _ documentation: @autoclosure () -> String, _ get: @escaping (Value, LuaTable, LuaCall) throws -> LuaResults
    ) {
        declaration?.tags.append("@field [table] \(documentation())")
        tableGetter = get
    }

    /// Writing `object[{…}] = v`; the value is argument 1.
    package func tableElementSetter(_ set: @escaping (inout Value, LuaTable, LuaCall) throws -> Void) {
        tableSetter = set
    }

    /// Fields that are not known when the type is registered. Nil: there is no such field, which raises.
    package func otherFields(
        _ documentation: @autoclosure () -> String, _ get: @escaping (Value, String, LuaCall) throws -> LuaResults?
    ) {
        declaration?.tags.append("@field [string] \(documentation())")
        missingField = get
    }

    func setMetafield(_ name: String, _ function: BoundFunction) {
        name.luaPush(LuaPushContext(host: host, state: state))
        host.push(function, on: state)
        lua_rawset(state, metatable)
    }

    func setField(_ name: String, push: () -> Void) {
        name.luaPush(LuaPushContext(host: host, state: state))
        push()
        lua_rawset(state, fields)
    }

    // MARK: Access from scripts

    /// C hands a box to the type that its userdata's metatable names, so it is one of ours.
    private static func typed(_ box: ObjectBox) -> TypedBox<Value> { unsafeDowncast(box, to: TypedBox<Value>.self) }

    override func index(_ box: ObjectBox, _ state: OpaquePointer) throws -> LuaResults {
        let box = Self.typed(box)
        try Self.use { try box.checkReadable() }
        let key = LuaSlot(host: host, state: state, index: 2)
        let call = LuaCall(host: host, state: state, name: name, offset: 2)
        if let elementGetter {
            do {
                if let index = try Int.luaRead(key) { return try elementGetter(box.value, index, call) }
            } catch let mismatch as LuaMismatch {
                throw LuaUsageError("bad index of \(name) (\(mismatch.description))")
            }
        }
        if let tableGetter, let table = LuaTable.luaRead(key) { return try tableGetter(box.value, table, call) }
        guard let field = String.luaRead(key) else {
            throw LuaUsageError("\(name) cannot be indexed with a \(key.typeName)")
        }
        if let results = try missingField?(box.value, field, call) { return results }
        throw LuaUsageError(
            "\(name) has no field '\(PrintableText.make(field, capacity: 64))'"
                + NearestName.help(for: field, among: memberNames, of: "fields and methods"))
    }

    override func setIndex(_ box: ObjectBox, _ state: OpaquePointer) throws -> LuaResults {
        let box = Self.typed(box)
        let key = LuaSlot(host: host, state: state, index: 2)
        let call = LuaCall(host: host, state: state, name: name, offset: 2)
        if let elementSetter {
            do {
                if let index = try Int.luaRead(key) {
                    try Self.use { try box.checkMutable() }
                    box.mutatingMethod = "[]"
                    defer { box.mutatingMethod = nil }
                    try elementSetter(&box.value, index, call)
                    return .none
                }
            } catch let mismatch as LuaMismatch {
                throw LuaUsageError("bad index of \(name) (\(mismatch.description))")
            }
        }
        if let tableSetter, let table = LuaTable.luaRead(key) {
            try Self.use { try box.checkMutable() }
            box.mutatingMethod = "[]"
            defer { box.mutatingMethod = nil }
            try tableSetter(&box.value, table, call)
            return .none
        }
        guard let field = String.luaRead(key) else {
            throw LuaUsageError("\(name) cannot be indexed with a \(key.typeName)")
        }
        guard let setter = setters[field] else {
            throw LuaUsageError(
                "field '\(PrintableText.make(field, capacity: 64))' of \(name) cannot be set"
                    + NearestName.help(for: field, among: setters.keys.sorted(), of: "fields that can be set"))
        }
        try setter(box, call)
        return .none
    }
}

extension LuaHost {
    /// Makes values of a Swift type available to scripts as objects named `Value.luaName`. Once per host and type.
    @discardableResult
    package func register<Value: LuaBound>(
        _ type: Value.Type, _ build: (LuaType<Value>) throws -> Void
    ) throws -> AnyLuaType {
        let identifier = ObjectIdentifier(Value.self)
        guard types[identifier] == nil else {
            throw LuaError(.host, "type \(Value.luaName) is registered twice")
        }
        let state = try usableState()
        let top = lua_gettop(state)
        defer { lua_settop(state, top) }
        let luaType = LuaType<Value>(name: Value.luaName, host: self, state: state)
        try build(luaType)
        luaType.seal()
        if let declaration = luaType.declaration { documentation?.declarations.append(declaration) }
        types[identifier] = luaType
        return luaType
    }

    /// All registered types, by name.
    package var registeredTypes: [AnyLuaType] { types.values.sorted { $0.name < $1.name } }
}
