internal import Foundation
internal import RLEditNN

/// An ONNX file with the files that hold its tensors, open for reading. It stays the same model even when other files take
/// over their names.
struct ONNXFile: Sendable {
    let file: OpenFile
    /// Files of external data by the name that the model gives them.
    private(set) var external: [String: OpenFile] = [:]

    /// Protocol buffers end at 2 GB; what is larger has its tensors in other files.
    static let largestSize = Int(Int32.max)

    init(path: String) throws(ONNXError) {
        do { file = try OpenFile(path: path) } catch { throw ONNXError(unreadable: error) }
        guard file.size <= ONNXFile.largestSize else {
            throw ONNXError(
                file: path, fault: .tooLarge(bytes: file.size, limit: ONNXFile.largestSize))
        }
    }

    var path: String { file.path }
    private var folder: String { URL(fileURLWithPath: path).deletingLastPathComponent().path }

    /// Opens the file of a tensor that is not in the model's own.
    mutating func openExternal(of tensor: TensorMessage) throws(ONNXError) {
        guard case .external(let entries) = tensor.elements else { return }
        guard let location = entries["location"], external[location] == nil else { return }
        guard !location.isEmpty, !location.contains("/"), !location.contains("\0"), location != ".", location != ".."
        else {
            throw fault(
                tensor,
                "its data are in '\(ONNXError.printable(location))', and only files in the folder of the model are read"
            )
        }
        do { external[location] = try OpenFile(path: "\(folder)/\(location)", followsLinks: false) } catch {
            throw fault(tensor, "its data are in '\(ONNXError.printable(location))', which \(error.fault.description)")
        }
    }

    /// Where the elements of a tensor are, little-endian and in order; nil where their sizes vary.
    func places(of tensor: TensorMessage) throws(ONNXError) -> (file: OpenFile, ranges: [Range<Int>])? {
        let (file, ranges): (OpenFile, [Range<Int>])
        switch tensor.elements {
        case .raw(let range): (file, ranges) = (self.file, [range])
        case .fixed(let pieces): (file, ranges) = (self.file, pieces)
        case .none: (file, ranges) = (self.file, [])
        case .external(let entries): (file, ranges) = try externalPlace(tensor, entries)
        case .variable: return nil
        case .other: throw fault(tensor, "its elements are no numbers")
        }
        let count = try tensor.count(path)
        let (expected, found) = (count * tensor.elementSize, ranges.reduce(0) { $0 + $1.count })
        guard tensor.elementSize > 0 else { throw fault(tensor, "data type \(tensor.type) is not supported") }
        guard expected == found else {
            throw fault(tensor, "shape \(tensor.shape) takes \(expected) bytes, got \(found)")
        }
        return (file, ranges)
    }

    private func externalPlace(
        _ tensor: TensorMessage, _ entries: [String: String]
    ) throws(ONNXError) -> (OpenFile, [Range<Int>]) {
        guard let location = entries["location"], let file = external[location] else {
            throw fault(tensor, "its data are in another file that is not named")
        }
        func number(_ key: String) throws(ONNXError) -> Int? {
            guard let text = entries[key] else { return nil }
            guard let number = Int(text), number >= 0 else {
                throw fault(tensor, "the \(key) of its data, '\(ONNXError.printable(text))', is no size")
            }
            return number
        }
        let offset = try number("offset") ?? 0
        let length = try number("length") ?? max(file.size - offset, 0)
        guard offset <= file.size, length <= file.size - offset else {
            throw fault(
                tensor,
                "its data end outside of '\(ONNXError.printable(location))', which has \(file.size) bytes")
        }
        return (file, [offset..<(offset + length)])
    }

    /// The elements of a tensor, little-endian.
    func bytes(of tensor: TensorMessage) throws(ONNXError) -> [UInt8] {
        if let (file, ranges) = try places(of: tensor) {
            var bytes: [UInt8] = []
            for range in ranges {
                do {
                    let piece = try file.read(offset: range.lowerBound, count: range.count, tensor: nil)
                    if ranges.count == 1 { return piece }
                    bytes += piece
                } catch { throw ONNXError(unreadable: error) }
            }
            return bytes
        }
        guard case .variable(let packed, let alone) = tensor.elements else { return [] }
        let (count, size) = (try tensor.count(path), tensor.elementSize)
        guard size > 0 else { throw fault(tensor, "data type \(tensor.type) is not supported") }
        // Each number takes a byte at least, which bounds the memory by the file.
        let source = WireFile(file)
        var numbers = alone
        for range in packed {
            try WireReader.Value.bytes(range).append(to: &numbers, most: max(count, 1), source)
        }
        guard numbers.count == count else {
            throw fault(tensor, "shape \(tensor.shape) takes \(count) elements, got \(numbers.count)")
        }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(count * size)
        for number in numbers {
            withUnsafeBytes(of: UInt64(bitPattern: Int64(number)).littleEndian) { bytes += $0.prefix(size) }
        }
        return bytes
    }

    func fault(_ tensor: TensorMessage, _ reason: String) -> ONNXError {
        ONNXError(file: path, fault: .tensor(name: tensor.name, reason: reason))
    }
}
