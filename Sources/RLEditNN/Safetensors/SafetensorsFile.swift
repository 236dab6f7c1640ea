public import RLEditTensor

/// A safetensors file, read or about to be written: tensors of any dtype under names, and string metadata.
///
/// Data is read when it is asked for. A file that was read and is written again keeps names, dtypes, metadata in its
/// order, and the bytes of every tensor that was not replaced.
public struct SafetensorsFile: Sendable {
    /// A named tensor of some dtype.
    public struct Entry: Sendable {
        public let name: String
        public let elementType: ElementType
        public let shape: [Int]
        fileprivate var content: Content

        /// Bytes of its data.
        public var byteCount: Int { shape.reduce(elementType.size, *) }
    }

    fileprivate enum Content: Sendable {
        case file(OpenFile, offset: Int)
        case bytes([UInt8])
    }

    /// In the order of the header they were read from, then as they were added.
    public private(set) var entries: [Entry] = []
    /// In the order of the file, then as they were set.
    public private(set) var metadata: [(key: String, value: String)] = []
    /// The path it was read from, for messages.
    public let path: String

    /// An empty file to be filled.
    public init() { path = "safetensors" }

    /// Opens a file and checks all of its header.
    /// - Throws: ``SafetensorsError`` naming the tensor and the fault.
    public init(path: String) throws(SafetensorsError) {
        let file = try OpenFile(path: path)
        guard file.size >= 8 else {
            throw SafetensorsError(file: path, tensor: nil, fault: .shorterThanLength(bytes: file.size))
        }
        let length = try file.read(offset: 0, count: 8, tensor: nil).reversed().reduce(UInt64(0)) {
            $0 << 8 | UInt64($1)
        }
        guard length > 0, length <= SafetensorsHeader.lengthLimit, length <= UInt64(file.size - 8) else {
            throw SafetensorsError(
                file: path, tensor: nil,
                fault: .headerLength(length, limit: SafetensorsHeader.lengthLimit, fileBytes: file.size))
        }
        let dataStart = 8 + Int(length)
        let header = try SafetensorsHeader(
            try file.read(offset: 8, count: Int(length), tensor: nil), dataBytes: file.size - dataStart, file: path)
        self.path = path
        metadata = header.metadata
        entries = header.entries.map {
            Entry(
                name: $0.name, elementType: $0.elementType, shape: $0.shape,
                content: .file(file, offset: dataStart + $0.range.lowerBound))
        }
    }

    // MARK: Reading

    public subscript(name: String) -> Entry? { entries.first { $0.name == name } }

    /// The raw, little-endian data of a tensor.
    public func bytes(_ name: String) throws(SafetensorsError) -> [UInt8] {
        guard let entry = self[name] else { throw SafetensorsError(file: path, tensor: name, fault: .missing) }
        return try bytes(of: entry)
    }

    private func bytes(of entry: Entry) throws(SafetensorsError) -> [UInt8] {
        switch entry.content {
        case .bytes(let data): return data
        case .file(let file, let offset):
            return try file.read(offset: offset, count: entry.byteCount, tensor: entry.name)
        }
    }

    /// A floating-point tensor as `Float`.
    /// - Throws: ``SafetensorsError``: missing, not a floating-point type, or larger than a tensor can be.
    public func tensor(_ name: String) throws(SafetensorsError) -> Tensor {
        let data = try bytes(name)
        guard let entry = self[name], entry.elementType.isFloatingPoint else {
            throw SafetensorsError(
                file: path, tensor: name, fault: .notFloatingPoint(dtype: self[name]?.elementType.rawValue ?? ""))
        }
        do {
            return try Tensor(shape: entry.shape) { buffer in
                data.withUnsafeBytes { entry.elementType.decode($0, into: buffer) }
            }
        } catch {
            // Without elements a shape takes no bytes in the file, so that nothing there has bounded it.
            throw SafetensorsError(file: path, tensor: name, fault: .sizeOverflow(shape: entry.shape))
        }
    }

    // MARK: Filling

    /// Sets one metadata value; a new key goes last.
    public mutating func setMetadata(_ key: String, _ value: String) {
        if let index = metadata.firstIndex(where: { $0.key == key }) {
            metadata[index].value = value
        } else {
            metadata.append((key, value))
        }
    }

    public mutating func removeMetadata(_ key: String) { metadata.removeAll { $0.key == key } }

    /// Adds a tensor, or replaces the one of this name.
    ///
    /// A tensor that is replaced keeps its dtype, values being rounded to nearest, ties to even; where the new values
    /// equal the old ones as `Float`, the old bytes stay, so that an F64 that nobody edited loses nothing.
    /// - Parameter elementType: floating-point; nil keeps the dtype of the tensor replaced, or is F32 for a new one.
    /// - Throws: ``SafetensorsError`` when values would overflow to infinity, or the type is not a floating-point one.
    public mutating func setTensor(_ name: String, _ tensor: Tensor, elementType: ElementType? = nil) throws {
        let index = entries.firstIndex { $0.name == name }
        let type = elementType ?? index.map { entries[$0].elementType } ?? .f32
        guard type.isFloatingPoint else {
            throw SafetensorsError(file: path, tensor: name, fault: .notFloatingPoint(dtype: type.rawValue))
        }
        if let index, entries[index].elementType == type, entries[index].shape == tensor.shape,
            try self.tensor(name).hasSameBits(as: tensor)
        {
            return
        }
        var data: [UInt8] = []
        let overflows = tensor.withUnsafeBufferPointer { type.encode($0, into: &data) }
        guard overflows == 0 else {
            throw SafetensorsError(file: path, tensor: name, fault: .overflow(count: overflows, dtype: type.rawValue))
        }
        set(Entry(name: name, elementType: type, shape: tensor.shape, content: .bytes(data)))
    }

    /// Adds or replaces a tensor of any dtype by its little-endian bytes.
    public mutating func setBytes(
        _ name: String, _ data: [UInt8], elementType: ElementType, shape: [Int]
    ) throws {
        let count = try Tensor.elementCount(of: shape)
        guard data.count == count * elementType.size else {
            throw SafetensorsError(
                file: path, tensor: name,
                fault: .sizeMismatch(
                    shape: shape, dtype: elementType.rawValue, expected: count * elementType.size, begin: 0,
                    end: data.count))
        }
        set(Entry(name: name, elementType: elementType, shape: shape, content: .bytes(data)))
    }

    private mutating func set(_ entry: Entry) {
        if let index = entries.firstIndex(where: { $0.name == entry.name }) {
            entries[index] = entry
        } else {
            entries.append(entry)
        }
    }

    // MARK: Writing

    /// Writes the file: tensors by falling element size, then name, so that each is aligned; the header padded to a
    /// multiple of 8 bytes; under a temporary name, synced, renamed.
    public func write(to path: String) throws(SafetensorsError) {
        let ordered = entries.sorted {
            $0.elementType.size != $1.elementType.size
                ? $0.elementType.size > $1.elementType.size : $0.name.utf8.lexicographicallyPrecedes($1.name.utf8)
        }
        var offset = 0
        var placed: [SafetensorsHeader.Entry] = []
        for entry in ordered {
            try checkName(entry.name, path)
            let end = offset + entry.byteCount
            placed.append(
                SafetensorsHeader.Entry(
                    name: entry.name, elementType: entry.elementType, shape: entry.shape, range: offset..<end))
            offset = end
        }
        for (key, _) in metadata { try checkName(key, path) }
        let header = SafetensorsHeader.encode(placed, metadata: metadata)
        var start: [UInt8] = []
        start.appendLittleEndian(UInt64(header.count))
        start.append(contentsOf: header)
        let file = try AtomicFile(path: path)
        try SafetensorsFile.write(start, to: file)
        for entry in ordered { try SafetensorsFile.write(try bytes(of: entry), to: file) }
        try file.finish()
    }

    private static func write(_ data: [UInt8], to file: borrowing AtomicFile) throws(SafetensorsError) {
        var failure: SafetensorsError?
        data.withUnsafeBytes { bytes in
            do throws(SafetensorsError) { try file.write(bytes) } catch { failure = error }
        }
        if let failure { throw failure }
    }

    /// What we would refuse to read we do not write.
    private func checkName(_ name: String, _ path: String) throws(SafetensorsError) {
        let hasControl = name.unicodeScalars.contains { $0.properties.generalCategory == .control }
        guard !hasControl, name != SafetensorsHeader.metadataName else {
            throw SafetensorsError(
                file: path, tensor: name, fault: .entry(expected: "a name without control characters, not __metadata__")
            )
        }
    }
}

extension Tensor {
    fileprivate func hasSameBits(as other: Tensor) -> Bool {
        withUnsafeBufferPointer { a in
            other.withUnsafeBufferPointer { b in
                a.count == b.count && (a.isEmpty || a.indices.allSatisfy { a[$0].bitPattern == b[$0].bitPattern })
            }
        }
    }
}
