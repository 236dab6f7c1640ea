internal import RLEditTensor

/// What copies of a network share and never change: nodes, shapes, and the place of each parameter.
///
/// Idle workspaces are kept here too, so that running a small network many times does not prepare its kernels each time.
package final class NetworkGraph: Sendable {
    /// One parameter's place.
    struct Parameter: Sendable {
        /// `node.parameter`, for example `fc2.weight`.
        let name: String
        let specification: ParameterSpecification
        let count: Int
        /// Where it starts, in floats, when all parameters lie in one buffer (see ``flatCount``); buffers, which have no
        /// gradient, come after all that is trained.
        fileprivate(set) var flatOffset = 0
    }

    let nodes: [Network.Node]
    let inputShape: [Int]
    /// Output shape of each node, per example.
    let shapes: [[Int]]
    let parameters: [Parameter]
    /// The parameters of each node, as a range of `parameters`.
    let nodeParameters: [Range<Int>]
    let parameterIndices: [String: Int]
    /// What files hold: the parameters, some of them under other names or as parts of one tensor.
    let fileTensors: [FileTensor]
    /// Floats of a buffer that holds all parameters, each starting on a cache line; the gaps hold zeros.
    let flatCount: Int
    /// Floats of those that are trained: gradients and optimizers know no others.
    let trainableCount: Int
    /// Nodes that share statistics over a minibatch while training.
    let batchNorms: [Int]
    /// Whether each node that reads the network's input can read it sparse.
    let takesSparseInput: Bool
    let workspaces = WorkspaceCache()

    init(nodes: [Network.Node], inputShape: [Int]) throws {
        _ = try Tensor.elementCount(of: inputShape)
        var names: Set<String> = []
        var shapes: [[Int]] = []
        var parameters: [Parameter] = []
        var nodeParameters: [Range<Int>] = []
        for (index, node) in nodes.enumerated() {
            if let reason = NetworkGraph.fault(inName: node.name) {
                throw NetworkError.invalidNodeName(name: node.name, reason: reason)
            }
            guard names.insert(node.name).inserted else { throw NetworkError.duplicateNode(name: node.name) }
            var inputs: [[Int]] = []
            for input in node.inputs {
                guard input >= -1, input < index else {
                    throw NetworkError.invalidNodeInput(node: node.name, input: input)
                }
                inputs.append(input < 0 ? inputShape : shapes[input])
            }
            let shape: [Int]
            do throws(NetworkError) {
                shape = try node.layer.outputShape(for: inputs)
            } catch {
                throw NetworkError.node(name: node.name, cause: error)
            }
            _ = try Tensor.elementCount(of: shape)
            shapes.append(shape)
            let first = parameters.count
            for specification in node.layer.parameters {
                let count = try Tensor.elementCount(of: specification.shape)
                parameters.append(
                    Parameter(
                        name: "\(node.name).\(specification.name)", specification: specification, count: count))
            }
            nodeParameters.append(first..<parameters.count)
        }
        var offset = 0
        func place(_ isTrainable: Bool) {
            for index in parameters.indices where parameters[index].specification.isTrainable == isTrainable {
                parameters[index].flatOffset = offset
                offset += (parameters[index].count + 15) / 16 * 16
            }
        }
        place(true)
        trainableCount = offset
        place(false)
        batchNorms = nodes.indices.filter { nodes[$0].layer is BatchNorm }
        try NetworkGraph.requireUnambiguous(nodes.map(\.name), parameters: Set(parameters.map(\.name)))
        fileTensors = try FileTensor.all(of: nodes)
        self.nodes = nodes
        self.inputShape = inputShape
        self.shapes = shapes
        self.parameters = parameters
        self.nodeParameters = nodeParameters
        flatCount = offset
        let readers = nodes.filter { $0.inputs.contains(-1) }
        takesSparseInput =
            !readers.isEmpty && readers.allSatisfy { $0.inputs == [-1] && $0.layer is any TakesSparseInput }
        parameterIndices = Dictionary(
            parameters.enumerated().map { ($0.element.name, $0.offset) }, uniquingKeysWith: { first, _ in first })
    }

    /// Values of these parameters that are trained.
    func trainedCount(_ parameters: ArraySlice<Parameter>) -> Int {
        parameters.reduce(0) { $0 + ($1.specification.isTrainable ? $1.count : 0) }
    }

    private static func fault(inName name: String) -> String? {
        let bytes = Array(name.utf8)
        let dot = UInt8(ascii: ".")
        if bytes.isEmpty { return "it is empty" }
        if bytes.first == dot || bytes.last == dot { return "it begins or ends with a dot" }
        if zip(bytes, bytes.dropFirst()).contains(where: { $0 == dot && $1 == dot }) {
            return "it has two dots in a row"
        }
        return name.hasControlCharacter ? "it holds a control character" : nil
    }

    /// In PyTorch a module and a parameter of one name cannot be in the same place.
    private static func requireUnambiguous(_ names: [String], parameters: Set<String>) throws(NetworkError) {
        for name in names {
            // The name itself and all that ends before one of its dots.
            for end in name.utf8.indices.filter({ name.utf8[$0] == UInt8(ascii: ".") }) + [name.endIndex] {
                let start = String(name[..<end])
                guard !parameters.contains(start) else {
                    throw .nodeNamedAsParameter(name: name, parameter: start)
                }
            }
        }
    }

    /// Shape per example of what a node reads; -1 is the network's input.
    func shape(of node: Int) -> [Int] { node < 0 ? inputShape : shapes[node] }

    /// Rows of one block of work: as many as keep the widest activation near 2 MB, where the caches still help, without
    /// splitting small work; twice that where it is fewer than 16, since a product packs its weights once for each block.
    /// A rule of shapes alone, so that no result depends on the number of workers.
    var blockRows: Int {
        let widest = shapes.reduce(inputShape.reduce(1, *)) { max($0, $1.reduce(1, *)) }
        let rows = min(4096, (1 << 19) / max(widest, 1))
        return rows >= 16 ? rows / 16 * 16 : max(min(2 * rows, 16), 1)
    }
}
