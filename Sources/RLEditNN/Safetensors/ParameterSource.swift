internal import RLEditTensor

/// A file of another format than safetensors that a network came from, and that can be written again with the network's
/// parameters.
public protocol OriginalFile: Sendable {
    /// How the names of such files end: `.onnx`.
    var ending: String { get }
    var path: String { get }
    /// Bytes of what is written.
    var byteCount: Int { get }
    /// All of these bytes in their order, a piece at a time.
    func read(_ body: ([UInt8]) -> Void) throws
    /// Writes the file with the parameters of an edited network, all else being as it was; whole or not at all.
    func write(_ network: Network, to path: String) throws
}

/// A file that a network's parameters were loaded from, and where in it each lies: what is saved keeps the file's names,
/// dtypes, metadata and further tensors.
public struct ParameterSource: Sendable {
    public let file: SafetensorsFile
    /// The prefix of each parameter's name in the file.
    public let prefix: String
    /// Names in the file of those parameters that are called otherwise there than prefix and name.
    public let names: [String: String]
    /// Tensors that no parameter needs to take; nil where nobody checks that.
    public internal(set) var ignore: [NamePattern]?
    /// The file of another format that the network came from, which can be written again as well.
    public var original: (any OriginalFile)?
    private let ties: Ties

    public init(
        file: SafetensorsFile = SafetensorsFile(), prefix: String = "", names: [String: String] = [:],
        ignore: [NamePattern]? = nil
    ) {
        self.file = file
        self.prefix = prefix
        self.names = names
        self.ignore = ignore
        ties = Ties(file)
    }

    /// What the file calls a parameter.
    public func name(of parameter: String) -> String { names[parameter] ?? prefix + parameter }

    // MARK: Tied weights

    /// The metadata by key. `safetensors.torch.save_model` stores weights that share memory once, and records the other
    /// names there, each with the name that was kept.
    private struct Ties {
        private let kept: [ExactName: String]

        init(_ file: SafetensorsFile) {
            kept = Dictionary(file.metadata.map { (ExactName($0.key), $0.value) }) { first, _ in first }
        }

        subscript(name: String) -> String? { kept[ExactName(name)] }
    }

    /// The tensor that a parameter is read from: the one of its name, or the one that the metadata give for that name, if
    /// need be by way of other names. Nil for none.
    package func tensor(of parameter: String) -> String? {
        var name = name(of: parameter)
        var seen: Set<ExactName> = []
        while file[name] == nil {
            guard seen.insert(ExactName(name)).inserted, let next = ties[name] else { return nil }
            name = next
        }
        return name
    }

    /// Whether the metadata give just this tensor for a parameter's name.
    func ties(_ parameter: String, to tensor: String) -> Bool { ties[name(of: parameter)] == tensor }

    /// The tensor of a parameter, seen to have the parameter's shape.
    /// - Throws: ``SafetensorsError`` naming what the file calls the parameter.
    package func entry(of parameter: String, shape: [Int]) throws(SafetensorsError) -> SafetensorsFile.Entry {
        guard let tensor = tensor(of: parameter), let entry = file[tensor] else {
            throw SafetensorsError(file: file.path, tensor: name(of: parameter), fault: .missing)
        }
        guard entry.shape == shape else {
            throw fault(.shape(expected: shape, actual: entry.shape), parameter, tensor)
        }
        return entry
    }

    /// The values of a parameter.
    /// - Throws: ``SafetensorsError``, where they are missing, of another shape or type, or not finite.
    func values(of parameter: String, shape: [Int]) throws(SafetensorsError) -> Tensor {
        let tensor = try entry(of: parameter, shape: shape).name
        do { return try file.finiteTensor(tensor) } catch { throw fault(error.fault, parameter, tensor) }
    }

    private func fault(_ fault: SafetensorsError.Fault, _ parameter: String, _ tensor: String) -> SafetensorsError {
        let name = name(of: parameter)
        return SafetensorsError(
            file: file.path, tensor: name, fault: name == tensor ? fault : .tied(to: tensor, fault: fault))
    }

    // MARK: Checking names

    /// Tensors that begin with the prefix, that no parameter takes and that nothing permits, in the file's order.
    /// - Parameter taken: names of tensors.
    func unexpected(taken: some Sequence<String>, _ options: LoadOptions) -> [String] {
        let taken = Set(taken.map { ExactName($0) })
        return file.entries.compactMap { entry in
            guard !taken.contains(ExactName(entry.name)), let networkName = options.networkName(of: entry.name),
                !options.ignores(entry.name, networkName: networkName), !countsBatches(entry.name)
            else { return nil }
            return entry.name
        }
    }

    /// Whether a tensor is the counter that PyTorch's normalization layers keep beside their statistics, which says
    /// nothing that the statistics do not.
    private func countsBatches(_ name: String) -> Bool {
        let counter = "num_batches_tracked"
        guard name.utf8.suffix(counter.utf8.count).elementsEqual(counter.utf8) else { return false }
        return file[String(Substring(name.utf8.dropLast(counter.utf8.count))) + "running_mean"] != nil
    }
}
