internal import LuaBridge
internal import RLEditTensor

/// Actions as scripts write them: a tensor, or a table of numbers.
enum ScriptActions {
    /// One action, `[actionSize]`.
    static func readOne(_ value: LuaValue, host: LuaHost, actionSize: Int) throws -> Tensor {
        if let tensor = try host.read(value, as: Tensor.self) {
            guard tensor.count == actionSize else { throw mismatch(actionSize, tensor.count) }
            return try tensor.reshaped([actionSize])
        }
        guard case .table(let table) = value else {
            throw LuaMismatch("action expected (a tensor or a table of numbers), got \(value.typeName)")
        }
        let numbers: [Float]
        do {
            numbers = try table.array(of: Float.self, limit: actionSize + 1)
        } catch let error as LuaUsageError {
            // More numbers than the action has, or something that is no number.
            throw LuaMismatch("action of \(actionSize) numbers expected: \(error.description)")
        }
        guard numbers.count == actionSize else { throw mismatch(actionSize, numbers.count) }
        return Tensor(numbers)
    }

    /// Several actions, `[count, actionSize]`: a tensor of that shape, or a table of actions.
    /// - Parameter count: how many there must be; nil for any number.
    static func read(_ value: LuaValue, host: LuaHost, count: Int?, actionSize: Int) throws -> Tensor {
        if let tensor = try host.read(value, as: Tensor.self) {
            guard tensor.rank == 2, tensor.shape[1] == actionSize else {
                throw LuaMismatch("actions of shape [\(count ?? tensor.shape.first ?? 0), \(actionSize)] expected, got \(tensor.shape)")
            }
            try check(tensor.shape[0], count)
            return tensor
        }
        guard case .table(let table) = value else {
            throw LuaMismatch("list of actions expected (a table or a tensor), got \(value.typeName)")
        }
        var scalars: [Float] = []
        let actions = try table.array(of: LuaValue.self, limit: 1 << 20)
        try check(actions.count, count)
        for (index, action) in actions.enumerated() {
            do {
                scalars += try readOne(action, host: host, actionSize: actionSize).scalars
            } catch let mismatch as LuaMismatch {
                throw LuaMismatch("action \(index + 1): \(mismatch.description)")
            }
        }
        return try Tensor(scalars, shape: [actions.count, actionSize])
    }

    private static func check(_ actual: Int, _ expected: Int?) throws {
        guard let expected, actual != expected else { return }
        throw LuaMismatch("\(expected) actions expected (the batch size), got \(actual)")
    }

    private static func mismatch(_ expected: Int, _ actual: Int) -> LuaMismatch {
        LuaMismatch("action of \(expected) numbers expected, got \(actual)")
    }
}
