internal import CLua
internal import CLuaShims

/// What a bound function returns: how many values it pushed. Made by `LuaCall.returns`.
package struct LuaResults {
    let count: Int32
    package static let none = LuaResults(count: 0)
}

/// One call of a bound function: its arguments, and the way to return. Valid during the call only.
///
/// Arguments count from 1, as the script's author counts them: in a method, `self` is not counted.
package struct LuaCall {
    package let host: LuaHost
    let state: OpaquePointer
    /// The function's name in messages.
    package let name: String
    /// Values below argument 1: 1 in methods.
    let offset: Int32

    init(_ function: BoundFunction, _ state: OpaquePointer) {
        host = function.host
        self.state = state
        name = function.name
        offset = function.isMethod ? 1 : 0
    }

    init(host: LuaHost, state: OpaquePointer, name: String, offset: Int32) {
        self.host = host
        self.state = state
        self.name = name
        self.offset = offset
    }

    // MARK: Arguments

    /// How many arguments were given.
    package var count: Int { Int(lua_gettop(state) - offset) }

    package func slot(_ number: Int) -> LuaSlot {
        LuaSlot(host: host, state: state, index: Int32(clamping: number) + offset)
    }

    /// True for nil and for an argument that was not given.
    package func isNil(_ number: Int) -> Bool { slot(number).isNil }

    /// A required argument.
    package func argument<Value: LuaReadable>(_ number: Int, as type: Value.Type = Value.self) throws -> Value {
        try slot(number).read(Value.self) { argumentError(number, $0) }
    }

    /// An argument that may be absent or nil.
    package func optional<Value: LuaReadable>(_ number: Int, as type: Value.Type = Value.self) throws -> Value? {
        isNil(number) ? nil : try argument(number, as: type)
    }

    package func integer(_ number: Int) throws -> Int { try argument(number) }
    package func number(_ number: Int) throws -> Double { try argument(number) }
    package func string(_ number: Int) throws -> String { try argument(number) }
    package func boolean(_ number: Int) throws -> Bool { try argument(number) }
    package func table(_ number: Int) throws -> LuaTable { try argument(number) }
    package func function(_ number: Int) throws -> LuaFunction { try argument(number) }
    /// Any value, nil included.
    package func value(_ number: Int) -> LuaValue { slot(number).value }

    /// The table of named fields at `number`; an absent one has no fields. `owner` is what messages name, as in
    /// "unknown field 'x' in rledit.PPO".
    package func options(_ number: Int, of owner: String) throws -> LuaOptions {
        guard !isNil(number) else { return LuaOptions(owner: owner, table: nil) }
        return try LuaOptions(owner: owner, table: table(number))
    }

    /// Whether an argument of a method is the object itself, which cannot be read again while a method changes it.
    package func isSelf(_ number: Int) -> Bool { lua_rawequal(state, 1, slot(number).index) != 0 }

    /// Refuses more arguments than the function takes.
    package func atMost(_ most: Int) throws {
        guard count <= most else {
            throw LuaUsageError(
                "wrong number of arguments to '\(name)' (at most \(most) expected, got \(count))")
        }
    }

    /// "bad argument #1 to 'mul' (reason)".
    package func argumentError(_ number: Int, _ reason: String) -> LuaUsageError {
        LuaUsageError("bad argument #\(number) to '\(name)' (\(reason))")
    }

    // MARK: Results

    package var context: LuaPushContext { LuaPushContext(host: host, state: state) }

    package func returns(_ value: some LuaPushable) throws -> LuaResults {
        try value.luaPush(context)
        return LuaResults(count: 1)
    }

    package func returns(_ first: some LuaPushable, _ second: some LuaPushable) throws -> LuaResults {
        try first.luaPush(context)
        try second.luaPush(context)
        return LuaResults(count: 2)
    }

    package func returns(
        _ first: some LuaPushable, _ second: some LuaPushable, _ third: some LuaPushable
    ) throws -> LuaResults {
        try first.luaPush(context)
        try second.luaPush(context)
        try third.luaPush(context)
        return LuaResults(count: 3)
    }

    /// Any number of values.
    package func returns(list values: [LuaValue]) throws -> LuaResults {
        guard lua_checkstack(state, Int32(clamping: values.count + 8)) != 0 else {
            throw LuaUsageError("too many results of '\(name)'")
        }
        for value in values { try value.luaPush(context) }
        return LuaResults(count: Int32(clamping: values.count))
    }

    /// Argument `self` of a method, as it came: what methods that change an object return.
    package func returnsSelf() -> LuaResults {
        lua_pushvalue(state, 1)
        return LuaResults(count: 1)
    }
}
