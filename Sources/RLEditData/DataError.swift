internal import RLEditCore
public import RLEditTensor

/// What can go wrong with examples and their files, with the evidence that a user needs to fix it.
public enum DataError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The file cannot be opened or read; `reason` in the system's words.
    case unreadableFile(path: String, reason: String)
    /// No data root holds the file.
    case fileNotFound(path: String, searched: [String])
    /// The path names something that scripts may not read.
    case pathRefused(path: String, reason: String)
    /// The file is no JSON text, or one that is too large; `reason` says where and why.
    case invalidJSON(path: String, reason: String)
    /// The file is no tokenizer that can be read.
    case invalidTokenizer(path: String, fault: WordPieceFault)
    /// A file of `torch.save` that cannot be read.
    case invalidTorch(path: String, fault: TorchFault)
    /// The gzip stream cannot be decoded.
    case invalidGzip(path: String, fault: GzipFault)
    /// The file is not the IDX file that was asked for.
    case invalidIDX(path: String, fault: IDXFault)
    /// A NumPy array that cannot be read; `array` is its name in an archive, nil for a file of its own.
    case invalidNumPy(path: String, array: String?, fault: NumPyFault)
    /// The ZIP archive of a `.npz` file is damaged; `member` names the part.
    case invalidZip(path: String, member: String?, fault: ZipFault)
    /// A tar archive that cannot be read.
    case invalidTar(path: String, fault: TarFault)
    /// A picture that cannot be read; `archive` is what it lies in, nil for a file of its own.
    case invalidPicture(path: String, archive: String?, fault: PictureFault)
    /// A folder or an archive that does not hold pictures as a set needs them.
    case invalidImageFolder(path: String, fault: ImageFolderFault)
    /// The file of rows, or what it says, is not what was asked for.
    case invalidTable(path: String, fault: TableFault)
    /// A line of a plain text; lines count from 1.
    case invalidText(path: String, line: Int, fault: TextFault)
    /// A text without a character that is not a space; `position` is 0-based.
    case emptyText(set: String, position: Int)
    /// None of the terms occurs in a text of the set.
    case noTermFound(set: String, terms: [String])
    /// A list of terms, or a vocabulary, that cannot be used.
    case invalidTerm(String, reason: String)
    /// Images and labels do not pair up.
    case countMismatch(imagesPath: String, images: Int, labelsPath: String, labels: Int)
    /// A label outside `0 ..< classes`; `position` is 0-based.
    case labelOutOfRange(source: String, position: Int, label: Int, classes: Int)
    /// None of the folders holds MNIST.
    case mnistNotFound(searched: [String])
    /// A folder holds some of the four MNIST files only.
    case mnistIncomplete(folder: String, missing: [String])
    /// None of the folders holds the data set of that name; `option` is that of `scripts/fetch-data`.
    case picturesNotFound(name: String, option: String?, searched: [String])
    /// A folder holds some of the data set's files only.
    case picturesIncomplete(name: String, folder: String, missing: [String])
    /// A file of CIFAR's binary version whose size is not that of whole images of so many bytes.
    case invalidCIFAR(path: String, bytes: Int, imageBytes: Int)
    /// More examples were asked for than the set holds.
    case tooFewExamples(operation: String, set: String, requested: Int, available: Int)
    /// A 0-based example index outside the set.
    case indexOutOfRange(operation: String, index: Int, count: Int)
    /// Not one label for each example; `examples` says what they are, in the plural: `inputs`, `texts`.
    case unpaired(examples: String, count: Int, labels: Int)
    /// An input that is NaN or infinite.
    case notFinite(NotFiniteValue)
    /// Inputs without a dimension for the examples and one for their values.
    case inputsWithoutExamples(shape: [Int])
    /// Two sets hold examples of different shapes, or values do not fill the shape.
    case shapeMismatch(operation: String, expected: [Int], actual: [Int])
    /// Groups whose names or members do not fit the set.
    case invalidGroups(GroupFault)
    case invalidWeights(WeightFault)
    /// The set has no group of that name.
    case unknownGroup(set: String, name: String, known: [String])
    /// A setting outside its documented range.
    case invalidArgument(operation: String, message: String)

    public var description: String {
        switch self {
        case .unreadableFile(let path, let reason): "cannot read '\(path)': \(reason)"
        case .invalidTokenizer(let path, let fault): "cannot read the tokenizer '\(path)': \(fault)"
        case .invalidTorch(let path, let fault): "cannot read the PyTorch file '\(path)': \(fault.description)"
        case .invalidJSON(let path, let reason): "'\(path)' is not a JSON file that can be read: \(reason)"
        case .fileNotFound(let path, let searched):
            "no file '\(path)' under the data roots (searched \(searched.joined(separator: ", ")))"
        case .pathRefused(let path, let reason): "path '\(path)' is refused: \(reason)"
        case .invalidGzip(let path, let fault): "'\(path)' is not a sound gzip file: \(fault)"
        case .invalidIDX(let path, let fault): "'\(path)' is not a sound IDX file: \(fault)"
        case .invalidNumPy(let path, nil, let fault): "'\(path)' is not a NumPy array that can be read: \(fault)"
        case .invalidNumPy(let path, let array?, let fault):
            "array '\(array)' of '\(path)' is not a NumPy array that can be read: \(fault)"
        case .invalidZip(let path, nil, let fault): "'\(path)' is not a sound .npz file: \(fault)"
        case .invalidZip(let path, let member?, let fault):
            "'\(path)' is not a sound .npz file: member '\(member)' \(fault)"
        case .invalidTar(let path, let fault): "'\(path)' is not a sound tar archive: \(fault)"
        case .invalidPicture(let path, nil, let fault): "'\(path)' \(fault)"
        case .invalidPicture(let path, let archive?, let fault): "'\(path)' in '\(archive)' \(fault)"
        case .invalidImageFolder(let path, let fault): "'\(path)' \(fault)"
        case .invalidTable(let path, let fault): "'\(path)': \(fault)"
        case .invalidText(let path, let line, let fault): "'\(path)': line \(line) \(fault)"
        case .emptyText(let set, let position): "text \(position + 1) of '\(set)' is empty"
        case .noTermFound(let set, let terms):
            "none of the \(terms.count) terms (\(terms.prefix(5).map { "'\($0)'" }.joined(separator: ", "))"
                + "\(terms.count > 5 ? ", …" : "")) occurs in a text of set '\(set)'"
        case .invalidTerm(let term, let reason): "term '\(term)' \(reason)"
        case .countMismatch(let imagesPath, let images, let labelsPath, let labels):
            "'\(imagesPath)' holds \(images) images but '\(labelsPath)' holds \(labels) labels"
        case .labelOutOfRange(let source, let position, let label, let classes):
            "'\(source)': label \(label) of example \(position + 1) is out of range: labels begin at 0 and go to \(classes - 1)"
        case .mnistNotFound(let searched):
            "MNIST was not found (searched \(searched.joined(separator: ", "))); "
                + "fetch it with scripts/fetch-data, or name its folder with --data"
        case .mnistIncomplete(let folder, let missing):
            "MNIST in '\(folder)' is incomplete: missing \(missing.joined(separator: ", ")); "
                + "fetch it with scripts/fetch-data"
        case .picturesNotFound(let name, let option, let searched):
            "\(name) was not found (searched \(searched.joined(separator: ", "))); "
                + (option.map { "fetch it with scripts/fetch-data \($0), or name its folder with --data" }
                    ?? "name its folder with --data")
        case .picturesIncomplete(let name, let folder, let missing):
            "\(name) in '\(folder)' is incomplete: missing \(missing.joined(separator: ", "))"
        case .invalidCIFAR(let path, let bytes, let imageBytes):
            "'\(path)' has \(bytes) bytes, expected a multiple of \(imageBytes): it is no file of CIFAR's binary version, or cut off"
        case .tooFewExamples(let operation, let set, let requested, let available):
            "\(operation): \(requested) examples were asked for, but set '\(set)' holds \(available)"
        case .indexOutOfRange(let operation, let index, let count):
            "\(operation): index \(index) is outside a set of \(count) examples"
        case .unpaired(let examples, let count, let labels):
            DataError.unpaired(examples, count, labels)
        case .notFinite(let value): value.description
        case .inputsWithoutExamples(let shape):
            "inputs of shape \(shape): the examples come first, then the dimensions of one"
                + (shape.count == 1 ? "; inputs:reshape { \(shape[0]), 1 } has one number for each example" : "")
        case .shapeMismatch(let operation, let expected, let actual):
            "\(operation): shape mismatch: expected \(expected), got \(actual)"
        case .invalidGroups(let fault): "groups: \(fault)"
        case .invalidWeights(let fault): "weights: \(fault)"
        case .unknownGroup(let set, let name, let known): DataError.unknownGroup(name, in: set, known)
        case .invalidArgument(let operation, let message): "\(operation): \(message)"
        }
    }

    /// "2 inputs, but 1 label: each input needs one".
    private static func unpaired(_ examples: String, _ count: Int, _ labels: Int) -> String {
        let one = String(examples.dropLast())
        let (have, need) = ("\(count) \(count == 1 ? one : examples)", "\(labels) label\(labels == 1 ? "" : "s")")
        return "\(have), but \(need): each \(one) needs one"
    }

    private static func unknownGroup(_ name: String, in set: String, _ known: [String]) -> String {
        if known.isEmpty { return "set '\(set)' has no groups, so none named '\(name)'" }
        let nearest = NearestName.suggestion(for: name, among: known)
        return "set '\(set)' has no group '\(name)'"
            + (nearest.isEmpty ? "; it has \(NearestName.list(known.map { "'\($0)'" }, near: name))" : nearest)
    }
}

/// Faults of a gzip stream (RFC 1952).
public enum GzipFault: Equatable, Sendable, CustomStringConvertible {
    /// The file ends inside the compressed stream.
    case truncated
    /// Damaged data or a failed checksum; the decoder's own words.
    case corrupt(String)
    /// Bytes after the last member that are not another member.
    case trailingBytes

    public var description: String {
        switch self {
        case .truncated: "the compressed data is truncated"
        case .corrupt(let message): "the compressed data is corrupt (\(message))"
        case .trailingBytes: "unexpected bytes follow the compressed data"
        }
    }
}

/// Faults of an IDX file.
public enum IDXFault: Equatable, Sendable, CustomStringConvertible {
    /// The file ends inside its header.
    case shortHeader(bytes: Int)
    /// The first four bytes are not those of the wanted content.
    case wrongMagic(expected: UInt32, actual: UInt32)
    /// A well-formed magic number whose element type is not unsigned bytes.
    case unsupportedType(code: UInt8)
    /// A dimension of an image is zero, or the product passes the reader's limit of 1 GiB.
    case unusableDimensions([Int])
    /// The data are shorter than the header says.
    case truncated(dimensions: [Int], expected: Int, actual: Int)
    /// The data go on after what the header says.
    case trailingBytes(dimensions: [Int], expected: Int)

    public var description: String {
        switch self {
        case .shortHeader(let bytes): "it ends inside its header, after \(bytes) bytes"
        case .wrongMagic(let expected, let actual):
            "wrong magic number: expected \(hexadecimal(expected)), got \(hexadecimal(actual))"
        case .unsupportedType(let code):
            "its elements are \(IDXFault.typeName(code)), only unsigned bytes (0x08) are read"
        case .unusableDimensions(let dimensions):
            "dimensions \(dimensions) are unusable: each must be positive and their product at most 1 GiB"
        case .truncated(let dimensions, let expected, let actual):
            "dimensions \(dimensions) need \(expected) bytes of data, the file holds \(actual)"
        case .trailingBytes(let dimensions, let expected):
            "more than the \(expected) bytes of data that its dimensions \(dimensions) need"
        }
    }

    private static func typeName(_ code: UInt8) -> String {
        switch code {
        case 0x09: "signed bytes (0x09)"
        case 0x0B: "16-bit integers (0x0B)"
        case 0x0C: "32-bit integers (0x0C)"
        case 0x0D: "32-bit floats (0x0D)"
        case 0x0E: "64-bit floats (0x0E)"
        default: "of unknown type \(code)"
        }
    }
}

/// `0x` and eight digits.
private func hexadecimal(_ value: UInt32) -> String {
    let digits = String(value, radix: 16)
    return "0x" + String(repeating: "0", count: 8 - digits.count) + digits
}
