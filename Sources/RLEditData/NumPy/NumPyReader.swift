internal import RLEditTensor

/// The bytes of one array, from front to back.
struct NumPyReader {
    private let source: any ByteSource
    /// Of the array in its archive, for messages.
    private let name: String?

    init(_ source: any ByteSource, name: String?) {
        self.source = source
        self.name = name
    }

    /// Reads what comes before the elements, and checks that these fill the rest.
    /// - Parameter fileSize: bytes that the source has.
    func header(fileSize: Int) throws(DataError) -> NumPyHeader {
        let start = try next(8)
        guard start.starts(with: NumPyHeader.magic) else { throw refuse(.notNumPy) }
        guard start.count == 8 else { throw refuse(.shortHeader(bytes: start.count)) }
        guard (1...3).contains(start[6]), start[7] == 0 else {
            throw refuse(.unknownVersion(major: start[6], minor: start[7]))
        }
        let lengthSize = start[6] == 1 ? 2 : 4
        let lengthBytes = try next(lengthSize)
        guard lengthBytes.count == lengthSize else { throw refuse(.shortHeader(bytes: 8 + lengthBytes.count)) }
        let length = lengthBytes.reversed().reduce(0) { $0 << 8 | Int($1) }
        guard length <= NumPyHeader.lengthLimit else {
            throw refuse(.longHeader(bytes: length, limit: NumPyHeader.lengthLimit))
        }
        let text = try next(length)
        guard text.count == length else { throw refuse(.shortHeader(bytes: 8 + lengthSize + text.count)) }
        let header: NumPyHeader
        do throws(NumPyFault) { header = try NumPyHeader(parsing: text, start: 8 + lengthSize + length) } catch {
            throw refuse(error)
        }
        let actual = fileSize - header.start
        if actual < header.byteCount {
            throw refuse(.truncated(shape: header.shape, expected: header.byteCount, actual: actual))
        }
        if actual > header.byteCount {
            throw refuse(.trailingBytes(shape: header.shape, expected: header.byteCount))
        }
        return header
    }

    /// The elements, from a source that has been read no further than to its start.
    func tensor(_ header: NumPyHeader) throws(DataError) -> Tensor {
        guard try next(header.start).count == header.start else { throw refuse(.shortHeader(bytes: 0)) }
        do {
            return try Tensor(shape: header.shape) { output in try fill(output, header) }
        } catch let error as DataError {
            throw error
        } catch {
            throw refuse(.unusableShape(header.shape))
        }
    }

    private func fill(_ output: UnsafeMutableBufferPointer<Float>, _ header: NumPyHeader) throws(DataError) {
        let size = header.type.size
        // A multiple of every element's size.
        let largestPiece = 1 << 16
        var place = RowMajorPlace(header.shape, isFortranOrder: header.isFortranOrder)
        var left = header.byteCount
        while left > 0 {
            let piece = try next(min(left, largestPiece))
            guard piece.count == min(left, largestPiece) else {
                throw refuse(
                    .truncated(
                        shape: header.shape, expected: header.byteCount,
                        actual: header.byteCount - left + piece.count))
            }
            left -= piece.count
            let failure = piece.withUnsafeBytes { bytes -> NumPyElementType.Unusable? in
                for offset in stride(from: 0, to: bytes.count, by: size) {
                    do throws(NumPyElementType.Unusable) {
                        output[place.offset] = try header.type.decode(bytes, at: offset)
                    } catch {
                        return error
                    }
                    place.advance()
                }
                return nil
            }
            if let failure {
                throw refuse(
                    .unusableElement(position: place.offset, value: failure.value, reason: failure.reason))
            }
        }
    }

    /// The next `count` bytes; fewer only at the end.
    private func next(_ count: Int) throws(DataError) -> [UInt8] {
        var failure: DataError?
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            let space = UnsafeMutableRawBufferPointer(buffer)
            do throws(DataError) {
                while filled < count {
                    let got = try source.read(into: UnsafeMutableRawBufferPointer(rebasing: space[filled..<count]))
                    if got == 0 { break }
                    filled += got
                }
            } catch { failure = error }
        }
        if let failure { throw failure }
        return bytes
    }

    private func refuse(_ fault: NumPyFault) -> DataError {
        .invalidNumPy(path: source.path, array: name, fault: fault)
    }
}

/// Where an element belongs in row-major order, while the elements come in the order of a file.
struct RowMajorPlace {
    private(set) var offset = 0
    private let shape: [Int]
    /// Row-major distance of neighbours along each axis; empty when the file is row-major too.
    private var strides: [Int] = []
    private var indices: [Int] = []

    /// - Parameter isFortranOrder: whether the first axis varies fastest in the file.
    init(_ shape: [Int], isFortranOrder: Bool) {
        self.shape = shape
        guard isFortranOrder, shape.count > 1, !shape.contains(0) else { return }
        indices = [Int](repeating: 0, count: shape.count)
        strides = indices
        var stride = 1
        for axis in shape.indices.reversed() {
            strides[axis] = stride
            stride *= shape[axis]
        }
    }

    mutating func advance() {
        guard !strides.isEmpty else {
            offset += 1
            return
        }
        for axis in shape.indices {
            indices[axis] += 1
            offset += strides[axis]
            if indices[axis] < shape[axis] { return }
            offset -= strides[axis] * shape[axis]
            indices[axis] = 0
        }
    }
}
