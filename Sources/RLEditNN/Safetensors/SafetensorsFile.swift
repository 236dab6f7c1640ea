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
        /// Bytes of its data.
        public let byteCount: Int
        fileprivate var content: Content

        /// Bits of one element; of an unknown type as many as the data have for each.
        var elementBits: Int {
            elementType.bits ?? (shape.contains(0) ? 0 : shape.reduce(8 * byteCount, /))
        }

        /// Whether both are the same bytes of one file, or equal ones in memory.
        func hasContent(of other: Entry) -> Bool {
            switch (content, other.content) {
            case (.file(let file, let offset), .file(let otherFile, let otherOffset)):
                file === otherFile && offset == otherOffset
            case (.bytes(let bytes), .bytes(let otherBytes)): bytes == otherBytes
            default: false
            }
        }
    }

    fileprivate enum Content: Sendable {
        case file(OpenFile, offset: Int)
        case bytes([UInt8])
    }

    /// In the order of the header they were read from, then as they were added.
    public private(set) var entries: [Entry] = []
    /// Places in `entries`.
    private var places: [ExactName: Int] = [:]
    /// In the order of the file, then as they were set.
    public private(set) var metadata: [(key: String, value: String)] = []
    /// The path it was read from, for messages.
    public let path: String
    /// The files that it was joined from, in the order in which they were read; none for one file.
    package var parts: [SafetensorsFile] = []

    /// An empty file to be filled.
    public init() { path = "safetensors" }

    /// An empty file to be filled with what another file holds, whose path messages name.
    package init(named path: String) { self.path = path }

    /// Opens a file and checks all of its header.
    /// - Throws: ``SafetensorsError`` naming the tensor and the fault.
    public init(path: String) throws(SafetensorsError) {
        let file = try OpenFile(path: path)
        let (header, dataStart): (SafetensorsHeader, Int)
        do throws(SafetensorsError) {
            (header, dataStart) = try SafetensorsFile.header(of: file)
        } catch {
            throw try SafetensorsFile.recognized(error, file)
        }
        self.path = path
        metadata = header.metadata
        entries = header.entries.map {
            Entry(
                name: $0.name, elementType: $0.elementType, shape: $0.shape, byteCount: $0.range.count,
                content: .file(file, offset: dataStart + $0.range.lowerBound))
        }
        places.reserveCapacity(entries.count)
        for (place, entry) in entries.enumerated() { places[ExactName(entry.name)] = place }
    }

    private static func header(
        of file: OpenFile
    ) throws(SafetensorsError) -> (header: SafetensorsHeader, dataStart: Int) {
        func fault(_ fault: SafetensorsError.Fault) -> SafetensorsError {
            SafetensorsError(file: file.path, tensor: nil, fault: fault)
        }
        guard file.size > 0 else { throw fault(.empty) }
        guard file.size >= 8 else { throw fault(.shorterThanLength(bytes: file.size)) }
        let length = try file.read(offset: 0, count: 8, tensor: nil).reversed().reduce(UInt64(0)) {
            $0 << 8 | UInt64($1)
        }
        // What begins otherwise is not a header that was cut off.
        let isTooLong = length <= SafetensorsHeader.lengthLimit && length > UInt64(file.size - 8)
        if isTooLong, file.size > 8, try file.read(offset: 8, count: 1, tensor: nil) != [UInt8(ascii: "{")] {
            throw fault(.headerNotObject)
        }
        guard length > 0, length <= SafetensorsHeader.lengthLimit, length <= UInt64(file.size - 8) else {
            throw fault(.headerLength(length, limit: SafetensorsHeader.lengthLimit, fileBytes: file.size))
        }
        let start = 8 + Int(length)
        let bytes = try file.read(offset: 8, count: Int(length), tensor: nil)
        return (try SafetensorsHeader(bytes, dataBytes: file.size - start, file: file.path), start)
    }

    /// The error that says what the file is instead, where that can be seen.
    private static func recognized(
        _ error: SafetensorsError, _ file: OpenFile
    ) throws(SafetensorsError) -> SafetensorsError {
        switch error.fault {
        case .shorterThanLength, .headerLength, .headerNotUTF8, .headerNotObject: break
        default: return error
        }
        let sample = try file.read(offset: 0, count: min(file.size, ForeignFormat.sampleSize), tensor: nil)
        guard let format = ForeignFormat(sample) else { return error }
        return SafetensorsError(file: file.path, tensor: nil, fault: .otherFormat(format))
    }

    // MARK: Reading

    public subscript(name: String) -> Entry? { places[ExactName(name)].map { entries[$0] } }

    /// The raw, little-endian data of a tensor.
    public func bytes(_ name: String) throws(SafetensorsError) -> [UInt8] {
        guard let entry = self[name] else { throw SafetensorsError(file: path, tensor: name, fault: .missing) }
        return try bytes(of: entry)
    }

    func bytes(of entry: Entry) throws(SafetensorsError) -> [UInt8] {
        switch entry.content {
        case .bytes(let data): return data
        case .file(let file, let offset):
            return try file.read(offset: offset, count: entry.byteCount, tensor: entry.name)
        }
    }

    /// A floating-point tensor as `Float`.
    /// - Throws: ``SafetensorsError``: missing, not a floating-point type, or larger than a tensor can be.
    public func tensor(_ name: String) throws(SafetensorsError) -> Tensor { try read(name).tensor }

    /// A floating-point tensor as `Float`, to be computed with.
    /// - Throws: what ``tensor(_:)`` throws, and for an element that is NaN, infinite, or too large for a `Float`.
    public func finiteTensor(_ name: String) throws(SafetensorsError) -> Tensor {
        let (tensor, data, type) = try read(name)
        guard var element = tensor.firstNonFinite else { return tensor }
        if type == .f64 {
            let place = zip(element.indices, tensor.shape).reduce(0) { $0 * $1.1 + $1.0 }
            element = NonFiniteElement(
                indices: element.indices, value: data.withUnsafeBytes { ElementType.double($0, at: place) })
        }
        throw SafetensorsError(file: path, tensor: name, fault: .notFinite(element))
    }

    private func read(
        _ name: String
    ) throws(SafetensorsError) -> (tensor: Tensor, data: [UInt8], type: ElementType) {
        guard let entry = self[name] else { throw SafetensorsError(file: path, tensor: name, fault: .missing) }
        guard entry.elementType.isFloatingPoint else {
            throw SafetensorsError(
                file: path, tensor: name, fault: .notFloatingPoint(dtype: entry.elementType.name))
        }
        let data = try bytes(of: entry)
        do {
            let tensor = try Tensor(shape: entry.shape) { buffer in
                data.withUnsafeBytes { entry.elementType.decode($0, into: buffer) }
            }
            return (tensor, data, entry.elementType)
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
        let old = self[name]
        let type = elementType ?? old?.elementType ?? .f32
        guard type.isFloatingPoint else {
            throw SafetensorsError(file: path, tensor: name, fault: .notFloatingPoint(dtype: type.name))
        }
        if let old, old.elementType == type, old.shape == tensor.shape, try self.tensor(name).hasSameBits(as: tensor) {
            return
        }
        var data: [UInt8] = []
        let overflows = tensor.withUnsafeBufferPointer { type.encode($0, into: &data) }
        guard overflows == 0 else {
            throw SafetensorsError(file: path, tensor: name, fault: .overflow(count: overflows, dtype: type.name))
        }
        set(name, data, type, tensor.shape)
    }

    /// Adds or replaces a tensor of any dtype by its little-endian bytes.
    public mutating func setBytes(
        _ name: String, _ data: [UInt8], elementType: ElementType, shape: [Int]
    ) throws {
        _ = try Tensor.elementCount(of: shape)
        if let bits = elementType.bits,
            let fault = SafetensorsHeader.sizeFault(bits: bits, shape, elementType.name, 0..<data.count)
        {
            throw SafetensorsError(file: path, tensor: name, fault: fault)
        }
        set(name, data, elementType, shape)
    }

    private mutating func set(_ name: String, _ data: [UInt8], _ type: ElementType, _ shape: [Int]) {
        put(Entry(name: name, elementType: type, shape: shape, byteCount: data.count, content: .bytes(data)))
    }

    /// Adds or replaces a tensor by one that this or another file has.
    mutating func put(_ entry: Entry) {
        if let place = places[ExactName(entry.name)] {
            entries[place] = entry
        } else {
            places[ExactName(entry.name)] = entries.count
            entries.append(entry)
        }
    }
}

extension Tensor {
    package func hasSameBits(as other: Tensor) -> Bool {
        withUnsafeBufferPointer { a in
            other.withUnsafeBufferPointer { b in
                a.count == b.count && (a.isEmpty || a.indices.allSatisfy { a[$0].bitPattern == b[$0].bitPattern })
            }
        }
    }
}
