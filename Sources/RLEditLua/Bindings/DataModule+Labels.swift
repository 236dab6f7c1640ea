internal import LuaBridge
internal import RLEditData

extension HostModules {
    /// `relabel` of `rledit.Set`.
    static func addLabels(to type: LuaType<ScriptSet>) {
        type.method(
            "relabel",
            """
            The same examples with other labels: those that a table gives for the old ones, or what a function answers, which
            is asked once for each label that occurs.

            ```
            local even = digits.train:relabel(function(label) return label % 2 == 0 and 1 or 0 end)
            ```
            @param labels table<integer, integer>|fun(label: integer): integer
            @return rledit.Set
            """
        ) { set, call in
            try call.atMost(1)
            let map = try labelMap(call)
            return try call.returns(try call.blaming(1) { try set.examples.relabelled(map) })
        }
    }

    /// `relabel` of `rledit.TextSet`.
    static func addLabels(to type: LuaType<ScriptTextSet>) {
        type.method(
            "relabel",
            """
            The same texts with other labels: those that a table gives for the old ones, or what a function answers, which is
            asked once for each label that occurs.
            @param labels table<integer, integer>|fun(label: integer): integer
            @return rledit.TextSet
            """
        ) { set, call in
            try call.atMost(1)
            let map = try labelMap(call)
            return try call.returns(try call.blaming(1) { try set.texts.relabelled(map) })
        }
    }

    /// New labels by old ones, from a table or a function.
    private static func labelMap(_ call: LuaCall) throws -> (Int) throws -> Int {
        func label(_ value: LuaValue, of old: Int) throws -> Int {
            switch value {
            case .integer(let label) where label >= 0: return label
            case .number(let number):
                if let label = Int(exactly: number), label >= 0 { return label }
                throw call.argumentError(1, "for label \(old): a whole number from 0 on expected, got \(number)")
            case .integer(let label):
                throw call.argumentError(1, "for label \(old): a whole number from 0 on expected, got \(label)")
            default:
                throw call.argumentError(
                    1, "for label \(old): a whole number from 0 on expected, got \(value.typeName)")
            }
        }
        if case .table(let table) = call.value(1) { return { try label(try table.get($0), of: $0) } }
        let function = try call.function(1)
        return { old in try label(try function.call([.integer(old)]).first ?? .nil, of: old) }
    }
}
