internal import RLEditNN

extension Importer {
    /// `y = alpha · A · B + beta · C`.
    mutating func gemm(_ node: NodeMessage, _ inputs: NodeInputs) throws -> Value {
        let x = try tokens(inputs, 0, node)
        guard let b = try inputs.constant(1), b.shape.count == 2, x.shape.count == 2, node.int("transA") ?? 0 == 0
        else { throw Refusal("only vectors times a constant matrix are supported") }
        let isTransposed = node.int("transB") == 1
        guard let weight = isTransposed ? b : try transposed(b) else { throw Refusal("its weight is no matrix") }
        let outputs = weight.shape[0]
        var bias = try inputs.constant(2)
        if let given = bias, given.count != outputs || given.shape.last != outputs {
            guard given.shape.count <= 2, given.shape.dropLast().allSatisfy({ $0 == 1 }) else {
                throw Refusal("a bias of shape \(given.shape) for \(outputs) outputs")
            }
            bias = try broadcast(
                given, Constant(.init(repeating: 0, count: outputs), shape: [outputs], kind: .float), kind: .float
            ) { value, _ in value }
        }
        let (alpha, beta) = (node.float("alpha") ?? 1, node.float("beta") ?? 1)
        let scaled = try scaled(weight, alpha)
        return try linear(x, outputsFirst: scaled, bias: try bias.map { try self.scaled($0, beta) }, node: node)
    }

    /// A parameter times a number; with another number than 1 it is no tensor of the file any more.
    private func scaled(_ constant: Constant, _ factor: Double) throws -> Constant {
        guard factor != 1 else { return constant }
        return Constant(
            try constant.values(file).map { Double(Float($0)) * factor }, shape: constant.shape, kind: .float)
    }

    private func transposed(_ matrix: Constant) throws -> Constant? {
        if let turned = matrix.transposed { return turned }
        guard matrix.shape.count == 2 else { return nil }
        let (rows, columns) = (matrix.shape[0], matrix.shape[1])
        let values = try matrix.values(file)
        return Constant(
            (0..<values.count).map { values[$0 % rows * columns + $0 / rows] }, shape: [columns, rows],
            kind: matrix.kind)
    }

    mutating func matrixProduct(_ node: NodeMessage, _ inputs: NodeInputs) throws -> Value {
        if let value = try attention(inputs) { return value }
        let x = try tokens(inputs, 0, node)
        guard let weight = try inputs.constant(1), weight.shape.count == 2, x.holdsTokens,
            x.shape.last == weight.shape[0]
        else { throw Refusal("only vectors or tokens times a constant matrix are supported") }
        return .product(x, weight)
    }

    /// Tokens or vectors, in the order that the graph has them.
    private mutating func tokens(_ inputs: NodeInputs, _ index: Int, _ node: NodeMessage) throws -> View {
        if case .view(let view) = try inputs.value(index), view.holdsTokens { return view }
        return View(try activation(inputs, index, node))
    }

    /// A linear layer whose weight is `[in, out]`.
    mutating func linear(_ x: View, _ weight: Constant, bias: Constant?, node: NodeMessage?) throws -> Value {
        guard let turned = try transposed(weight) else { throw Refusal("its weight is no matrix") }
        return try linear(x, outputsFirst: turned, bias: bias, node: node)
    }

    private mutating func linear(
        _ x: View, outputsFirst weight: Constant, bias: Constant?, node: NodeMessage?
    ) throws -> Value {
        let layer = Linear(weight.shape[1], weight.shape[0], bias: bias != nil)
        let port = try emit(
            layer, ImportedNames.layer(weight: weight, bias: bias, node: node), reading: [x.base],
            [("weight", weight)] + (bias.map { [("bias", $0)] } ?? []))
        return x.after(port).value
    }
}
