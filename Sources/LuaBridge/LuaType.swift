internal import CLua
internal import CLuaShims
internal import RLEditCore

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
    package fileprivate(set) var memberNames: [String] = []

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

/// How a Swift type looks to scripts. Filled once, by the closure given to `LuaHost.register`:
///
///     try host.register(Tensor.self) { type in
///         type.method("mul") { tensor, call in try call.returns(tensor * call.argument(1, as: Tensor.self)) }
///         type.mutatingMethod("mul_") { tensor, call in
///             tensor *= try call.argument(1, as: Tensor.self)
///             return call.returnsSelf()
///         }
///         type.property("rank") { tensor, call in try call.returns(tensor.rank) }
///         type.length { $0.count }
///     }
package final class LuaType<Value>: AnyLuaType {
    private var setters: [String: (TypedBox<Value>, LuaCall) throws -> Void] = [:]
    private var elementGetter: ((Value, Int, LuaCall) throws -> LuaResults)?
    private var elementSetter: ((inout Value, Int, LuaCall) throws -> Void)?
    private var tableGetter: ((Value, LuaTable, LuaCall) throws -> LuaResults)?
    private var tableSetter: ((inout Value, LuaTable, LuaCall) throws -> Void)?
    private var missingField: ((Value, String, LuaCall) throws -> LuaResults?)?
    fileprivate(set) var nativeBytesOf: ((Value) -> Int)?
    private let state: OpaquePointer
    /// Stack indices while the type is being filled.
    private let metatable: Int32
    private let fields: Int32

    fileprivate init(name: String, host: LuaHost, state: OpaquePointer) {
        self.state = state
        metatable = lua_gettop(state) + 1
        fields = metatable + 1
        super.init(name: name, valueType: ObjectIdentifier(Value.self), host: host)
        luahost_push_new_type(state, name, Unmanaged.passUnretained(self as AnyLuaType).toOpaque())
        luahost_push_type_fields(state, metatable)
    }

    /// Keeps the metatable and leaves the stack as it was.
    fileprivate func seal() {
        luahost_pop(state, 1)
        metatableReference = luaL_ref(state, luahost_registry_index())
    }

    // MARK: Methods

    /// A method that reads the object. Mutating methods of the same object are refused while it runs.
    package func method(_ name: String, _ body: @escaping (Value, LuaCall) throws -> LuaResults) {
        addMethod(name) { box, call in
            try Self.use { try box.checkReadable() }
            box.readers += 1
            defer { box.readers -= 1 }
            return try body(box.value, call)
        }
    }

    /// A method that changes the object in place. Every other use of the same object is refused while it runs, also from
    /// Lua code that it calls.
    package func mutatingMethod(_ name: String, _ body: @escaping (inout Value, LuaCall) throws -> LuaResults) {
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

    /// Checks of use are told as errors about the object itself.
    private static func use(_ check: () throws -> Void) throws {
        do { try check() } catch let mismatch as LuaMismatch { throw LuaUsageError(mismatch.description) }
    }

    // MARK: Properties

    /// Names that objects of this type get by `LuaObject.attach`, for suggestions and documentation checks.
    package func attachedFields(_ names: String...) { memberNames += names }

    /// A field that is computed when it is read.
    package func property(_ name: String, _ get: @escaping (Value, LuaCall) throws -> LuaResults) {
        addGetter(name, .general { box, call in try get(Self.typed(box).value, call) })
    }

    /// A number field; the shortest way from a script to Swift and back.
    package func number(_ name: String, _ get: @escaping (Value) throws -> Double) {
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
    package func element(_ get: @escaping (Value, Int, LuaCall) throws -> LuaResults) { elementGetter = get }

    /// Writing `object[i] = v`; the value is argument 1.
    package func elementSetter(_ set: @escaping (inout Value, Int, LuaCall) throws -> Void) { elementSetter = set }

    /// Reading `object[{…}]`: the key is a table.
    package func tableElement(_ get: @escaping (Value, LuaTable, LuaCall) throws -> LuaResults) { tableGetter = get }

    /// Writing `object[{…}] = v`; the value is argument 1.
    package func tableElementSetter(_ set: @escaping (inout Value, LuaTable, LuaCall) throws -> Void) {
        tableSetter = set
    }

    /// Fields that are not known when the type is registered. Nil: there is no such field, which raises.
    package func otherFields(_ get: @escaping (Value, String, LuaCall) throws -> LuaResults?) { missingField = get }

    // MARK: Metamethods

    /// An operator; either argument may be the object: read them with `call.argument(1)` and `(2)`.
    package func operation(_ operation: LuaOperator, _ body: @escaping (LuaCall) throws -> LuaResults) {
        setMetafield(operation.rawValue, BoundFunction(host, operation.rawValue, body))
    }

    /// What `#object` gives.
    package func length(_ body: @escaping (Value) throws -> Int) {
        setMetamethod("__len") { value, call in try call.returns(try body(value)) }
    }

    /// What `tostring(object)` and `print(object)` give.
    package func description(_ body: @escaping (Value) throws -> String) {
        setMetamethod("__tostring") { value, call in try call.returns(try body(value)) }
    }

    /// Calling the object like a function.
    package func calling(_ body: @escaping (Value, LuaCall) throws -> LuaResults) {
        setMetamethod("__call", body)
    }

    /// `for k, v in pairs(object)`: returns the iterator function, state and first key.
    package func pairs(_ body: @escaping (Value, LuaCall) throws -> LuaResults) {
        setMetamethod("__pairs", body)
    }

    /// At the end of a `local x <close>`, or by `object:close()`: runs `body`, then releases the value. Later uses raise.
    package func closing(_ body: @escaping (Value) throws -> Void = { _ in }) {
        let close: (LuaCall) throws -> LuaResults = { call in
            var pointer: UnsafeMutableRawPointer?
            // Closing twice is harmless.
            guard luahost_object(call.state, 1, &pointer) != nil else { return .none }
            guard let box = try call.host.box(Value.self, call.state, 1) else { return .none }
            try Self.use { try box.checkMutable() }
            defer { luahost_close_object(call.state, 1) }
            try body(box.value)
            return .none
        }
        memberNames.append("close")
        let method = BoundFunction(host, "close", isMethod: true, close)
        setField("close") { host.push(method, on: state) }
        setMetafield("__close", BoundFunction(host, "close", isMethod: true, close))
    }

    /// How many bytes outside of Lua a value holds, asked once when it becomes an object.
    package func nativeBytes(_ body: @escaping (Value) -> Int) { nativeBytesOf = body }

    private func setMetamethod(_ name: String, _ body: @escaping (Value, LuaCall) throws -> LuaResults) {
        let typeName = self.name
        setMetafield(
            name,
            BoundFunction(host, name, isMethod: true) { call in
                do {
                    if let box = try call.host.box(Value.self, call.state, 1) {
                        try box.checkReadable()
                        box.readers += 1
                        defer { box.readers -= 1 }
                        return try body(box.value, call)
                    }
                } catch let mismatch as LuaMismatch {
                    throw LuaUsageError(mismatch.description)
                }
                throw LuaUsageError("\(typeName) expected, got \(call.host.typeName(call.state, 1))")
            })
    }

    private func setMetafield(_ name: String, _ function: BoundFunction) {
        name.luaPush(LuaPushContext(host: host, state: state))
        host.push(function, on: state)
        lua_rawset(state, metatable)
    }

    private func setField(_ name: String, push: () -> Void) {
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
        types[identifier] = luaType
        return luaType
    }

    /// All registered types, by name.
    package var registeredTypes: [AnyLuaType] { types.values.sorted { $0.name < $1.name } }
}
