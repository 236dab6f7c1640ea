internal import CLua
internal import CLuaShims

/// What a userdata owns: a Swift value with its type and the marks of who is using it.
class ObjectBox {
    /// Types live as long as their host, which outlives its userdata: closing the state releases the box first.
    unowned(unsafe) let type: AnyLuaType
    /// The method that is changing the value now; everything else is refused meanwhile.
    var mutatingMethod: String?
    /// Methods that are reading the value now; mutating ones are refused meanwhile.
    var readers = 0

    init(type: AnyLuaType) { self.type = type }

    func checkReadable() throws {
        if let mutatingMethod { throw LuaMismatch("\(type.name) is in use by its method '\(mutatingMethod)'") }
    }

    func checkMutable() throws {
        try checkReadable()
        if readers > 0 { throw LuaMismatch("\(type.name) is in use by one of its methods") }
    }
}

final class TypedBox<Value>: ObjectBox {
    var value: Value

    init(_ value: Value, type: AnyLuaType) {
        self.value = value
        super.init(type: type)
    }
}

/// A Swift type that scripts see as objects. Register it with `LuaHost.register`; its values can then be arguments,
/// fields and results.
package protocol LuaBound: LuaReadable, LuaPushable {
    /// The name scripts and messages use: "rledit.Tensor".
    static var luaName: String { get }
}

extension LuaBound {
    package static var luaExpected: String { luaName }

    package static func luaRead(_ slot: LuaSlot) throws -> Self? {
        guard let box = try slot.host.box(Self.self, slot.state, slot.index) else { return nil }
        try box.checkReadable()
        return box.value
    }

    package func luaPush(_ context: LuaPushContext) throws {
        try context.host.pushObject(self, on: context.state)
    }
}

extension LuaHost {
    /// The box of the userdata at `index`, if it holds a `Value`; throws when it is closed.
    func box<Value>(_ type: Value.Type, _ state: OpaquePointer, _ index: Int32) throws -> TypedBox<Value>? {
        var typePointer: UnsafeMutableRawPointer?
        let object = luahost_object(state, index, &typePointer)
        guard let typePointer else { return nil }
        let luaType = Unmanaged<AnyLuaType>.fromOpaque(typePointer).takeUnretainedValue()
        guard luaType.valueType == ObjectIdentifier(Value.self) else { return nil }
        guard let object else { throw LuaMismatch("\(luaType.name) is closed") }
        // The type's identifier was compared, so the box is one of Value.
        return unsafeDowncast(
            Unmanaged<ObjectBox>.fromOpaque(object).takeUnretainedValue(), to: TypedBox<Value>.self)
    }

    func pushObject<Value>(_ value: Value, on state: OpaquePointer) throws {
        guard let anyType = types[ObjectIdentifier(Value.self)] else {
            throw LuaError(.host, "type \(Value.self) is not registered with this Lua state")
        }
        // Types are kept under the identifier of their own Value.
        let type = unsafeDowncast(anyType, to: LuaType<Value>.self)
        let box = TypedBox(value, type: type)
        luahost_push_object(
            state, type.metatableReference, Unmanaged.passRetained(box as AnyObject).toOpaque(),
            Int64(type.nativeBytesOf?(value) ?? 0))
    }

    /// A new object that Swift keeps.
    package func makeObject<Value: LuaBound>(_ value: Value) throws -> LuaObject {
        let state = try usableState()
        try pushObject(value, on: state)
        return LuaObject(host: self, popping: state)
    }
}
