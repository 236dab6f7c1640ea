internal import RLEditTensor

/// What comes before the elements of an array: their type, the order of the axes, and the shape.
///
/// Source: *NumPy Enhancement Proposal 1* and `numpy.lib.format`. After `\x93NUMPY` and a version of two bytes comes the
/// length of a Python dictionary in literal form, of two bytes in version 1 and of four later. The dictionary is read by
/// a parser of our own that knows strings, `True`, `False` and tuples of whole numbers: nothing is evaluated.
struct NumPyHeader: Equatable, Sendable {
    let type: NumPyElementType
    /// Whether the first axis varies fastest.
    let isFortranOrder: Bool
    let shape: [Int]
    /// Product of the shape.
    let count: Int
    /// Bytes before the elements.
    let start: Int

    /// Bytes of the elements.
    var byteCount: Int { count * type.size }

    static let magic: [UInt8] = [0x93] + Array("NUMPY".utf8)
    /// Longest dictionary, in bytes. NumPy itself takes 10,000.
    static let lengthLimit = 1 << 16

    /// - Parameters:
    ///   - text: the dictionary.
    ///   - start: bytes before the elements.
    init(parsing text: [UInt8], start: Int) throws(NumPyFault) {
        var parser = NumPyLiteral(text)
        let entries = try parser.dictionary()
        let keys = entries.map(\.key)
        guard keys.sorted() == ["descr", "fortran_order", "shape"] else { throw .wrongKeys(keys) }
        var type: NumPyElementType?
        var isFortranOrder: Bool?
        var shape: [Int]?
        for (key, position, value) in entries {
            switch (key, value) {
            case ("descr", .text(let name)): type = try NumPyHeader.type(name)
            case ("descr", _): throw .malformedHeader(position: position, expected: "a type in quotes")
            case ("fortran_order", .truth(let value)): isFortranOrder = value
            case ("fortran_order", _): throw .malformedHeader(position: position, expected: "True or False")
            case ("shape", .numbers(let value)): shape = value
            default: throw .malformedHeader(position: position, expected: "a tuple of whole numbers")
            }
        }
        guard let type, let isFortranOrder, let shape else { throw .wrongKeys(keys) }
        // The length of the text bounds the rank; each dimension and their product are bounded here, before memory is
        // taken.
        guard let count = try? Tensor.elementCount(of: shape),
            count <= NumPyFile.largestContents / max(type.size, MemoryLayout<Float>.size)
        else { throw .unusableShape(shape) }
        self.type = type
        self.isFortranOrder = isFortranOrder
        self.shape = shape
        self.count = count
        self.start = start
    }

    private static func type(_ name: String) throws(NumPyFault) -> NumPyElementType {
        if let type = NumPyElementType(rawValue: name) { return type }
        if name.dropFirst().hasPrefix("O") { throw .objects }
        throw .unsupportedType(name)
    }
}

/// Python's literals as far as headers use them.
struct NumPyLiteral {
    enum Value {
        case text(String)
        case truth(Bool)
        case numbers([Int])
    }

    private let bytes: [UInt8]
    private var position = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// `{'key': value, …}` and nothing but white space after it. Positions are those of the values, from 1.
    mutating func dictionary() throws(NumPyFault) -> [(key: String, position: Int, value: Value)] {
        var entries: [(key: String, position: Int, value: Value)] = []
        try take("{")
        while !taken("}") {
            if !entries.isEmpty {
                try take(",")
                // A comma may follow the last entry.
                if taken("}") { break }
            }
            let key = try text()
            try take(":")
            skipSpace()
            let start = position + 1
            let value = try value()
            entries.append((key, start, value))
        }
        skipSpace()
        guard position == bytes.count else { throw fault("the end") }
        return entries
    }

    private mutating func value() throws(NumPyFault) -> Value {
        skipSpace()
        switch bytes.dropFirst(position).first {
        case UInt8(ascii: "'"), UInt8(ascii: "\""): return .text(try text())
        case UInt8(ascii: "("): return .numbers(try tuple())
        // A list describes named fields.
        case UInt8(ascii: "["): throw .structured
        default:
            if takenWord("True") { return .truth(true) }
            if takenWord("False") { return .truth(false) }
            throw fault("a string, True, False or a tuple")
        }
    }

    /// In single or double quotes, without escapes.
    private mutating func text() throws(NumPyFault) -> String {
        skipSpace()
        guard position < bytes.count, bytes[position] == UInt8(ascii: "'") || bytes[position] == UInt8(ascii: "\"")
        else {
            throw fault("a string in quotes")
        }
        let quote = bytes[position]
        let start = position + 1
        guard let end = bytes[start...].firstIndex(of: quote) else { throw fault("a closing quote") }
        guard
            let shown = bytes[start..<end].firstIndex(where: { !(0x20...0x7E).contains($0) || $0 == UInt8(ascii: "\\") }
            )
        else {
            position = end + 1
            return String(decoding: bytes[start..<end], as: UTF8.self)
        }
        position = shown
        throw fault("a plain character")
    }

    /// `()`, `(3,)` or `(3, 4)`.
    private mutating func tuple() throws(NumPyFault) -> [Int] {
        var numbers: [Int] = []
        try take("(")
        while !taken(")") {
            if !numbers.isEmpty {
                try take(",")
                if taken(")") { break }
            }
            numbers.append(try number())
            // Without a comma it would be a number in parentheses, which is not a shape.
            skipSpace()
            if numbers.count == 1, bytes.dropFirst(position).first == UInt8(ascii: ")") { throw fault("a comma") }
        }
        return numbers
    }

    private mutating func number() throws(NumPyFault) -> Int {
        skipSpace()
        let digits = bytes[position...].prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
        guard let value = Int(String(decoding: digits, as: UTF8.self)) else {
            throw fault("a whole number that is not negative")
        }
        position += digits.count
        // Python 2 ended long numbers so.
        if bytes.dropFirst(position).first == UInt8(ascii: "L") { position += 1 }
        return value
    }

    private mutating func skipSpace() {
        while position < bytes.count, [0x20, 0x09, 0x0A, 0x0D].contains(bytes[position]) { position += 1 }
    }

    private mutating func taken(_ character: Character) -> Bool {
        skipSpace()
        guard position < bytes.count, bytes[position] == character.asciiValue else { return false }
        position += 1
        return true
    }

    private mutating func take(_ character: Character) throws(NumPyFault) {
        if !taken(character) { throw fault("'\(character)'") }
    }

    private mutating func takenWord(_ word: String) -> Bool {
        guard bytes.dropFirst(position).starts(with: word.utf8) else { return false }
        position += word.utf8.count
        return true
    }

    private func fault(_ expected: String) -> NumPyFault {
        .malformedHeader(position: position + 1, expected: expected)
    }
}
