internal import RLEditNN

/// The parts of an ONNX file that a network needs, read from their messages (onnx.proto3 of ONNX 1.22). Data of tensors
/// stays in the file: a message knows where they are.
struct ModelMessage {
    /// The version of ONNX's own operators.
    var opset = 0
    var graph = GraphMessage()

    init(_ source: WireFile) throws(ONNXError) {
        var reader = WireReader(source, 0..<source.file.size)
        var graph: Range<Int>?
        while let (field, value) = try reader.next() {
            switch field {
            case 7: graph = try value.range(source)
            case 8:
                var (domain, version) = ("", 0)
                var set = WireReader(source, try value.range(source))
                while let (field, value) = try set.next() {
                    if field == 1 { domain = try value.text(source) }
                    if field == 2 { version = try value.int(source) }
                }
                if domain.isEmpty || domain == "ai.onnx" { opset = version }
            case 25:
                throw ONNXError(
                    file: source.file.path,
                    fault: .graph(
                        reason:
                            "the model has functions of its own; export it again with its functions inlined, in Python "
                            + "by onnx.inliner.inline_local_functions(model)"))
            default: break
            }
        }
        guard let graph else { throw ONNXError(file: source.file.path, fault: .notONNX) }
        guard opset > 0 else {
            throw ONNXError(
                file: source.file.path, fault: .graph(reason: "the model does not say the version of ONNX's operators"))
        }
        self.graph = try GraphMessage(source, graph)
    }
}

struct GraphMessage {
    var nodes: [NodeMessage] = []
    var initializers: [TensorMessage] = []
    var inputs: [InputMessage] = []
    var outputs: [String] = []

    /// More than any network that we can run has.
    static let mostNodes = 100_000
    private static let mostParts = 1 << 24

    init() {}

    init(_ source: WireFile, _ range: Range<Int>) throws(ONNXError) {
        // Names and numbers in all nodes, which may take a byte each in the file.
        var parts = 0
        var reader = WireReader(source, range)
        while let (field, value) = try reader.next() {
            switch field {
            case 1:
                let node = try NodeMessage(source, try value.range(source))
                parts += node.parts
                nodes.append(node)
            case 5: initializers.append(try TensorMessage(source, try value.range(source)))
            case 11: inputs.append(try InputMessage(source, try value.range(source)))
            case 12: outputs.append(try InputMessage(source, try value.range(source)).name)
            case 15:
                throw ONNXError(file: source.file.path, fault: .graph(reason: "sparse initializers are not supported"))
            default: break
            }
            guard parts <= GraphMessage.mostParts else {
                throw source.malformed("more than \(GraphMessage.mostParts) names and numbers in its nodes", at: 0)
            }
            for (count, what) in [
                (nodes.count, "nodes"), (initializers.count, "initializers"), (inputs.count, "inputs"),
            ]
            where count > GraphMessage.mostNodes {
                throw ONNXError(
                    file: source.file.path,
                    fault: .graph(reason: "the graph has more than \(GraphMessage.mostNodes) \(what)"))
            }
        }
    }
}

struct NodeMessage {
    var inputs: [String] = []
    var outputs: [String] = []
    var name = ""
    var operation = ""
    var domain = ""
    var attributes: [String: Attribute] = [:]
    /// The module that newer exporters of PyTorch say that the node comes from: `layer1.0.conv1`.
    var scope: String?

    enum Attribute {
        case int(Int)
        case float(Double)
        case text(String)
        case ints([Int])
        case floats([Double])
        case tensor(TensorMessage)
        /// Graphs, lists of texts, and others that no operator of ours has.
        case other
    }

    private static let mostNumbers = 1 << 16

    init(_ source: WireFile, _ range: Range<Int>) throws(ONNXError) {
        var reader = WireReader(source, range)
        while let (field, value) = try reader.next() {
            switch field {
            case 1: inputs.append(try value.text(source))
            case 2: outputs.append(try value.text(source))
            case _ where inputs.count + outputs.count > NodeMessage.mostNumbers:
                throw source.malformed("a node of more than \(NodeMessage.mostNumbers) names", at: range.lowerBound)
            case 3: name = try value.text(source)
            case 4: operation = try value.text(source)
            case 5:
                let (name, attribute) = try NodeMessage.attribute(source, try value.range(source))
                attributes[name] = attribute
            case 7: domain = try value.text(source)
            case 9:
                var (key, list) = ("", "")
                var entry = WireReader(source, try value.range(source))
                while let (field, value) = try entry.next() {
                    if field == 1 { key = try value.text(source) }
                    // Stack traces are long, and nobody reads them here.
                    if field == 2, key == "pkg.torch.onnx.name_scopes" { list = try value.text(source) }
                }
                // A list in Python's form: the modules from the outermost, then the operator.
                let names = list.split(separator: "'").filter { !$0.hasPrefix(",") && $0 != "[" && $0 != "]" }
                if names.count >= 2 { scope = String(names[names.count - 2]) }
            default: break
            }
        }
    }

    /// Names and numbers that it holds.
    var parts: Int {
        attributes.values.reduce(inputs.count + outputs.count + attributes.count) { sum, attribute in
            switch attribute {
            case .ints(let numbers): sum + numbers.count
            case .floats(let numbers): sum + numbers.count
            default: sum
            }
        }
    }

    /// As messages call it.
    var shownName: String { name.isEmpty ? outputs.first ?? "" : name }
    var shownOperation: String { domain.isEmpty || domain == "ai.onnx" ? operation : "\(domain).\(operation)" }

    private static func attribute(
        _ source: WireFile, _ range: Range<Int>
    ) throws(ONNXError) -> (name: String, Attribute) {
        var (name, found) = ("", Attribute.other)
        var (ints, floats): ([Int], [Double]) = ([], [])
        // Empty lists and zeros may be left out: then the type alone tells what the attribute is.
        var type = 0
        var reader = WireReader(source, range)
        while let (field, value) = try reader.next() {
            switch field {
            case 1: name = try value.text(source)
            case 2: found = .float(try value.float(source))
            case 3: found = .int(try value.int(source))
            case 4:
                let bytes = try value.range(source)
                found = .text(bytes.count <= 1 << 10 ? String(decoding: try source.bytes(bytes), as: UTF8.self) : "")
            case 5: found = .tensor(try TensorMessage(source, try value.range(source)))
            case 7:
                switch value {
                case .bytes(let range):
                    guard range.count % 4 == 0, range.count <= 4 * mostNumbers else {
                        throw source.malformed("a list of \(range.count) bytes of numbers", at: range.lowerBound)
                    }
                    for start in stride(from: range.lowerBound, to: range.upperBound, by: 4) {
                        floats.append(try WireReader.Value.fixed(start..<(start + 4)).float(source))
                    }
                default: floats.append(try value.float(source))
                }
            case 8: try value.append(to: &ints, most: mostNumbers, source)
            case 20: type = try value.int(source)
            default: break
            }
        }
        switch (type, found) {
        case (7, _): found = .ints(ints)
        case (6, _): found = .floats(floats)
        case (2, .other): found = .int(0)
        case (1, .other): found = .float(0)
        case (3, .other): found = .text("")
        case (_, .other) where !ints.isEmpty: found = .ints(ints)
        default: break
        }
        return (name, found)
    }
}

/// A named input of a graph, with its shape: numbers, or names of sizes that are not fixed.
struct InputMessage {
    enum Size: Equatable {
        case fixed(Int)
        case named(String)
    }

    var name = ""
    /// TensorProto's number of it; 0 when it is not a tensor.
    var elementType = 0
    /// nil when the file does not say it.
    var shape: [Size]?
    /// Names of the sizes that are not fixed.
    var openSizes: [String] {
        (shape ?? []).compactMap { size in
            if case .named(let name) = size { name } else { nil }
        }
    }

    init(_ source: WireFile, _ range: Range<Int>) throws(ONNXError) {
        var reader = WireReader(source, range)
        while let (field, value) = try reader.next() {
            if field == 1 { name = try value.text(source) }
            guard field == 2 else { continue }
            var type = WireReader(source, try value.range(source))
            while let (field, value) = try type.next() {
                guard field == 1 else { continue }
                var tensor = WireReader(source, try value.range(source))
                while let (field, value) = try tensor.next() {
                    if field == 1 { elementType = try value.int(source) }
                    if field == 2 { shape = try InputMessage.shape(source, try value.range(source)) }
                }
            }
        }
    }

    private static func shape(_ source: WireFile, _ range: Range<Int>) throws(ONNXError) -> [Size] {
        var shape: [Size] = []
        var reader = WireReader(source, range)
        while let (field, value) = try reader.next() {
            guard field == 1 else { continue }
            guard shape.count < TensorMessage.mostDimensions else {
                throw source.malformed(
                    "a shape of more than \(TensorMessage.mostDimensions) sizes", at: range.lowerBound)
            }
            var size = Size.named("")
            var dimension = WireReader(source, try value.range(source))
            while let (field, value) = try dimension.next() {
                if field == 1 { size = .fixed(try value.int(source)) }
                if field == 2 { size = .named(try value.text(source)) }
            }
            shape.append(size)
        }
        return shape
    }
}
