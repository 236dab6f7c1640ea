internal import LuaBridge
internal import RLEditTensor

/// Tensors as tables of tables of numbers.
enum NestedTable {
    /// Deeper than any sensible tensor; bounds the recursion.
    private static let deepest = 16

    /// The tensor whose rows are the table's elements.
    static func read(_ table: LuaTable, host: LuaHost) throws -> Tensor {
        var values: [Float] = []
        let shape = try read(table, into: &values, path: [], host: host)
        return try Tensor(values, shape: shape)
    }

    /// Appends the numbers of a table and returns its shape; `path` leads to it from the outermost one.
    private static func read(_ table: LuaTable, into values: inout [Float], path: [Int], host: LuaHost) throws -> [Int]
    {
        guard path.count < deepest else { throw LuaUsageError("table nested deeper than \(deepest) levels") }
        guard case .table = try table.get(1) else {
            let count = values.count
            do {
                values += try table.array(of: StoredNumber.self).lazy.map(\.value)
            } catch let error as LuaUsageError {
                throw LuaUsageError(error.description + place(path))
            }
            try host.checkRoom(forElements: values.count)
            return [values.count - count]
        }
        let rows: [LuaTable]
        do {
            rows = try table.array(of: LuaTable.self)
        } catch let error as LuaUsageError {
            throw LuaUsageError(error.description + place(path))
        }
        var shape: [Int]?
        for (index, row) in rows.enumerated() {
            let here = path + [index + 1]
            let rowShape = try read(row, into: &values, path: here, host: host)
            guard rowShape == shape ?? rowShape else {
                throw LuaUsageError("rows differ in shape: expected \(shape ?? []), got \(rowShape)\(place(here))")
            }
            shape = rowShape
        }
        return [rows.count] + (shape ?? [])
    }

    /// A number as tensors hold it. One that is finite and would not be there is refused.
    private struct StoredNumber: LuaReadable {
        let value: Float
        static var luaExpected: String { Float.luaExpected }

        static func luaRead(_ slot: LuaSlot) throws -> StoredNumber? {
            guard let number = Double.luaRead(slot) else { return nil }
            let value = Float(number)
            guard value.isFinite || !number.isFinite else {
                throw LuaMismatch("\(number) is too large: 32 bits hold at most \(Float.greatestFiniteMagnitude)")
            }
            return StoredNumber(value: value)
        }
    }

    private static func place(_ path: [Int]) -> String {
        path.isEmpty ? "" : " in " + path.map { "[\($0)]" }.joined()
    }

    /// A table of tables of numbers; a scalar is a number.
    static func make(_ tensor: Tensor, host: LuaHost) throws -> LuaValue {
        // A Lua number takes 16 bytes, an inner table more.
        try host.checkRoom(forElements: 4 * tensor.count + 32 * tensor.shape.dropLast().reduce(1, *))
        let scalars = tensor.scalars
        guard tensor.rank > 0 else { return .number(Double(scalars[0])) }
        return try make(scalars[...], shape: tensor.shape[...], host: host)
    }

    private static func make(_ values: ArraySlice<Float>, shape: ArraySlice<Int>, host: LuaHost) throws -> LuaValue {
        guard let count = shape.first, shape.count > 1 else { return .table(try host.makeTable(Array(values))) }
        let inner = shape.dropFirst()
        let width = inner.reduce(1, *)
        let table = try host.makeTable()
        for row in 0..<count {
            let start = values.startIndex + row * width
            try table.set(row + 1, try make(values[start..<start + width], shape: inner, host: host))
        }
        return .table(table)
    }
}
