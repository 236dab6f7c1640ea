/// Cuts texts into words.
///
/// A word is a run of letters, marks and numbers (Unicode's general categories L, M and N), as long as can be, in lower
/// case. An apostrophe (`'` or `’`) between two such characters belongs to the word and is kept as `'`: `Don’t` is the
/// word `don't`. Everything else parts words: `well-known` is two. Scripts that put no space between words, such as
/// Chinese, give long runs: cut those before. The rules have a name, which files with a vocabulary state; if they ever
/// change, it does too.
package enum Tokenizer {
    /// The name of these rules.
    package static let rules = "words-1"

    /// Hands each word of a text, in order, to `body`; its bytes are valid during that call only.
    /// - Parameter text: valid UTF-8.
    package static func forEachWord(in text: UnsafeBufferPointer<UInt8>, _ body: (UnsafeBufferPointer<UInt8>) -> Void) {
        var word: [UInt8] = []
        word.reserveCapacity(64)
        var position = 0
        lowerCase.withUnsafeBufferPointer { lowerCase in
            while position < text.count {
                let byte = text[position]
                if byte < 0x80 {
                    let lower = lowerCase[Int(byte)]
                    if lower != 0 {
                        word.append(lower)
                        position += 1
                        continue
                    }
                    position += 1
                    if byte == apostrophe, !word.isEmpty, startsWithWordCharacter(text, at: position, lowerCase) {
                        word.append(apostrophe)
                        continue
                    }
                } else {
                    let (scalar, length) = decode(text, at: position)
                    position += length
                    if isWordCharacter(scalar) {
                        word.append(contentsOf: scalar.properties.lowercaseMapping.utf8)
                        continue
                    }
                    if scalar == "\u{2019}", !word.isEmpty, startsWithWordCharacter(text, at: position, lowerCase) {
                        word.append(apostrophe)
                        continue
                    }
                }
                if !word.isEmpty {
                    word.withUnsafeBufferPointer(body)
                    word.removeAll(keepingCapacity: true)
                }
            }
        }
        if !word.isEmpty { word.withUnsafeBufferPointer(body) }
    }

    /// The words of a text.
    package static func words(_ text: String) -> [String] {
        var words: [String] = []
        let bytes = Array(text.utf8)
        bytes.withUnsafeBufferPointer { bytes in
            forEachWord(in: bytes) { words.append(String(decoding: $0, as: UTF8.self)) }
        }
        return words
    }

    private static let apostrophe = UInt8(ascii: "'")

    /// For each ASCII byte its lower case, or 0 where it is not part of a word.
    private static let lowerCase: [UInt8] = (0..<128).map { byte in
        switch UInt8(byte) {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): UInt8(byte) + 32
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"): UInt8(byte)
        default: 0
        }
    }

    private static func startsWithWordCharacter(
        _ text: UnsafeBufferPointer<UInt8>, at position: Int, _ lowerCase: UnsafeBufferPointer<UInt8>
    ) -> Bool {
        guard position < text.count else { return false }
        if text[position] < 0x80 { return lowerCase[Int(text[position])] != 0 }
        return isWordCharacter(decode(text, at: position).scalar)
    }

    private static func isWordCharacter(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter, .nonspacingMark,
            .spacingMark, .enclosingMark, .decimalNumber, .letterNumber, .otherNumber:
            true
        default: false
        }
    }

    /// A character beyond ASCII and its number of bytes. Bytes that are not UTF-8 count as one character that is not a letter.
    static func decode(
        _ text: UnsafeBufferPointer<UInt8>, at position: Int
    ) -> (scalar: Unicode.Scalar, length: Int) {
        let first = UInt32(text[position])
        let length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2
        guard position + length <= text.count else { return ("\u{FFFD}", 1) }
        var code = first & (length == 2 ? 0x1F : length == 3 ? 0x0F : 0x07)
        for offset in 1..<length { code = code << 6 | UInt32(text[position + offset] & 0x3F) }
        guard let scalar = Unicode.Scalar(code) else { return ("\u{FFFD}", 1) }
        return (scalar, length)
    }
}
