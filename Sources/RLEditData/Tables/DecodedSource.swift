/// A source of text in some encoding, as UTF-8.
final class DecodedSource: ByteSource {
    private enum Form { case asIs, latin1, utf16(isLittleEndian: Bool) }

    private let source: any ByteSource
    private let encoding: TextEncoding
    /// nil before the first bytes have been seen.
    private var form: Form?
    private var input = [UInt8](repeating: 0, count: 1 << 15)
    private var inputEnd = 0
    /// Decoded bytes, and how many of them have been given.
    private var output: [UInt8] = []
    private var given = 0
    /// UTF-16 units decoded, for messages, and the first half of a pair.
    private var units = 0
    private var half: UInt16?

    init(_ source: any ByteSource, encoding: TextEncoding) {
        self.source = source
        self.encoding = encoding
    }

    var path: String { source.path }

    func read(into buffer: UnsafeMutableRawBufferPointer) throws(DataError) -> Int {
        while given == output.count {
            output.removeAll(keepingCapacity: true)
            given = 0
            guard try fill() else { return 0 }
        }
        let count = min(buffer.count, output.count - given)
        output.withUnsafeBytes { buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[given..<given + count])) }
        given += count
        return count
    }

    /// Takes more of the source.
    /// - Returns: false at its end.
    private func fill() throws(DataError) -> Bool {
        guard try more() else {
            // The character after the last whole one is cut off.
            if inputEnd > 0 || half != nil { throw fault(units + 1) }
            return false
        }
        if form == nil {
            // A pipe may give one byte at first.
            while inputEnd < 2 { guard try more() else { break } }
            form = start()
        }
        switch form {
        case .latin1:
            for byte in input[..<inputEnd] {
                if byte < 0x80 { output.append(byte) } else { output += [0xC0 | byte >> 6, 0x80 | byte & 0x3F] }
            }
            inputEnd = 0
        case .utf16(let isLittleEndian): try decode(isLittleEndian)
        case .asIs, nil:
            output += input[..<inputEnd]
            inputEnd = 0
        }
        return true
    }

    private func more() throws(DataError) -> Bool {
        var failure: DataError?
        var count = 0
        input.withUnsafeMutableBytes { buffer in
            let space = UnsafeMutableRawBufferPointer(rebasing: buffer[inputEnd...])
            do throws(DataError) { count = try source.read(into: space) } catch { failure = error }
        }
        if let failure { throw failure }
        inputEnd += count
        return count > 0
    }

    /// What the file's first bytes and the encoding say. The mark itself is dropped here or by the reader of pieces.
    private func start() -> Form {
        if inputEnd >= 2 {
            switch (input[0], input[1]) {
            case (0xFF, 0xFE): return .utf16(isLittleEndian: true)
            case (0xFE, 0xFF): return .utf16(isLittleEndian: false)
            default: break
            }
        }
        switch encoding {
        case .utf8: return .asIs
        case .latin1: return .latin1
        case .utf16: return .utf16(isLittleEndian: true)
        }
    }

    private func decode(_ isLittleEndian: Bool) throws(DataError) {
        let end = inputEnd & ~1
        for place in stride(from: 0, to: end, by: 2) {
            let (first, second) = (UInt16(input[place]), UInt16(input[place + 1]))
            let unit = isLittleEndian ? second << 8 | first : first << 8 | second
            units += 1
            if let high = half {
                guard unit & 0xFC00 == 0xDC00 else { throw fault(units) }
                half = nil
                append(0x10000 + (UInt32(high & 0x3FF) << 10 | UInt32(unit & 0x3FF)))
            } else if unit & 0xFC00 == 0xD800 {
                half = unit
            } else {
                guard unit & 0xFC00 != 0xDC00 else { throw fault(units) }
                append(UInt32(unit))
            }
        }
        if end < inputEnd { input[0] = input[end] }
        inputEnd -= end
    }

    private func append(_ value: UInt32) {
        if value < 0x80 { return output.append(UInt8(truncatingIfNeeded: value)) }
        if let scalar = Unicode.Scalar(value) {
            output += Array(UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
        }
    }

    private func fault(_ unit: Int) -> DataError { .invalidTable(path: path, fault: .notUTF16(unit: unit)) }
}
