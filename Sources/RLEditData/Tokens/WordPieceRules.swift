internal import Foundation

/// What happens to the characters of a text before it is cut into tokens. BERT's uncased models have all of them.
///
/// Characters are Unicode scalars. Reference: `BertNormalizer` and `BertPreTokenizer` of Hugging Face's `tokenizers`, whose
/// tables are older than Swift's: categories are those of Unicode 8, decompositions those of Unicode 12.
public struct WordPieceRules: Equatable, Sendable {
    /// U+0000, U+FFFD and control characters go, white space becomes a space.
    public var cleansText = true
    /// Chinese ideographs are words by themselves.
    public var partsIdeographs = true
    /// Canonical decomposition, then accents (nonspacing marks) go.
    public var dropsAccents = true
    public var lowersCase = true

    public init() {}

    /// - Parameter cased: whether capitals and accents stay.
    public init(cased: Bool) { (dropsAccents, lowersCase) = (!cased, !cased) }

    /// A scalar that comes of one of the text.
    struct Part: Equatable {
        enum Kind { case letter, space, punctuation, ideograph, accent }
        let kind: Kind
        let scalar: Unicode.Scalar
        /// Canonical combining class; 0 unless parts may have to change places.
        let combiningClass: UInt8
    }

    /// What becomes of a scalar. Parts of a combining class other than 0 are still to be put in order.
    func parts(of scalar: Unicode.Scalar) -> [Part] {
        if cleansText {
            if scalar.value == 0 || scalar.value == 0xFFFD || WordPieceRules.isControl(scalar) { return [] }
            if scalar.properties.isWhitespace { return [Part(kind: .space, scalar: " ", combiningClass: 0)] }
        }
        let isIdeograph = partsIdeographs && WordPieceRules.isIdeograph(scalar)
        var parts: [Part] = []
        for part in dropsAccents ? WordPieceRules.decomposed(scalar) : [scalar] {
            let order = dropsAccents ? WordPieceRules.combiningClass(part) : 0
            if dropsAccents, WordPieceRules.category(part) == .nonspacingMark {
                parts.append(Part(kind: .accent, scalar: part, combiningClass: order))
                continue
            }
            for scalar in lowersCase ? Array(part.properties.lowercaseMapping.unicodeScalars) : [part] {
                let kind: Part.Kind =
                    scalar.properties.isWhitespace
                    ? .space
                    : WordPieceRules.isPunctuation(scalar) ? .punctuation : isIdeograph ? .ideograph : .letter
                parts.append(Part(kind: kind, scalar: scalar, combiningClass: order))
            }
        }
        return parts
    }

    // MARK: - Tables of the reference

    /// Categories that changed after Unicode 8.
    private static let olderCategories: [UInt32: Unicode.GeneralCategory] = [
        0x166D: .otherPunctuation, 0x1734: .nonspacingMark, 0x1885: .otherLetter, 0x1886: .otherLetter,
        0xA9BD: .spacingMark, 0x111C9: .otherPunctuation, 0x1171E: .nonspacingMark,
    ]

    /// The general category in Unicode 8.
    private static func category(_ scalar: Unicode.Scalar) -> Unicode.GeneralCategory {
        if let older = olderCategories[scalar.value] { return older }
        return isKnown(scalar, toUnicode: 8) ? scalar.properties.generalCategory : .unassigned
    }

    private static func isKnown(_ scalar: Unicode.Scalar, toUnicode version: Int) -> Bool {
        // Ranges for private use and noncharacters have no age.
        scalar.properties.age.map { $0.major < version || ($0.major == version && $0.minor == 0) } ?? true
    }

    private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
        if scalar == "\t" || scalar == "\n" || scalar == "\r" { return false }
        switch category(scalar) {
        case .control, .format, .privateUse: return true
        default: return false
        }
    }

    private static func isPunctuation(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x21...0x2F, 0x3A...0x40, 0x5B...0x60, 0x7B...0x7E: return true
        default: break
        }
        switch category(scalar) {
        case .connectorPunctuation, .dashPunctuation, .openPunctuation, .closePunctuation, .initialPunctuation,
            .finalPunctuation, .otherPunctuation:
            return true
        default: return false
        }
    }

    /// The blocks that the reference lists; one of its ranges begins at U+2B920 where the block begins at U+2B820.
    private static func isIdeograph(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x3400...0x4DBF, 0x4E00...0x9FFF, 0xF900...0xFAFF, 0x20000...0x2A6DF, 0x2A700...0x2B73F, 0x2B740...0x2B81F,
            0x2B920...0x2CEAF, 0x2F800...0x2FA1F:
            return true
        default: return false
        }
    }

    private static func decomposed(_ scalar: Unicode.Scalar) -> [Unicode.Scalar] {
        guard scalar.value > 0x7F, isKnown(scalar, toUnicode: 12) else { return [scalar] }
        return Array(String(scalar).decomposedStringWithCanonicalMapping.unicodeScalars)
    }

    private static func combiningClass(_ scalar: Unicode.Scalar) -> UInt8 {
        guard scalar.value > 0x7F, isKnown(scalar, toUnicode: 12) else { return 0 }
        return scalar.properties.canonicalCombiningClass.rawValue
    }
}
