/// The IDX format of the MNIST files: magic number, dimensions, data; integers big-endian; plain or gzip-compressed.
///
/// Source: Y. LeCun, C. Cortes, C. Burges, *The MNIST database of handwritten digits*. Bytes 1 and 2 of the magic
/// number are zero, byte 3 is the element type (0x08: unsigned byte), byte 4 the number of dimensions.
public enum IDX {
    static let imagesMagic: UInt32 = 0x0000_0803
    static let labelsMagic: UInt32 = 0x0000_0801
    /// No file may make the reader take more memory than this.
    static let largestContents = 1 << 30

    /// Images as stored: `dimensions` is `[count, rows, columns]`.
    public static func readImages(_ path: String) throws(DataError) -> (dimensions: [Int], bytes: [UInt8]) {
        try read(path, magic: imagesMagic)
    }

    /// Labels as stored, one a byte.
    /// - Parameter classes: when given, every label must be below it.
    public static func readLabels(_ path: String, classes: Int? = nil) throws(DataError) -> [UInt8] {
        let labels = try read(path, magic: labelsMagic).bytes
        if let classes, let position = labels.firstIndex(where: { Int($0) >= classes }) {
            throw .labelOutOfRange(
                source: path, position: position, label: Int(labels[position]), classes: classes)
        }
        return labels
    }

    /// A set of grey images `[1, rows, columns]` in 0 ... 1 with their labels.
    /// - Parameter classes: when given, every label must be below it.
    public static func exampleSet(
        name: String, source: String, images imagesPath: String, labels labelsPath: String, classes: Int? = nil
    ) throws(DataError) -> ExampleSet {
        let labels = try readLabels(labelsPath, classes: classes)
        let images = try readImages(imagesPath)
        guard images.dimensions[0] == labels.count else {
            throw .countMismatch(
                imagesPath: imagesPath, images: images.dimensions[0], labelsPath: labelsPath, labels: labels.count)
        }
        return try ExampleSet(
            name: name, source: source, bytes: images.bytes, divisor: 255,
            exampleShape: [1, images.dimensions[1], images.dimensions[2]], labels: labels.map(Int.init))
    }

    private static func read(_ path: String, magic expected: UInt32) throws(DataError) -> (
        dimensions: [Int], bytes: [UInt8]
    ) {
        let reader = try GzipReader(path: path)
        let dimensions = try readHeader(reader, magic: expected)
        var size = 1
        for (position, dimension) in dimensions.enumerated() {
            // A file of no images is sound; an image of no pixels is not.
            let (product, overflow) = size.multipliedReportingOverflow(by: dimension)
            guard !overflow, product <= largestContents, dimension > 0 || position == 0 else {
                throw .invalidIDX(path: path, fault: .unusableDimensions(dimensions))
            }
            size = product
        }
        let header = 4 + 4 * dimensions.count
        if let plainSize = reader.plainSize, plainSize < header + size {
            throw .invalidIDX(
                path: path, fault: .truncated(dimensions: dimensions, expected: size, actual: plainSize - header))
        }
        guard reader.largestSize >= header + size else { throw .invalidGzip(path: path, fault: .truncated) }

        let (bytes, count) = try readContents(reader, size: size)
        guard count == size else {
            throw .invalidIDX(path: path, fault: .truncated(dimensions: dimensions, expected: size, actual: count))
        }
        // Reading on also makes zlib check the trailer's length and checksum.
        guard try readContents(reader, size: 1).count == 0 else {
            throw .invalidIDX(path: path, fault: .trailingBytes(dimensions: dimensions, expected: size))
        }
        return (dimensions, bytes)
    }

    private static func readHeader(_ reader: GzipReader, magic expected: UInt32) throws(DataError) -> [Int] {
        let rank = Int(expected & 0xFF)
        let (header, count) = try readContents(reader, size: 4 + 4 * rank)
        func word(_ position: Int) -> UInt32 {
            header[4 * position..<4 * position + 4].reduce(0) { $0 << 8 | UInt32($1) }
        }
        guard count >= 4 else { throw .invalidIDX(path: reader.path, fault: .shortHeader(bytes: count)) }
        let magic = word(0)
        guard magic == expected else {
            let type = UInt8(truncatingIfNeeded: magic >> 8)
            let knownType = type == 0x09 || (0x0B...0x0E).contains(type)
            throw .invalidIDX(
                path: reader.path,
                fault: magic >> 16 == 0 && knownType
                    ? .unsupportedType(code: type) : .wrongMagic(expected: expected, actual: magic))
        }
        guard count == 4 + 4 * rank else { throw .invalidIDX(path: reader.path, fault: .shortHeader(bytes: count)) }
        return (1...rank).map { Int(word($0)) }
    }

    private static func readContents(_ reader: GzipReader, size: Int) throws(DataError) -> (bytes: [UInt8], count: Int)
    {
        var failure: DataError?
        var filled = 0
        // Memory that the file does not fill is never touched, so a lying header costs nothing.
        let bytes = [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
            do throws(DataError) { filled = try reader.read(into: UnsafeMutableRawBufferPointer(buffer)) } catch {
                failure = error
            }
            count = filled
        }
        if let failure { throw failure }
        return (bytes, filled)
    }
}
