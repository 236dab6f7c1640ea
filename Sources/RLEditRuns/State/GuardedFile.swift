internal import RLEditCore
internal import RLEditData
internal import RLEditTensor

#if !_endian(little)
#error("floats are copied as they are in memory, which is their order in the file on little-endian machines only")
#endif

/// Why a file of ours is not what was written.
public enum DamagedFileError: Error, Equatable, Sendable, CustomStringConvertible {
    case notThisKind(path: String, kind: String)
    case newerFormat(path: String, version: Int)
    case cutShort(path: String, size: Int)
    case wrongDigest(path: String)
    case malformed(path: String, reason: String)

    public var description: String {
        switch self {
        case .notThisKind(let path, let kind): "'\(path)' is not a \(kind)"
        case .newerFormat(let path, let version): "'\(path)' has format \(version), which this version does not read"
        case .cutShort(let path, let size): "'\(path)' is damaged: it ends after \(size) bytes"
        case .wrongDigest(let path): "'\(path)' is damaged: its contents do not match their SHA-256"
        case .malformed(let path, let reason): "'\(path)' is damaged: \(reason)"
        }
    }
}

/// A JSON header and named tensors and byte strings in one file, guarded by a SHA-256 over all of it.
///
/// Layout: 8 bytes of kind | `u64` format | `u64` header length | header | data | digest (64 hexadecimal digits). Numbers
/// and floats are little-endian; floats keep their bits. The header's `entries` give each piece its kind, shape and size
/// in the order of the data; names are sorted, so equal contents give equal bytes.
struct GuardedFile: Equatable {
    var header: JSONObject = [:]
    var tensors: [String: Tensor] = [:]
    var blobs: [String: [UInt8]] = [:]

    /// What a file of this form is for.
    struct Kind {
        /// Eight ASCII characters.
        let magic: String
        /// In messages, for example `checkpoint`.
        let name: String

        static let checkpoint = Kind(magic: "RLEDITCK", name: "checkpoint")
        static let rememberedFit = Kind(magic: "RLEDITFT", name: "remembered fit")
    }

    private static let format = 1
    private static let digestSize = 64

    func encoded(_ kind: Kind) -> [UInt8] {
        var entries: [JSONValue] = []
        var data: [UInt8] = []
        for (name, tensor) in tensors.sorted(by: { $0.key < $1.key }) {
            entries.append(["tensor": .string(name), "shape": .array(tensor.shape.map(JSONValue.integer))])
            tensor.withUnsafeBufferPointer { data += UnsafeRawBufferPointer($0) }
        }
        for (name, blob) in blobs.sorted(by: { $0.key < $1.key }) {
            entries.append(["blob": .string(name), "size": .integer(blob.count)])
            data += blob
        }
        let document: JSONValue = ["header": .object(header), "entries": .array(entries)]
        let text = Array(document.text.utf8)
        var bytes = Array(kind.magic.utf8)
        for number in [GuardedFile.format, text.count] {
            withUnsafeBytes(of: UInt64(number).littleEndian) { bytes += $0 }
        }
        bytes += text
        bytes += data
        bytes += GuardedFile.digest(of: bytes, count: bytes.count)
        return bytes
    }

    /// The digits of the SHA-256 of the first `count` bytes, which are not copied for it.
    private static func digest(of bytes: [UInt8], count: Int) -> [UInt8] {
        var hasher = SHA256Digest.Hasher()
        bytes.withUnsafeBytes { hasher.update(UnsafeRawBufferPointer(rebasing: $0[..<count])) }
        return Array(hasher.finish().utf8)
    }

    init() {}

    /// - Parameter path: for messages only.
    init(decoding bytes: [UInt8], _ kind: Kind, path: String) throws(DamagedFileError) {
        let prefix = 24
        guard bytes.starts(with: kind.magic.utf8.prefix(bytes.count)) else {
            throw .notThisKind(path: path, kind: kind.name)
        }
        guard bytes.count >= prefix + GuardedFile.digestSize else { throw .cutShort(path: path, size: bytes.count) }
        let version = GuardedFile.number(bytes, at: 8)
        guard version == GuardedFile.format else { throw .newerFormat(path: path, version: version ?? -1) }
        let end = bytes.count - GuardedFile.digestSize
        guard GuardedFile.digest(of: bytes, count: end).elementsEqual(bytes[end...]) else {
            throw .wrongDigest(path: path)
        }
        // From here on the bytes are what we wrote; the checks remain for files made by other hands.
        guard let length = GuardedFile.number(bytes, at: 16), length <= end - prefix else {
            throw .cutShort(path: path, size: bytes.count)
        }
        let document: JSONValue
        do {
            document = try JSONValue(parsing: Array(bytes[prefix..<prefix + length]))
        } catch { throw .malformed(path: path, reason: error.description) }
        header = document["header"]?.object ?? [:]
        var position = prefix + length
        for entry in document["entries"]?.array ?? [] {
            if let name = entry["tensor"]?.string {
                let shape = (entry["shape"]?.array ?? []).compactMap(\.integer)
                guard let count = try? Tensor.elementCount(of: shape), count <= (end - position) / 4 else {
                    throw .malformed(path: path, reason: "tensor '\(name)' does not fit in the file")
                }
                let read = try? Tensor(shape: shape) { values in
                    bytes.withUnsafeBytes { source in
                        UnsafeMutableRawBufferPointer(values).copyMemory(
                            from: UnsafeRawBufferPointer(rebasing: source[position..<position + 4 * count]))
                    }
                }
                guard let tensor = read else {
                    throw .malformed(path: path, reason: "tensor '\(name)' has an impossible shape")
                }
                tensors[name] = tensor
                position += 4 * count
            } else if let name = entry["blob"]?.string, let size = entry["size"]?.integer {
                guard size >= 0, size <= end - position else {
                    throw .malformed(path: path, reason: "'\(name)' does not fit in the file")
                }
                blobs[name] = Array(bytes[position..<position + size])
                position += size
            } else {
                throw .malformed(path: path, reason: "an entry is neither a tensor nor bytes")
            }
        }
        guard position == end else { throw .malformed(path: path, reason: "\(end - position) bytes belong to nothing") }
    }

    private static func number(_ bytes: [UInt8], at offset: Int) -> Int? {
        let number = bytes.withUnsafeBytes {
            UInt64(littleEndian: $0.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
        }
        return Int(exactly: number)
    }
}
