/// The tensors of a file that `torch.save` wrote: a ZIP archive of today, or the sequence of pickles of before 1.6.
///
/// Only tensors and plain containers are read. The state dictionary is found by itself: it is the file's own dictionary, or
/// its entry `state_dict`. A beginning `module.` that all names share, which `DataParallel` leaves, is taken off.
public struct PyTorchFile {
    public struct Entry {
        public let name: String
        /// As safetensors files name it: `F32`, `I64`, ….
        public let type: String
        public let shape: [Int]
        /// Little-endian elements, the last dimension fastest.
        public let bytes: [UInt8]
    }

    /// In the order of the dictionary.
    public let entries: [Entry]
    /// Larger files are refused before they take memory.
    private static let largestSize = 4 << 30

    /// Whether a file begins as one that `torch.save` wrote.
    public static func isOne(_ path: String) -> Bool {
        guard let file = try? InputFile(path: path), let start = try? file.bytes(at: 0, count: 4096) else {
            return false
        }
        if start.starts(with: [0x80, 0x02]) { return start.dropFirst(2).starts(with: legacyMagic) }
        return start.starts(with: "PK".utf8) && String(decoding: start, as: UTF8.self).contains("data.pkl")
    }

    /// LONG1 with ten bytes: 0x1950a86a20f9469cfc6c.
    private static let legacyMagic: [UInt8] = [
        0x8A, 0x0A, 0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20, 0x6A, 0xA8, 0x50, 0x19,
    ]

    /// - Throws: ``DataError/invalidTorch(path:fault:)`` and what reading a file and its archive throws.
    public init(path: String) throws(DataError) {
        let file = try InputFile(path: path)
        guard file.size <= PyTorchFile.largestSize else {
            throw .invalidTorch(path: path, fault: .tooLarge(limit: PyTorchFile.largestSize))
        }
        let containers = PickleContainers()
        defer { containers.empty() }
        let isArchive = try file.bytes(at: 0, count: 2).elementsEqual("PK".utf8)
        let (root, data) =
            isArchive ? try PyTorchFile.archive(file, containers) : try PyTorchFile.legacy(file, containers)
        do throws(TorchFault) {
            var entries: [Entry] = []
            for (name, tensor) in try PyTorchFile.tensors(in: root) {
                guard let bytes = data[tensor.storage.key] else { throw .missingStorage(tensor.storage.key) }
                entries.append(
                    Entry(
                        name: name, type: tensor.storage.type.name, shape: tensor.shape,
                        bytes: try tensor.elements(of: bytes, name: name)))
            }
            self.entries = entries
        } catch {
            throw .invalidTorch(path: path, fault: error)
        }
    }

    private static func archive(
        _ file: InputFile, _ containers: PickleContainers
    ) throws(DataError) -> (root: PickleValue, data: [String: [UInt8]]) {
        let members = try ZipArchive.members(of: file, limit: largestSize)
        func contents(_ member: ZipArchive.Member) throws(DataError) -> [UInt8] {
            let reader = try ZipMemberReader(member, of: file)
            var bytes = [UInt8](repeating: 0, count: member.size)
            let filled = bytes.withUnsafeMutableBytes { buffer in
                Result { () throws(DataError) in try reader.read(into: buffer) }
            }
            bytes.removeLast(member.size - (try filled.get()))
            try reader.finish()
            return bytes
        }
        guard let pickle = members.first(where: { $0.name.hasSuffix("/data.pkl") }) else {
            throw .invalidTorch(path: file.path, fault: .noTensors)
        }
        var reader = PickleReader(try contents(pickle), containers)
        let root: PickleValue
        do throws(TorchFault) { root = try reader.value() } catch { throw .invalidTorch(path: file.path, fault: error) }
        let folder = pickle.name.dropLast("data.pkl".count) + "data/"
        var data: [String: [UInt8]] = [:]
        for member in members where member.name.hasPrefix(folder) {
            data[String(member.name.dropFirst(folder.count))] = try contents(member)
        }
        return (root, data)
    }

    /// Magic number, protocol, system, the object, the keys of the storages, and for each its length and its elements.
    private static func legacy(
        _ file: InputFile, _ containers: PickleContainers
    ) throws(DataError) -> (root: PickleValue, data: [String: [UInt8]]) {
        let bytes = try file.bytes(at: 0, count: file.size)
        do throws(TorchFault) {
            var reader = PickleReader(bytes, containers)
            for _ in 0..<3 { _ = try reader.value() }
            let root = try reader.value()
            guard case .list(let keys) = try reader.value() else { throw .malformed("the list of storages is missing") }
            var storages: [String: TorchStorage] = [:]
            for member in try tensors(in: root) { storages[member.tensor.storage.key] = member.tensor.storage }
            var data: [String: [UInt8]] = [:]
            var position = reader.position
            for key in keys.contents {
                guard case .text(let key) = key, bytes.count - position >= 8 else {
                    throw .malformed("a storage is missing")
                }
                let count = bytes[position..<(position + 8)].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
                position += 8
                guard let storage = storages[key] else {
                    // Without a tensor nobody knows how long it is, and what follows it cannot be found.
                    throw .missingStorage(key)
                }
                let length = storage.type.size.multipliedReportingOverflow(by: storage.count)
                guard count == storage.count, !length.overflow, length.partialValue <= bytes.count - position else {
                    throw .malformed("storage '\(key)' is cut off")
                }
                data[key] = Array(bytes[position..<(position + length.partialValue)])
                position += length.partialValue
            }
            return (root, data)
        } catch {
            throw .invalidTorch(path: file.path, fault: error)
        }
    }

    /// The tensors of the state dictionary by name.
    private static func tensors(in root: PickleValue) throws(TorchFault) -> [(name: String, tensor: TorchTensor)] {
        guard case .dictionary(let dictionary) = root else { throw .noTensors }
        func members(of dictionary: PickleBox<[(key: PickleValue, value: PickleValue)]>) -> [(String, TorchTensor)] {
            dictionary.contents.compactMap { member in
                guard case .text(let name) = member.key, case .tensor(let tensor) = member.value else { return nil }
                return (name, tensor)
            }
        }
        var found = members(of: dictionary)
        for key in ["state_dict", "model_state_dict", "model"] where found.isEmpty {
            for member in dictionary.contents {
                if case .text(key) = member.key, case .dictionary(let inner) = member.value {
                    found = members(of: inner)
                }
            }
        }
        guard !found.isEmpty else { throw .noTensors }
        if found.allSatisfy({ $0.0.hasPrefix("module.") }) {
            found = found.map { (String($0.0.dropFirst("module.".count)), $0.1) }
        }
        // A dictionary that sets a name twice keeps the last value, in the first place.
        var places: [String: Int] = [:]
        var result: [(name: String, tensor: TorchTensor)] = []
        for (name, tensor) in found {
            if let place = places[name] {
                result[place].tensor = tensor
            } else {
                places[name] = result.count
                result.append((name, tensor))
            }
        }
        return result
    }
}

extension TorchTensor {
    /// The elements in order, out of those of the storage.
    fileprivate func elements(of data: [UInt8], name: String) throws(TorchFault) -> [UInt8] {
        let size = storage.type.size
        func reach(_ factors: [(Int, Int)]) -> Int? {
            factors.reduce(Optional(offset)) { sum, pair in
                let (step, overflow) = pair.0.multipliedReportingOverflow(by: pair.1)
                guard let sum, !overflow, !sum.addingReportingOverflow(step).overflow else { return nil }
                return sum + step
            }
        }
        var count = 1
        for extent in shape {
            let (product, overflow) = count.multipliedReportingOverflow(by: extent)
            guard !overflow, product <= 1 << 32 else { throw .tensor(name: name, reason: "has too many elements") }
            count = product
        }
        guard count > 0 else { return [] }
        guard offset >= 0, let last = reach(zip(shape, strides).map { ($0.0 - 1, $0.1) }), last < storage.count,
            data.count >= storage.count * size
        else { throw .tensor(name: name, reason: "reaches out of its data") }
        // A view that repeats its elements could fill the memory from a small file.
        guard count <= max(16 * storage.count, 1 << 20) else {
            throw .tensor(name: name, reason: "repeats its elements too often")
        }
        var result: [UInt8] = []
        result.reserveCapacity(count * size)
        var indices = [Int](repeating: 0, count: shape.count)
        var place = offset
        for _ in 0..<count {
            result.append(contentsOf: data[(place * size)..<(place * size + size)])
            for dimension in shape.indices.reversed() {
                indices[dimension] += 1
                place += strides[dimension]
                if indices[dimension] < shape[dimension] { break }
                place -= strides[dimension] * shape[dimension]
                indices[dimension] = 0
            }
        }
        return result
    }
}
