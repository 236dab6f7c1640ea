internal import LuaBridge
internal import RLEditNN
internal import RLEditTensor

/// A network under construction: nodes are added one by one, each reading nodes that are there.
final class ScriptGraph: LuaBound {
    static var luaName: String { "rledit.Graph" }
    /// What the model will be called.
    let name: String
    let seed: Int
    private(set) var input: [Int]?
    private(set) var nodes: [Network.Node] = []
    private var shapes: [[Int]] = []
    private var counts: [String: Int] = [:]
    /// Floats of all activations and parameters so far.
    private var total = 0

    init(name: String, seed: Int) {
        self.name = name
        self.seed = seed
    }

    func addInput(_ shape: [Int]) throws -> ScriptPort {
        guard input == nil else { throw LuaUsageError("a graph has one input, and this one has it already") }
        guard try Tensor.elementCount(of: shape) > 0 else { throw LuaUsageError("input \(shape) holds no value") }
        input = shape
        return ScriptPort(graph: self, node: -1, shape: shape)
    }

    /// - Parameters:
    ///   - name: nil for one made of `baseName` and a number.
    ///   - stored: where files keep parameters of the layer, by their names in it.
    /// - Throws: what the layer says of inputs that do not fit it.
    func add(
        _ layer: any Layer, name: String?, baseName: String, reading ports: [ScriptPort],
        stored: [String: StoredTensor], _ host: LuaHost
    ) throws -> ScriptPort {
        var free = name ?? ""
        while free.isEmpty || (name == nil && nodes.contains { $0.name == free }) {
            counts[baseName, default: 0] += 1
            free = "\(baseName)\(counts[baseName, default: 0])"
        }
        guard nodes.count < 100_000 else { throw LuaUsageError("a graph has at most 100000 layers") }
        let shape: [Int]
        do { shape = try layer.outputShape(for: ports.map(\.shape)) } catch {
            throw LuaUsageError("layer '\(free)': \(error.description)")
        }
        for part in [shape] + layer.parameterShapes.map(\.shape) {
            total = total.addingReportingOverflow(try Tensor.elementCount(of: part)).partialValue
            try host.checkRoom(forElements: total)
        }
        nodes.append(Network.Node(name: free, layer: layer, inputs: ports.map(\.node), stored: stored))
        shapes.append(shape)
        return ScriptPort(graph: self, node: nodes.count - 1, shape: shape)
    }

    /// The network that computes what a port gives.
    /// - Throws: what `Network` says; and an error for a layer that does not lead there, which is more often forgotten than
    ///   meant.
    func network(scores: ScriptPort, random: RandomStream) throws -> Network {
        guard let input else { throw LuaUsageError("the graph has no input") }
        var leads = [Bool](repeating: false, count: nodes.count)
        if scores.node >= 0 { leads[scores.node] = true }
        for index in nodes.indices.reversed() where leads[index] {
            for source in nodes[index].inputs where source >= 0 { leads[source] = true }
        }
        if let idle = leads.firstIndex(of: false) {
            throw LuaUsageError(
                "layer '\(nodes[idle].name)' does not lead to the scores; read what it gives, or leave it out")
        }
        return try Network(inputShape: input, nodes: nodes, random: random)
    }
}

/// What a layer of a graph gives, for others to read.
struct ScriptPort: LuaBound {
    static var luaName: String { "rledit.Port" }
    let graph: ScriptGraph
    /// -1 is the graph's input.
    let node: Int
    let shape: [Int]
}
