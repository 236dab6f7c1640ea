public import RLEditData
public import RLEditNN
internal import RLEditONNX
internal import RLEditTensor

/// A network in a file of its own: parameters, layers and, for a text classifier, the vocabulary.
public struct ModelFile: Sendable {
    public let network: Network
    /// For a text classifier.
    public let vocabulary: Vocabulary?
    /// The file that it was read from: what is saved again keeps its names, dtypes and metadata.
    public let source: ParameterSource
    public var file: SafetensorsFile { source.file }

    /// Reads a file that ``file(_:basedOn:metadata:)`` made, or an ONNX file.
    /// - Throws: ``ModelFileError``, `SafetensorsError` or `ONNXError` saying what is missing or does not fit.
    public init(path: String) throws {
        if ModelFile.isONNX(path) { try self.init(onnx: path) } else { try self.init(SafetensorsFile(path: path)) }
    }

    /// Reads an ONNX file.
    /// - Parameters:
    ///   - dimensions: sizes of the input that the file leaves open, by their names there.
    ///   - output: the graph's output that becomes the network's; nil for the first.
    public init(onnx path: String, dimensions: [String: Int] = [:], output: String? = nil) throws {
        let model = try ONNXModel(path: path, dimensions: dimensions, output: output)
        network = model.network
        vocabulary = nil
        var source = ParameterSource(file: SafetensorsFile(named: path))
        source.original = model.original
        self.source = source
    }

    private static let onnxEnding = ".onnx"

    /// Whether a path is that of an ONNX file. The format has no signature, so its name tells.
    public static func isONNX(_ path: String) -> Bool { path.hasSuffix(onnxEnding) }

    public init(_ file: SafetensorsFile) throws {
        let network: Network
        (network, source) = try NetworkDescription.network(in: file)
        vocabulary = try ModelFile.vocabulary(in: file)
        self.network = try vocabulary.map { try network.with($0) } ?? network
    }

    /// The vocabulary that a file holds; nil for none.
    public static func vocabulary(in file: SafetensorsFile) throws(ModelFileError) -> Vocabulary? {
        guard let text = file.metadata.first(where: { $0.key == Vocabulary.key })?.value else { return nil }
        return try Vocabulary(parsing: text, path: file.path)
    }

    /// Writes a network as its name says: as safetensors, or as the ONNX file that it came from with its parameters.
    /// - Throws: ``ModelFileError/notFromONNX(path:)`` and what writing throws.
    public static func write(
        _ network: Network, basedOn source: ParameterSource, metadata: [(key: String, value: String)] = [],
        to path: String
    ) throws {
        guard isONNX(path) else { return try file(network, basedOn: source, metadata: metadata).write(to: path) }
        try checkEnding(of: path, source)
        try source.original?.write(network, to: path)
    }

    /// - Throws: ``ModelFileError/notFromONNX(path:)`` for a name that says ONNX, when the model came from elsewhere.
    public static func checkEnding(of path: String, _ source: ParameterSource) throws(ModelFileError) {
        guard !isONNX(path) || source.original?.ending == onnxEnding else { throw .notFromONNX(path: path) }
    }

    /// A network as a file that can be read without anything else.
    public static func file(
        _ network: Network, basedOn source: ParameterSource = ParameterSource(),
        metadata: [(key: String, value: String)] = []
    ) throws -> SafetensorsFile {
        var file = try network.safetensors(basedOn: source, metadata: metadata)
        if let description = NetworkDescription.text(of: network, source: source) {
            file.setMetadata(NetworkDescription.key, description)
        } else {
            file.removeMetadata(NetworkDescription.key)
        }
        if network.metadata[Vocabulary.key] == nil { file.removeMetadata(Vocabulary.key) }
        return file
    }
}

/// Why a file is not the model that it is taken for.
public enum ModelFileError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The file has parameters but does not say which layers they belong to.
    case noNetwork(path: String)
    /// Only what was an ONNX file can be written as one.
    case notFromONNX(path: String)
    /// The model is no text classifier.
    case noVocabulary(path: String)
    /// A part of the metadata is damaged.
    case malformed(path: String, key: String, reason: String)
    /// The vocabulary is not the one of the network.
    case otherVocabulary(words: Int, input: [Int])
    /// The path leads to neither a run nor a model.
    case notAModel(path: String)
    /// A run with a folder for each seed.
    case severalSeeds(path: String, seeds: [Int])
    /// The run saved no such edit.
    case noEdit(path: String, name: String)

    public var description: String {
        switch self {
        case .noNetwork(let path):
            "'\(path)' does not say which layers its parameters belong to (it has no '\(NetworkDescription.key)'); "
                + "load it into a model of a script by model:load, and save that"
        case .notFromONNX(let path):
            "'\(path)' cannot be an ONNX file: the model did not come from one; save it as .safetensors"
        case .noVocabulary(let path):
            "'\(path)' has no vocabulary: only classifiers of text can be applied to text"
        case .malformed(let path, let key, let reason): "'\(path)': '\(key)' cannot be used: \(reason)"
        case .otherVocabulary(let words, let input):
            "a vocabulary of \(words) words does not fit a network whose examples have the shape \(input)"
        case .notAModel(let path): "'\(path)' is neither the folder of a run nor a .safetensors file"
        case .severalSeeds(let path, let seeds):
            "'\(path)' holds the runs of \(seeds.count) seeds: name one, for example \(path)/seed-\(seeds.first ?? 0)"
        case .noEdit(let path, let name): "the run in '\(path)' has no \(name): has it ended?"
        }
    }
}
