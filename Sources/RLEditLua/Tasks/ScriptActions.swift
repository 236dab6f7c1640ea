internal import LuaBridge
internal import RLEditTensor

/// Actions as scripts write them: a tensor, or a table of numbers. None is cut or filled up to fit.
struct ScriptActions {
    let host: LuaHost
    /// Numbers that an action must hold.
    let size: Int
    /// Who takes a learner's actions, in words: `the world 'MaskWorld' takes`; nil for actions of a script's own loop.
    var taker: String?

    /// One action, `[size]`.
    func readOne(_ value: LuaValue) throws -> Tensor {
        if let tensor = try host.read(value, as: Tensor.self) {
            try check(size: tensor.count)
            return try tensor.reshaped([size])
        }
        guard case .table(let table) = value else {
            throw LuaMismatch("action expected (a tensor or a table of numbers), got \(value.typeName)")
        }
        try check(size: try table.length())
        do {
            let numbers = try table.array(of: Float.self, limit: size)
            // The length of a table with holes may be any of its borders.
            try check(size: numbers.count)
            return Tensor(numbers)
        } catch let error as LuaUsageError {
            throw LuaMismatch("action of \(size) numbers expected: \(error.description)")
        }
    }

    /// Several actions, `[count, size]`: a tensor of that shape, or a table of actions.
    /// - Parameter count: how many there must be; nil for any number.
    func read(_ value: LuaValue, count: Int?) throws -> Tensor {
        if let tensor = try host.read(value, as: Tensor.self) {
            guard tensor.rank == 2 else {
                throw LuaMismatch(
                    "actions of shape [\(count ?? tensor.shape.first ?? 0), \(size)] expected, got \(tensor.shape)")
            }
            if taker != nil { try check(size: tensor.shape[1]) }
            guard tensor.shape[1] == size else {
                throw LuaMismatch(
                    "actions of shape [\(count ?? tensor.shape[0]), \(size)] expected, got \(tensor.shape)")
            }
            try check(tensor.shape[0], count)
            return tensor
        }
        guard case .table(let table) = value else {
            throw LuaMismatch("list of actions expected (a table or a tensor), got \(value.typeName)")
        }
        var scalars: [Float] = []
        let actions = try table.array(of: LuaValue.self, limit: 1 << 20)
        switch actions.first {
        case .integer?, .number?:
            throw LuaMismatch(
                "list of actions expected, got a list of \(actions.count) numbers: each action is a list of its own, "
                    + "{ { … }, … }")
        default: break
        }
        try check(actions.count, count)
        for (index, action) in actions.enumerated() {
            do {
                scalars += try readOne(action).scalars
            } catch let mismatch as LuaMismatch {
                throw taker == nil ? LuaMismatch("action \(index + 1): \(mismatch.description)") : mismatch
            }
        }
        return try Tensor(scalars, shape: [actions.count, size])
    }

    /// - Throws: `LuaMismatch` for an action that holds NaN or infinity, by its place.
    static func requireFinite(_ actions: Tensor) throws {
        guard let place = actions.scalars.firstIndex(where: { !$0.isFinite }) else { return }
        let size = actions.shape.last ?? 1
        throw LuaMismatch(
            "action \(place / size + 1) holds \(ScriptNumber.text(Double(actions.scalars[place]))) at position "
                + "\(place % size + 1): finite numbers expected")
    }

    private func check(_ actual: Int, _ expected: Int?) throws {
        guard let expected, actual != expected else { return }
        throw LuaMismatch("\(expected) action\(expected == 1 ? "" : "s") expected (the batch size), got \(actual)")
    }

    private func check(size actual: Int) throws {
        guard actual != size else { return }
        guard let taker else { throw LuaMismatch("action of \(size) numbers expected, got \(actual)") }
        throw LuaMismatch("the learner's actions hold \(actual) numbers each, but \(taker) \(size)")
    }
}
