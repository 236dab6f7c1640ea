extension TableRows {
    /// A number of the row read last.
    func number(_ field: Int, _ column: String) throws(DataError) -> Double {
        if let number = NumberField.value(bytes(field)) { return number }
        throw notANumber(field, column)
    }

    func notANumber(_ field: Int, _ column: String) -> DataError {
        let text = String(decoding: bytes(field).prefix(160), as: UTF8.self)
        return .invalidTable(path: path, fault: .notANumber(place, column: column, text: String(text.prefix(40))))
    }
}

/// Numbers as tables write them.
enum NumberField {
    private static let powersOfTen: [Double] = [
        1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
    ]

    /// A decimal number, with blanks around it; nil for anything else, infinities and NaN included.
    static func value(_ field: ArraySlice<UInt8>) -> Double? {
        var text = field
        while let byte = text.first, byte == 0x20 || byte == 0x09 { text.removeFirst() }
        while let byte = text.last, byte == 0x20 || byte == 0x09 { text.removeLast() }
        return short(text) ?? long(text)
    }

    /// At most 15 digits with a point: the quotient of two exact numbers is rounded as it should be (Clinger 1990).
    private static func short(_ text: ArraySlice<UInt8>) -> Double? {
        guard !text.isEmpty, text.count <= 17 else { return nil }
        var (digits, decimals, whole) = (0, -1, 0)
        var rest = text
        let isNegative = rest.first == UInt8(ascii: "-")
        if isNegative { rest.removeFirst() }
        for byte in rest {
            if byte == UInt8(ascii: "."), decimals < 0 {
                decimals = 0
                continue
            }
            guard byte >= 0x30, byte <= 0x39 else { return nil }
            whole = 10 * whole + Int(byte - 0x30)
            digits += 1
            if decimals >= 0 { decimals += 1 }
        }
        guard digits > 0, digits <= 15 else { return nil }
        let value = Double(whole) / powersOfTen[max(0, decimals)]
        return isNegative ? -value : value
    }

    private static func long(_ text: ArraySlice<UInt8>) -> Double? {
        // Double reads hexadecimal numbers and names, too.
        guard text.count <= 1000, text.allSatisfy({ ($0 >= 0x30 && $0 <= 0x39) || "+-.eE".utf8.contains($0) }),
            let value = Double(String(decoding: text, as: UTF8.self)), value.isFinite
        else { return nil }
        return value
    }
}

extension String {
    /// Without spaces and tabs at both ends.
    var trimmingSpaces: String {
        func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }
        guard let first = utf8.firstIndex(where: { !isSpace($0) }), let last = utf8.lastIndex(where: { !isSpace($0) })
        else { return "" }
        return String(self[first...last])
    }
}
