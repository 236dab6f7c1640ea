/// A name that equals another only when their bytes do. `String` also takes canonically equivalent spellings for equal,
/// which are different names in a file.
struct ExactName: Hashable {
    let text: String

    init(_ text: String) { self.text = text }

    static func == (left: ExactName, right: ExactName) -> Bool { left.text.utf8.elementsEqual(right.text.utf8) }

    func hash(into hasher: inout Hasher) {
        var text = text
        text.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
    }
}

extension String {
    /// The rest after a prefix, compared as bytes; nil when the string does not begin with it.
    func after(_ prefix: String) -> Substring? {
        utf8.starts(with: prefix.utf8) ? self[utf8.index(startIndex, offsetBy: prefix.utf8.count)...] : nil
    }

    /// Whether a scalar of the text is a control character (C0, delete, C1).
    var hasControlCharacter: Bool {
        // U+0080 to U+009F are two bytes, the first of them 0xC2.
        var previous: UInt8 = 0
        return utf8.contains { byte in
            defer { previous = byte }
            return byte < 0x20 || byte == 0x7F || (previous == 0xC2 && byte < 0xA0)
        }
    }
}
