internal import CLua
internal import CLuaShims

extension LuaType {
    /// An operator; either argument may be the object: read them with `call.argument(1)` and `(2)`.
    /// - Parameter documentation: the other operand in parentheses, if there is one, and the result:
    ///   `(rledit.Tensor|number): rledit.Tensor`.
    package func operation(
        _ operation: LuaOperator, _ documentation: @autoclosure () -> String,
        _ body: @escaping (LuaCall) throws -> LuaResults
    ) {
        declaration?.tags.append("@operator \(operation.rawValue.dropFirst(2))\(documentation())")
        setMetafield(operation.rawValue, BoundFunction(host, operation.rawValue, body))
    }

    /// What `#object` gives.
    package func length(_ body: @escaping (Value) throws -> Int) {
        declaration?.tags.append("@operator len: integer")
        setMetamethod("__len") { value, call in try call.returns(try body(value)) }
    }

    /// What `tostring(object)` and `print(object)` give.
    package func description(_ body: @escaping (Value) throws -> String) {
        setMetamethod("__tostring") { value, call in try call.returns(try body(value)) }
    }

    /// Calling the object like a function.
    /// - Parameter documentation: the function's type: `fun(progress: number): number`.
    package func calling(
        _ documentation: @autoclosure () -> String, _ body: @escaping (Value, LuaCall) throws -> LuaResults
    ) {
        declaration?.tags.append("@overload \(documentation())")
        setMetamethod("__call", body)
    }

    /// `for k, v in pairs(object)`: returns the iterator function, state and first key.
    package func pairs(_ body: @escaping (Value, LuaCall) throws -> LuaResults) {
        setMetamethod("__pairs", body)
    }

    /// At the end of a `local x <close>`, or by `object:close()`: runs `body`, then releases the value. Later uses raise.
    package func closing(
        _ documentation: @autoclosure () -> String, _ body: @escaping (Value) throws -> Void = { _ in }
    ) {
        declaration?.functions.append(("close", documentation()))
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
}
