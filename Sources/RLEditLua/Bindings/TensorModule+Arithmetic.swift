internal import LuaBridge
internal import RLEditTensor

/// An operation of two operands, with all its forms.
private struct BinaryOperation: Sendable {
    /// The method: `mul`; with an underscore, in place.
    let name: String
    let documentation: String
    let tensors: @Sendable (Tensor, Tensor) throws -> Tensor
    let scalar: @Sendable (Tensor, Float) -> Tensor
    /// Absent for comparisons, whose results are of another kind than their operands.
    var updateTensor: (@Sendable (inout Tensor, Tensor) throws -> Void)?
    var updateScalar: (@Sendable (inout Tensor, Float) -> Void)?

    static let arithmetic = [
        BinaryOperation(
            name: "add", documentation: "Sum, element by element.",
            tensors: { try $0.add($1) }, scalar: { $0.add($1) },
            updateTensor: { try $0.addInPlace($1) }, updateScalar: { $0.addInPlace($1) }),
        BinaryOperation(
            name: "sub", documentation: "Difference, element by element.",
            tensors: { try $0.sub($1) }, scalar: { $0.sub($1) },
            updateTensor: { try $0.subInPlace($1) }, updateScalar: { $0.subInPlace($1) }),
        BinaryOperation(
            name: "mul", documentation: "Product, element by element. For the product of matrices see `matmul`.",
            tensors: { try $0.mul($1) }, scalar: { $0.mul($1) },
            updateTensor: { try $0.mulInPlace($1) }, updateScalar: { $0.mulInPlace($1) }),
        BinaryOperation(
            name: "div", documentation: "Quotient, element by element; division by zero gives infinity or NaN.",
            tensors: { try $0.div($1) }, scalar: { $0.div($1) },
            updateTensor: { try $0.divInPlace($1) }, updateScalar: { $0.divInPlace($1) }),
        BinaryOperation(
            name: "pow", documentation: "Power, element by element.",
            tensors: { try $0.pow($1) }, scalar: { $0.pow($1) },
            updateTensor: { try $0.powInPlace($1) }, updateScalar: { $0.powInPlace($1) }),
        BinaryOperation(
            name: "maximum", documentation: "The larger of two elements; NaN when either is.",
            tensors: { try $0.maximum($1) }, scalar: { $0.maximum($1) },
            updateTensor: { try $0.maximumInPlace($1) }, updateScalar: { $0.maximumInPlace($1) }),
        BinaryOperation(
            name: "minimum", documentation: "The smaller of two elements; NaN when either is.",
            tensors: { try $0.minimum($1) }, scalar: { $0.minimum($1) },
            updateTensor: { try $0.minimumInPlace($1) }, updateScalar: { $0.minimumInPlace($1) }),
    ]

    static let comparisons = [
        BinaryOperation(
            name: "eq", documentation: "1 where the elements are equal, 0 elsewhere.",
            tensors: { try $0.eq($1) }, scalar: { $0.eq($1) }),
        BinaryOperation(
            name: "ne", documentation: "1 where the elements differ, 0 elsewhere.",
            tensors: { try $0.ne($1) }, scalar: { $0.ne($1) }),
        BinaryOperation(
            name: "lt", documentation: "1 where this element is less, 0 elsewhere.",
            tensors: { try $0.lt($1) }, scalar: { $0.lt($1) }),
        BinaryOperation(
            name: "le", documentation: "1 where this element is less or equal, 0 elsewhere.",
            tensors: { try $0.le($1) }, scalar: { $0.le($1) }),
        BinaryOperation(
            name: "gt", documentation: "1 where this element is greater, 0 elsewhere.",
            tensors: { try $0.gt($1) }, scalar: { $0.gt($1) }),
        BinaryOperation(
            name: "ge", documentation: "1 where this element is greater or equal, 0 elsewhere.",
            tensors: { try $0.ge($1) }, scalar: { $0.ge($1) }),
    ]
}

extension HostModules {
    static func addArithmetic(to type: LuaType<ScriptTensor>) {
        for operation in BinaryOperation.arithmetic + BinaryOperation.comparisons { addMethods(operation, to: type) }
        let operators: [(LuaOperator, String, String)] = [
            (.add, "+", "add"), (.subtract, "-", "sub"), (.multiply, "*", "mul"), (.divide, "/", "div"),
            (.power, "^", "pow"),
        ]
        for (luaOperator, symbol, name) in operators {
            guard let operation = BinaryOperation.arithmetic.first(where: { $0.name == name }) else { continue }
            addOperator(luaOperator, symbol, operation, to: type)
        }
        type.operation(.negate, ": rledit.Tensor") { call in
            try call.returns(try call.argument(1, as: Tensor.self).neg())
        }
        type.method(
            "matmul",
            """
            Product of matrices `[m, k] · [k, n]`. A vector counts as a row on the left and as a column on the right;
            two vectors give a number.
            @param other rledit.Tensor
            @return rledit.Tensor|number
            """
        ) { value, call in
            try call.atMost(1)
            let other = try call.argument(1, as: Tensor.self)
            let product = try call.blaming(1) { try matrixProduct(value.tensor, other, call.host) }
            // Two vectors give a number.
            return product.rank == 0 ? try call.returns(try product.item()) : try call.returns(product)
        }
        type.method(
            "equal",
            """
            Whether both have the same shape and the same values.
            @param other rledit.Tensor
            @return boolean
            """
        ) { value, call in
            try call.atMost(1)
            return try call.returns(value.tensor == (try call.argument(1, as: Tensor.self)))
        }
        type.method(
            "is_close",
            """
            Whether both have the same shape and every pair of elements satisfies |a − b| ≤ absolute + relative · |b|.
            @param other rledit.Tensor|number
            @param options? { relative: number?, absolute: number? } 1e-5 and 1e-8 by default
            @return boolean
            """
        ) { value, call in
            try call.atMost(2)
            let operand = try call.argument(1, as: TensorOperand.self)
            let options = try call.options(2, of: "is_close")
            let relative = try options.optional("relative", as: Float.self) ?? 1e-5
            let absolute = try options.optional("absolute", as: Float.self) ?? 1e-8
            try options.finish()
            let other: Tensor
            switch operand {
            case .tensor(let tensor): other = tensor
            case .number(let number): other = try Tensor(repeating: number, shape: value.tensor.shape)
            }
            return try call.returns(
                value.tensor.isClose(to: other, relativeTolerance: relative, absoluteTolerance: absolute))
        }
    }

    private static func addMethods(_ operation: BinaryOperation, to type: LuaType<ScriptTensor>) {
        type.method(
            operation.name,
            "\(operation.documentation)\n@param other rledit.Tensor|number\n@return rledit.Tensor"
        ) { value, call in
            try call.atMost(1)
            switch try call.argument(1, as: TensorOperand.self) {
            case .number(let number): return try call.returns(operation.scalar(value.tensor, number))
            case .tensor(let other):
                return try call.returns(
                    try call.blaming(1) {
                        try checkRoom(call.host, value.tensor, other)
                        return try operation.tensors(value.tensor, other)
                    })
            }
        }
        guard let updateTensor = operation.updateTensor, let updateScalar = operation.updateScalar else { return }
        type.mutatingMethod(
            operation.name + "_",
            "As `\(operation.name)`, in place.\n@param other rledit.Tensor|number\n@return rledit.Tensor self"
        ) { value, call in
            try call.atMost(1)
            try value.checkWritable()
            let operand =
                call.isSelf(1) ? TensorOperand.tensor(value.tensor) : try call.argument(1, as: TensorOperand.self)
            switch operand {
            case .number(let number): updateScalar(&value.tensor, number)
            case .tensor(let other): try call.blaming(1) { try updateTensor(&value.tensor, other) }
            }
            return call.returnsSelf()
        }
    }

    private static func addOperator(
        _ luaOperator: LuaOperator, _ symbol: String, _ operation: BinaryOperation, to type: LuaType<ScriptTensor>
    ) {
        type.operation(luaOperator, "(rledit.Tensor|number): rledit.Tensor") { call in
            func operand(_ number: Int) throws -> TensorOperand {
                guard let operand = try TensorOperand.luaRead(call.slot(number)) else {
                    throw LuaUsageError(
                        "attempt to use '\(symbol)' on a \(call.slot(1).typeName) and a \(call.slot(2).typeName)")
                }
                return operand
            }
            let (left, right) = (try operand(1), try operand(2))
            if case .tensor(let tensor) = left, case .number(let number) = right {
                return try call.returns(operation.scalar(tensor, number))
            }
            do {
                try checkRoom(call.host, left.tensor, right.tensor)
                return try call.returns(try operation.tensors(left.tensor, right.tensor))
            } catch let error as TensorError {
                throw LuaUsageError("cannot use '\(symbol)' on these tensors (\(error.scriptReason))")
            }
        }
    }

    /// Broadcasting can make a result far greater than both operands.
    private static func checkRoom(_ host: LuaHost, _ left: Tensor, _ right: Tensor) throws {
        guard left.shape != right.shape else { return }
        try host.checkRoom(forShape: Broadcasting(left.shape, right.shape, operation: "operation").shape)
    }

    /// A vector is a row on the left and a column on the right, as in PyTorch.
    private static func matrixProduct(_ left: Tensor, _ right: Tensor, _ host: LuaHost) throws -> Tensor {
        let leftMatrix = left.rank == 1 ? try left.reshaped([1, left.count]) : left
        let rightMatrix = right.rank == 1 ? try right.reshaped([right.count, 1]) : right
        if leftMatrix.rank == 2, rightMatrix.rank == 2 {
            try host.checkRoom(forShape: [leftMatrix.shape[0], rightMatrix.shape[1]])
        }
        let product = try leftMatrix.matmul(rightMatrix)
        return try product.reshaped(Array(left.shape.dropLast()) + (right.rank == 1 ? [] : [right.shape[1]]))
    }
}
