internal import LuaBridge
internal import RLEditTensor

/// What a script's `{…}` selects: a range for each dimension, and the dimensions that a single index takes away.
private struct TensorSelection {
    private(set) var ranges: [Range<Int>] = []
    private var singles: Set<Int> = []

    /// From `{2, {1, 3}, {}, …}`: an index, an inclusive range, or everything; dimensions left out are taken whole.
    init(_ table: LuaTable, of tensor: Tensor) throws {
        let entries = try table.array(of: LuaValue.self, limit: 64)
        guard entries.count <= tensor.rank else {
            throw LuaUsageError("\(entries.count) indices given for a tensor of shape \(tensor.shape)")
        }
        for (dimension, entry) in entries.enumerated() {
            let count = tensor.shape[dimension]
            switch entry {
            case .table(let bounds):
                ranges.append(try Self.range(try bounds.array(of: Int.self, limit: 3), count: count))
            case .integer(let index):
                ranges.append(try Self.single(index, count: count))
                singles.insert(dimension)
            case .number(let number):
                guard let index = Int(exactly: number) else {
                    throw LuaUsageError("bad index \(number) (number has no integer representation)")
                }
                ranges.append(try Self.single(index, count: count))
                singles.insert(dimension)
            default:
                throw LuaUsageError(
                    "bad index #\(dimension + 1) (integer or {first, last} expected, got \(entry.typeName))")
            }
        }
    }

    static func single(_ index: Int, count: Int) throws -> Range<Int> {
        guard let index = ScriptIndex.resolve(index, count: count) else {
            throw LuaUsageError("index \(index) is outside a dimension of \(count)")
        }
        return index..<index + 1
    }

    /// `{}` is everything, `{first}` all from there on, `{first, last}` both included. An empty range is one whose last
    /// index precedes its first by one.
    static func range(_ bounds: [Int], count: Int) throws -> Range<Int> {
        guard bounds.count <= 2 else { throw LuaUsageError("a range is {first, last}, got \(bounds.count) numbers") }
        let first = bounds.first ?? 1
        let last = bounds.count == 2 ? bounds[1] : count
        let lower = first < 0 && first >= -count ? count + first : first == Int.min ? -1 : first - 1
        let upper = last < 0 && last >= -count ? count + last + 1 : last
        guard lower >= 0, upper <= count, lower <= upper else {
            throw LuaUsageError("range {\(first), \(last)} is outside a dimension of \(count)")
        }
        return lower..<upper
    }

    /// Whether a single element is meant.
    func isElement(of tensor: Tensor) -> Bool { singles.count == tensor.rank }

    /// The result's shape without the dimensions taken away.
    func shape(of slice: Tensor) -> [Int] {
        slice.shape.enumerated().filter { !singles.contains($0.offset) }.map(\.element)
    }

    func read(_ tensor: Tensor) throws -> Tensor {
        let slice = try tensor.slice(ranges)
        return try slice.reshaped(shape(of: slice))
    }

    /// Writes a value that is broadcast to the selection's shape.
    func write(_ value: TensorOperand, to tensor: inout Tensor) throws {
        let whole = ranges + tensor.shape[ranges.count...].map { 0..<$0 }
        let shape = whole.indices.filter { !singles.contains($0) }.map { whole[$0].count }
        let values = try value.tensor.broadcast(to: shape).reshaped(whole.map(\.count))
        try tensor.setSlice(ranges, values)
    }
}

extension HostModules {
    /// `t[i]`, `t[{i, j}]`, `t[{ {1, 3}, 2 }]`, `slice`, `get`, `set`.
    static func addIndexing(to type: LuaType<ScriptTensor>) {
        type.element("any") { value, index, call in
            let tensor = value.tensor
            guard let count = tensor.shape.first else { throw LuaUsageError("a scalar tensor cannot be indexed") }
            let range = try TensorSelection.single(index, count: count)
            if tensor.rank == 1 { return try call.returns(try tensor.element([range.lowerBound])) }
            return try call.returns(ScriptTensor(try tensor.row(range.lowerBound), isElementOfAnother: true))
        }
        type.elementSetter { value, index, call in
            try value.checkWritable()
            guard let count = value.tensor.shape.first else {
                throw LuaUsageError("a scalar tensor cannot be indexed")
            }
            let range = try TensorSelection.single(index, count: count)
            if value.tensor.rank == 1, case .number(let number) = try operand(call, 1) {
                return try value.tensor.setElement([range.lowerBound], number)
            }
            let source = try operand(call, 1).tensor
            try told {
                let row = try source.broadcast(to: Array(value.tensor.shape.dropFirst()))
                try value.tensor.setSlice([range], try row.reshaped([1] + row.shape))
            }
        }
        type.tableElement("any") { value, key, call in try get(value, key, call) }
        type.tableElementSetter { value, key, call in
            try value.checkWritable()
            try set(&value.tensor, key, try operand(call, 1))
        }
        type.method(
            "get",
            """
            One element or a block, as `t[{…}]`: an index or a range `{first, last}` for each dimension.
            @param place table
            @return number|rledit.Tensor
            """
        ) { value, call in
            try call.atMost(1)
            return try get(value, try call.table(1), call)
        }
        type.mutatingMethod(
            "set",
            """
            Writes one element or a block, as `t[{…}] = value`; the value is broadcast to the block.
            @param place table
            @param value rledit.Numbers
            @return rledit.Tensor self
            """
        ) { value, call in
            try call.atMost(2)
            try value.checkWritable()
            let source = call.isSelf(2) ? .tensor(value.tensor) : try operand(call, 2)
            try set(&value.tensor, try call.table(1), source)
            return call.returnsSelf()
        }
        type.method(
            "slice",
            """
            A block: `t:slice(2, 5)` takes entries 2 to 5 of the first dimension, `t:slice { {1, 3}, 2, {} }` a range,
            an index or everything of each dimension. An index takes its dimension away.
            @param first integer|table
            @param last integer?
            @return rledit.Tensor
            """
        ) { value, call in
            try call.atMost(2)
            let tensor = value.tensor
            if case .table(let table) = call.value(1) {
                guard call.isNil(2) else { throw call.argumentError(2, "nothing expected after a table of ranges") }
                let selection = try TensorSelection(table, of: tensor)
                return try call.returns(try selection.read(tensor))
            }
            guard let count = tensor.shape.first else { throw LuaUsageError("a scalar tensor cannot be sliced") }
            let range = try TensorSelection.range(
                [try call.integer(1), try call.optional(2) ?? -1], count: count)
            return try call.returns(try tensor.slice([range]))
        }
        type.method(
            "index_select",
            """
            Entries of a dimension (the first by default) in the given order; an index may come more than once.
            @param indices integer[]
            @param dimension integer?
            @return rledit.Tensor
            """
        ) { value, call in
            try call.atMost(2)
            let tensor = value.tensor
            let dimension = try call.dimension(try call.optional(2) ?? 1, 2, of: tensor)
            let count = tensor.shape[dimension]
            let indices = try call.table(1).array(of: Int.self).map { index in
                guard let resolved = ScriptIndex.resolve(index, count: count) else {
                    throw call.argumentError(1, "index \(index) is outside a dimension of \(count)")
                }
                return resolved
            }
            var shape = tensor.shape
            shape[dimension] = indices.count
            return try call.returns(
                try call.blaming(1) {
                    try call.host.checkRoom(forShape: shape)
                    return try tensor.indexSelect(indices, dimension: dimension)
                })
        }
    }

    private static func get(_ value: ScriptTensor, _ key: LuaTable, _ call: LuaCall) throws -> LuaResults {
        let selection = try TensorSelection(key, of: value.tensor)
        let selected = try selection.read(value.tensor)
        if selection.isElement(of: value.tensor) { return try call.returns(try selected.item()) }
        return try call.returns(ScriptTensor(selected, isElementOfAnother: true))
    }

    private static func set(_ tensor: inout Tensor, _ key: LuaTable, _ operand: TensorOperand) throws {
        let selection = try TensorSelection(key, of: tensor)
        try told { try selection.write(operand, to: &tensor) }
    }

    /// The value of an assignment: a number, a tensor, or a table of numbers.
    private static func operand(_ call: LuaCall, _ number: Int) throws -> TensorOperand {
        if case .table = call.value(number) { return .tensor(try call.tensor(number)) }
        guard let operand = try TensorOperand.luaRead(call.slot(number)) else {
            throw LuaUsageError(
                "\(TensorOperand.luaExpected) expected for an element, got \(call.slot(number).typeName)")
        }
        return operand
    }

    /// Says what does not fit without naming an argument: assignments have none.
    private static func told(_ body: () throws -> Void) throws {
        do { try body() } catch let error as TensorError {
            throw LuaUsageError("cannot assign (\(error.scriptReason))")
        }
    }
}
