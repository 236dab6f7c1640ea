package import LuaBridge
internal import RLEditTensor

extension HostModules {
    /// `rledit.tensor`: arrays of 32-bit floats.
    package static func addTensor(to host: LuaHost, context: ScriptContext) throws {
        try host.register(ScriptTensor.self) { type in
            type.documentation(
                in: "rledit.tensor",
                """
                A tensor. `t[i]` is element `i` of a vector, or a copy of entry `i` of the first dimension; `t[{i, j}]`
                is one element; `t[{ {1, 3}, 2 }]` a block, in which `{}` takes a dimension whole. All of them can be
                assigned to. `#t` is the size of the first dimension. `==` compares identity; see `equal`, `is_close`
                and `eq`.
                """
            )
            addArithmetic(to: type)
            addElementwise(to: type)
            addReductions(to: type)
            addShape(to: type)
            addIndexing(to: type)
            type.property("shape", "integer[] sizes of all dimensions, outermost first") { value, call in
                try call.returns(value.tensor.shape)
            }
            type.property("rank", "integer number of dimensions") { value, call in try call.returns(value.tensor.rank) }
            type.property("count", "integer number of elements") { value, call in try call.returns(value.tensor.count) }
            type.method(
                "clone",
                """
                A tensor of its own with the same values.
                @return rledit.Tensor
                """
            ) { value, call in try call.returns(value.tensor) }
            type.method(
                "item",
                """
                The only element of a tensor that has one.
                @return number
                """
            ) { value, call in
                guard value.tensor.count == 1 else {
                    throw LuaUsageError("'item' needs a tensor of one element, got shape \(value.tensor.shape)")
                }
                return try call.returns(try value.tensor.item())
            }
            type.method(
                "to_table",
                """
                The elements as a nested table; a scalar as a number.
                @return table|number
                """
            ) { value, call in
                try call.returns(try NestedTable.make(value.tensor, host: call.host))
            }
            type.length { value in
                guard let first = value.tensor.shape.first else { throw LuaUsageError("a scalar tensor has no length") }
                return first
            }
            type.description { $0.tensor.description }
            type.nativeBytes { $0.tensor.count * MemoryLayout<Float>.stride }
        }
        host.addModule("rledit.tensor") { module in
            module.documentation(
                """
                Arrays of 32-bit floats with any number of dimensions.

                Values are stored row by row. Everything that is read out of a tensor is a copy; there are no views.
                Indices count from 1, ranges include both ends, and negative indices count from the end. Methods give a
                new tensor; those whose name ends in an underscore change the tensor itself and return it. Tensors of
                different shapes are broadcast against each other as in NumPy and PyTorch.

                ```lua
                local tensor = require "rledit.tensor"
                local w = tensor.new { {1, 2, 3}, {4, 5, 6} }
                print(w + 1, 2 * w, w:mean(), w:sum(1))
                print(w[2], w[{1, 3}], w[{ {}, {1, 2} }])
                w[{2, 1}] = 0
                w:mul_(0.5)
                ```
                """
            )
            module.types(
                """
                @alias rledit.Shape integer[]|integer sizes of all dimensions, outermost first; one number is a vector
                @alias rledit.Numbers rledit.Tensor|number|table a tensor, or a nested table of numbers as one
                """
            )
            addConstructors(to: module)
            addRandomConstructors(to: module, context: context)
            addJoining(to: module)
        }
    }

    private static func addConstructors(to module: LuaModule) {
        module.function(
            "new",
            """
            A tensor of the numbers in a nested table. Rows must have the same length. A number gives a scalar.
            @param values number|table
            @return rledit.Tensor
            """
        ) { call in
            try call.atMost(1)
            return try call.returns(try call.tensor(1))
        }
        for (name, value) in [("zeros", Float(0)), ("ones", 1)] {
            module.function(
                name, "All elements \(Int(value)).\n@param shape rledit.Shape\n@return rledit.Tensor"
            ) { call in
                try call.atMost(1)
                return try call.returns(try Tensor(repeating: value, shape: try call.shape(1)))
            }
        }
        module.function(
            "full",
            """
            All elements equal to `value`.
            @param shape rledit.Shape
            @param value number
            @return rledit.Tensor
            """
        ) { call in
            try call.atMost(2)
            return try call.returns(try Tensor(repeating: try call.argument(2), shape: try call.shape(1)))
        }
        module.function(
            "eye",
            """
            The identity matrix `[size, size]`.
            @param size integer
            @return rledit.Tensor
            """
        ) { call in
            try call.atMost(1)
            let size = try call.integer(1)
            try call.blaming(1) { try call.host.checkRoom(forShape: [size, size]) }
            return try call.returns(try Tensor.identity(size))
        }
        module.function(
            "range",
            """
            The numbers from `first` to `last`, both included, as in a numeric `for`: `range(3)`, `range(2, 5)`, `range
            { first = 0, last = 1, step = 0.25 }`. With one number, `first` is 1.
            @param first number|{ first: number?, last: number, step: number? }
            @param last number?
            @return rledit.Tensor
            @overload fun(last: number): rledit.Tensor
            """
        ) { call in
            let bounds = try rangeBounds(call)
            return try call.returns(try progression(call, bounds))
        }
        module.function(
            "linspace",
            """
            `count` numbers at equal distances from `first` to `last`, both included.
            @param options { first: number, last: number, count: integer }
            @return rledit.Tensor
            """
        ) { call in
            try call.atMost(1)
            let options = try call.options(1, of: "rledit.tensor.linspace")
            let first = try options.required("first", as: Double.self)
            let last = try options.required("last", as: Double.self)
            let count = try options.required("count", as: Int.self)
            try options.finish()
            guard count >= 1 else { throw options.fieldError("count", "at least 1 expected, got \(count)") }
            try call.host.checkRoom(forShape: [count])
            let step = count > 1 ? (last - first) / Double(count - 1) : 0
            // The last value is exact, whatever the rounding of the steps.
            return try call.returns(
                try Tensor(shape: [count]) { buffer in
                    for index in 0..<count {
                        buffer[index] = Float(index == count - 1 && count > 1 ? last : first + Double(index) * step)
                    }
                })
        }
    }

    /// `range(last)`, `range(first, last)` or `range { first, last, step }` by name.
    private static func rangeBounds(_ call: LuaCall) throws -> (first: Double, last: Double, step: Double) {
        try call.atMost(2)
        guard case .table = call.value(1) else {
            guard !call.isNil(2) else { return (1, try finiteNumber(call, 1), 1) }
            return (try finiteNumber(call, 1), try finiteNumber(call, 2), 1)
        }
        let options = try call.options(1, of: "rledit.tensor.range")
        let first = try options.optional("first", as: Double.self) ?? 1
        let last = try options.required("last", as: Double.self)
        let step = try options.optional("step", as: Double.self) ?? 1
        try options.finish()
        for (name, value) in [("first", first), ("last", last), ("step", step)] where !value.isFinite {
            throw options.fieldError(name, "finite number expected, got \(ScriptNumber.text(value))")
        }
        guard step != 0 else { throw options.fieldError("step", "must not be 0") }
        return (first, last, step)
    }

    /// `first`, `first + step`, … up to `last`, which belongs to it as in Lua's `for`.
    private static func progression(
        _ call: LuaCall, _ bounds: (first: Double, last: Double, step: Double)
    ) throws -> Tensor {
        let steps = ((bounds.last - bounds.first) / bounds.step).rounded(.down)
        let count = steps >= 0 ? (Int(exactly: steps) ?? Int.max - 1) + 1 : 0
        try call.host.checkRoom(forShape: [count])
        return try Tensor(shape: [count]) { buffer in
            for index in 0..<count { buffer[index] = Float(bounds.first + Double(index) * bounds.step) }
        }
    }

    private static func addJoining(to module: LuaModule) {
        let functions = [
            (
                "concat", false,
                """
                Tensors put one after the other along a dimension (the first by default); all other dimensions must
                agree.
                """
            ),
            (
                "stack", true,
                """
                Tensors of one shape put side by side along a new dimension, which becomes `dimension` (the first by
                default).
                """
            ),
        ]
        for (name, isStack, documentation) in functions {
            module.function(
                name,
                """
                \(documentation)
                @param tensors rledit.Tensor[]
                @param dimension integer?
                @return rledit.Tensor
                """
            ) { call in
                try call.atMost(2)
                let tensors = try call.table(1).array(of: Tensor.self)
                let rank = (tensors.first?.rank ?? 0) + (isStack ? 1 : 0)
                let dimension = try call.optional(2, as: Int.self) ?? 1
                guard let dimension = ScriptIndex.resolve(dimension, count: rank) ?? (tensors.isEmpty ? 0 : nil) else {
                    throw call.argumentError(2, "dimension \(dimension) is outside a tensor of rank \(rank)")
                }
                // One tensor may be in the list a million times.
                try call.host.checkRoom(
                    forElements: tensors.reduce(0) { $0.addingReportingOverflow($1.count).partialValue })
                return try call.returns(
                    try call.blaming(1) {
                        isStack
                            ? try Tensor.stack(tensors, dimension: dimension)
                            : try Tensor.concat(tensors, dimension: dimension)
                    })
            }
        }
    }
}

extension LuaCall {
    /// A shape: a table of sizes, or one size. Checked to fit in memory.
    func shape(_ number: Int) throws -> [Int] {
        let shape: [Int]
        if case .table(let table) = value(number) {
            do {
                shape = try table.array(of: Int.self, limit: ScriptTensor.largestRank)
            } catch let error as LuaUsageError {
                throw argumentError(number, error.description)
            }
        } else {
            shape = [try argument(number, as: Int.self)]
        }
        return try blaming(number) {
            try host.checkRoom(forShape: shape)
            return shape
        }
    }

    /// A tensor, or a nested table of numbers as one.
    func tensor(_ number: Int) throws -> Tensor {
        switch value(number) {
        case .table(let table):
            do {
                return try NestedTable.read(table, host: host)
            } catch let error as LuaUsageError {
                throw argumentError(number, error.description)
            }
        case .integer, .number: return Tensor(scalar: try argument(number))
        case .object: return try argument(number)
        default: throw argumentError(number, "table or \(ScriptTensor.luaName) expected, got \(slot(number).typeName)")
        }
    }
}
