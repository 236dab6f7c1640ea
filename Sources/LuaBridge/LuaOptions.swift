internal import RLEditCore

/// Reads the one table with named fields that functions with many settings take:
///
///     let options = try call.options(1, of: "rledit.PPO")
///     let steps = try options.required("steps", as: Int.self)
///     let rate = try options.optional("learning_rate", as: Double.self) ?? 3e-4
///     try options.finish()
///
/// Fields are read by name, never in the table's own order. The names asked for are the valid ones; `finish` refuses
/// all others.
package final class LuaOptions {
    /// What messages name: "rledit.PPO".
    package let owner: String
    private let table: LuaTable?
    private var known: [String] = []

    package init(owner: String, table: LuaTable?) {
        self.owner = owner
        self.table = table
    }

    /// The field as a typed value; nil when it is absent.
    package func optional<Value: LuaReadable>(_ name: String, as type: Value.Type = Value.self) throws -> Value? {
        allow(name)
        guard let table else { return nil }
        return try table.withSlot(name) { slot in
            slot.isNil ? nil : try slot.read(Value.self) { fieldError(name, $0) }
        }
    }

    package func required<Value: LuaReadable>(_ name: String, as type: Value.Type = Value.self) throws -> Value {
        guard let value = try optional(name, as: type) else { throw try missing(name, expected: Value.luaExpected) }
        return value
    }

    /// The error for an absent field: when the table has a field that looks like a misspelling of it, the error for that.
    package func missing(_ name: String, expected: String) throws -> LuaUsageError {
        for case .string(let key) in try table?.sortedKeys() ?? [] where !known.contains(key.text) {
            guard NearestName.isMisspelling(key.text, of: name) else { continue }
            let shown = PrintableText.make(key.text, capacity: 64)
            return LuaUsageError("unknown field '\(shown)' in \(owner) (did you mean '\(name)'?)")
        }
        return LuaUsageError("missing field '\(name)' in \(owner) (\(expected) expected)")
    }

    /// The field, or `nil` for an explicit `false`: "false switches things off". The outer nil is absence.
    package func switchable<Value: LuaReadable>(_ name: String, as type: Value.Type = Value.self) throws -> Value?? {
        allow(name)
        guard let table else { return nil }
        return try table.withSlot(name) { slot -> Value?? in
            if slot.isNil { return .none }
            if Bool.luaRead(slot) == false { return .some(nil) }
            return .some(try slot.read(Value.self) { fieldError(name, $0) })
        }
    }

    /// Any value; `.nil` when absent.
    package func value(_ name: String) throws -> LuaValue {
        try optional(name, as: LuaValue.self) ?? .nil
    }

    /// A table of named fields inside this one.
    package func options(_ name: String) throws -> LuaOptions {
        LuaOptions(owner: "\(owner).\(name)", table: try optional(name, as: LuaTable.self))
    }

    /// Declares names as valid that are read in another way.
    package func allow(_ names: String...) {
        for name in names where !known.contains(name) { known.append(name) }
    }

    /// "bad field 'rank' in rledit.MaskWorld (reason)".
    package func fieldError(_ name: String, _ reason: String) -> LuaUsageError {
        LuaUsageError("bad field '\(name)' in \(owner) (\(reason))")
    }

    /// Raises for the first field, in sorted order, that nobody asked for.
    package func finish() throws {
        guard let table else { return }
        for key in try table.sortedKeys() {
            switch key {
            case .string(let name):
                if known.contains(name.text) { continue }
                let shown = PrintableText.make(name.text, capacity: 64)
                throw LuaUsageError(
                    "unknown field '\(shown)' in \(owner)"
                        + NearestName.help(for: name.text, among: known, of: "fields"))
            case .integer(let index):
                throw LuaUsageError("unexpected element [\(index)] in \(owner) (named fields expected)")
            default:
                throw LuaUsageError("unexpected \(key.typeName) key in \(owner) (named fields expected)")
            }
        }
    }
}
