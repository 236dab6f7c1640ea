internal import CLua
internal import CLuaShims

extension LuaCall {
    /// For an error of a method that was called by a dot: `; call it with a colon: set:take(10)`. Empty for other calls.
    /// - Parameters:
    ///   - typeName: of the object that should have been before the colon.
    ///   - given: how many values the script gave.
    func colonHint(typeName: String, given: Int) -> String {
        guard luahost_called_without_colon(state) else { return "" }
        let arguments = given > 0 ? (1...given).map { sketch(Int32(clamping: $0)) } : []
        return "; call it with a colon: \(Self.variable(typeName)):\(name)(\(arguments.joined(separator: ", ")))"
    }

    /// An argument as a script may have written it.
    private func sketch(_ index: Int32) -> String {
        let slot = LuaSlot(host: host, state: state, index: index)
        switch slot.value {
        case .nil: return "nil"
        case .boolean(let value): return "\(value)"
        case .integer(let value): return "\(value)"
        case .number(let value): return "\(value)"
        case .string(let value):
            let isShort = value.bytes.count <= 32 && value.bytes.allSatisfy { $0 >= 32 && $0 != 34 && $0 != 92 }
            return isShort ? "\"\(value.text)\"" : "\"…\""
        case .table: return "{ … }"
        case .function: return "function"
        default: return Self.variable(slot.typeName)
        }
    }

    /// `set` for an object of the type `rledit.Set`.
    private static func variable(_ typeName: String) -> String {
        (typeName.split(separator: ".").last.map(String.init) ?? typeName).lowercased()
    }
}
