internal import LuaBridge

/// A function field of a table that a script wrote to take the place of one of our objects: a world, a learner.
///
/// It may be written with a dot (`function world.apply(weights, action)`) or with a colon, which adds the parameter
/// `self`; one parameter more than the documented ones means the latter.
struct ScriptMethod {
    /// As messages give it: `ask of the learner 'Evolution'`.
    let name: String
    let position: String
    private let function: LuaFunction
    private let owner: LuaTable?

    init(_ function: LuaFunction, name: String, parameters: Int, of owner: LuaTable) throws {
        let definition = try function.definition()
        self.name = name
        position = definition.position
        self.function = function
        self.owner = !definition.isVariadic && definition.parameterCount == parameters + 1 ? owner : nil
    }

    func call(_ arguments: [LuaValue] = []) throws -> [LuaValue] {
        try function.call((owner.map { [.table($0)] } ?? []) + arguments)
    }

    /// An error about what the function returned.
    func error(_ reason: String) -> LuaUsageError { LuaUsageError("\(position): \(name): \(reason)") }
}

extension LuaTable {
    /// The function field as a method; nil when there is none.
    func method(_ field: String, parameters: Int, owner: String) throws -> ScriptMethod? {
        switch try get(field) {
        case .nil: return nil
        case .function(let function):
            return try ScriptMethod(function, name: "'\(field)' of \(owner)", parameters: parameters, of: self)
        case let other: throw LuaMismatch("'\(field)' of \(owner): function expected, got \(other.typeName)")
        }
    }
}
