internal import RLEditCore
public import RLEditData
public import RLEditNN
internal import RLEditTensor

/// Which network of a run is meant.
public enum EditChoice: String, Sendable, CaseIterable {
    /// The one that the run saved as its result.
    case saved
    /// The one that the run began with.
    case original
    case meanPolicy = "mean-policy"
    case bestSeen = "best-seen"
}

/// A classifier of texts, ready to be applied: a network and its vocabulary.
public struct TextClassifier: Sendable {
    public let network: Network
    public let vocabulary: Vocabulary
    /// Number of classes; a network with one output tells two apart.
    public var classes: Int { max(2, network.outputShape[0]) }

    /// - Parameters:
    ///   - path: a run folder, or a model's `.safetensors` file.
    ///   - edit: of a run; a file has the one that it has.
    /// - Throws: ``ModelFileError`` and others naming what is missing or does not fit.
    public init(path: String, edit: EditChoice = .saved) throws {
        guard let status = FileSystem.status(of: path) else { throw ModelFileError.notAModel(path: path) }
        guard status.isFolder else {
            try self.init(ModelFile(textClassifier: path), path: path)
            return
        }
        let folder = path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path
        func file(_ name: String) -> String { "\(folder)/\(name)" }
        func isThere(_ name: String) -> Bool { FileSystem.status(of: file(name)) != nil }
        guard isThere(RunFolder.manifestName) else { throw ModelFileError.notAModel(path: path) }
        guard isThere(RunFolder.editedName) else {
            let seeds = try RunFolder.seeds(in: folder)
            if seeds.isEmpty { throw ModelFileError.noEdit(path: folder, name: RunFolder.editedName) }
            throw ModelFileError.severalSeeds(path: folder, seeds: seeds)
        }
        let model = try ModelFile(textClassifier: file(RunFolder.editedName))
        let savedEdit = model.file.metadata.first { $0.key == "rledit.edit" }?.value
        var network = model.network
        if edit != .saved, edit.rawValue != savedEdit {
            network = try Delta.read(file(RunFolder.deltaName)).reverted(from: network)
            switch edit {
            case .original, .saved: break
            case .bestSeen:
                guard isThere(RunFolder.bestSeenDeltaName) else {
                    throw ModelFileError.noEdit(path: folder, name: RunFolder.bestSeenDeltaName)
                }
                network = try Delta.read(file(RunFolder.bestSeenDeltaName)).applied(to: network)
            case .meanPolicy: throw ModelFileError.noEdit(path: folder, name: "edit of the mean policy")
            }
        }
        try self.init(network, model.vocabulary, path: path)
    }

    private init(_ model: ModelFile, path: String) throws {
        try self.init(model.network, model.vocabulary, path: path)
    }

    private init(_ network: Network, _ vocabulary: Vocabulary?, path: String) throws(ModelFileError) {
        guard let vocabulary else { throw .noVocabulary(path: path) }
        guard network.outputShape.count == 1 else {
            throw .malformed(
                path: path, key: NetworkDescription.key, reason: "the network does not end in one score per class")
        }
        self.network = network
        self.vocabulary = vocabulary
    }

    /// The probability of each class for each text: the softmax of its scores; of a network with one output, that of class
    /// 1 by the logistic function.
    /// - Parameter texts: UTF-8.
    /// - Returns: `texts.count × classes`.
    package func probabilities(_ texts: [[UInt8]]) throws -> [[Double]] {
        let scores = try network.forward(.sparse(try vocabulary.rows(texts)))
        let width = network.outputShape[0]
        let values = scores.scalars
        return texts.indices.map { row in
            let scores = width == 1 ? [0, values[row]] : Array(values[row * width..<(row + 1) * width])
            let largest = Double(scores.max() ?? 0)
            let exponentials = scores.map { PortableMath.exp(max(Double($0) - largest, -700)) }
            let sum = exponentials.reduce(0, +)
            return exponentials.map { $0 / sum }
        }
    }
}

extension ModelFile {
    /// Reads a classifier of texts. A file without a vocabulary is refused before its network is read.
    fileprivate init(textClassifier path: String) throws {
        guard !ModelFile.isONNX(path) else { throw ModelFileError.noVocabulary(path: path) }
        let file = try SafetensorsFile(path: path)
        guard file.metadata.contains(where: { $0.key == Vocabulary.key }) else {
            throw ModelFileError.noVocabulary(path: path)
        }
        try self.init(file)
    }
}
