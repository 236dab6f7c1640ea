/// Text from scripts made fit for a terminal and a log.
enum PrintableText {
    /// The most of one message that is shown, in bytes.
    static let capacity = 8192

    /// Decodes bytes of unknown origin: invalid UTF-8 is repaired, control characters become `?`, the end is cut.
    static func make(_ bytes: UnsafeRawBufferPointer, capacity: Int = capacity) -> String {
        let shown = bytes.prefix(capacity)
        var text = String(decoding: shown, as: UTF8.self)
        if text.unicodeScalars.contains(where: isControl) {
            var clean = String.UnicodeScalarView()
            for scalar in text.unicodeScalars { clean.append(isControl(scalar) ? "?" : scalar) }
            text = String(clean)
        }
        if shown.count < bytes.count { text += "… (\(bytes.count - shown.count) more bytes)" }
        return text
    }

    static func make(_ text: String, capacity: Int = capacity) -> String {
        var text = text
        return text.withUTF8 { make(UnsafeRawBufferPointer($0), capacity: capacity) }
    }

    /// Control characters of ASCII and Latin-1 except newline and tab, and those that turn the writing direction.
    static func isControl(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 9, 10: false
        case 0..<32, 127..<160, 0x202A...0x202E, 0x2066...0x2069: true
        default: false
        }
    }
}
