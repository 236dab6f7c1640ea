/// BERT's tokenizer (Devlin et al. 2019), as Hugging Face's `tokenizers` has it: makes rows of token numbers of texts.
///
/// In this order: special tokens in the text are found as they are written; characters are cleaned, ideographs parted,
/// accents taken away and letters lowered as ``WordPieceRules`` say; blanks and punctuation part words; each word becomes
/// the longest tokens that the vocabulary has, from its start on. A word that does not come out so, or has more than 100
/// scalars, becomes the unknown token as a whole.
public struct WordPiece: Sendable {
    /// Numbers of tokens are below it. The largest vocabulary known has half as many; a `Float` holds each exactly.
    static let largestCount = 1 << 20

    public let rules: WordPieceRules
    /// Number of tokens: the largest number and one.
    public let count: Int
    let longestWord: Int
    let trie: TokenTrie
    /// Tokens that are looked for in the text itself, longest first.
    let specials: [(text: [UInt8], number: Int32)]
    let unknown: Int32
    /// What begins and what ends a row: `[CLS]` and `[SEP]`.
    let first: Int32
    let last: Int32
    private let prefix: String
    private let texts: [Int32: String]

    /// - Parameters:
    ///   - tokens: texts and numbers; of equal texts the last counts.
    ///   - specials: those that are looked for in the text itself.
    ///   - frame: the tokens that begin and end a row.
    init(
        tokens: [(text: String, number: Int)], specials: [(text: String, number: Int)], unknown: String,
        frame: (first: Int, last: Int), prefix: String, longestWord: Int, rules: WordPieceRules
    ) throws(WordPieceFault) {
        guard !tokens.isEmpty else { throw .noTokens }
        guard tokens.count <= WordPiece.largestCount else { throw .tooLarge }
        for number in [frame.first, frame.last] where number < 0 || number >= WordPiece.largestCount {
            throw .numberOutOfRange(token: "post_processor", number: number)
        }
        var texts: [Int32: String] = [:]
        texts.reserveCapacity(tokens.count)
        var trie = TokenTrie()
        var largest = 0
        var unknownNumber: Int32?
        for (text, number) in tokens + specials {
            guard number >= 0, number < WordPiece.largestCount, let place = Int32(exactly: number) else {
                throw .numberOutOfRange(token: text, number: number)
            }
            largest = max(largest, number)
            if !text.isEmpty { texts[place] = text }
        }
        for (text, number) in tokens {
            let place = Int32(truncatingIfNeeded: number)
            if text == unknown { unknownNumber = place }
            // Of bytes, not of characters: a mark after the prefix is one with it for String.
            let isLater = !prefix.isEmpty && text.utf8.starts(with: prefix.utf8) && text.utf8.count > prefix.utf8.count
            let bytes = isLater ? text.utf8.dropFirst(prefix.utf8.count) : text.utf8[...]
            guard trie.insert(bytes, number: place, isLater: isLater) else { throw .tooLarge }
        }
        guard let unknownNumber else { throw .missingToken(unknown) }
        self.rules = rules
        count = largest + 1
        self.longestWord = longestWord
        self.trie = trie
        self.specials = specials.filter { !$0.text.isEmpty }
            .map { (Array($0.text.utf8), Int32(truncatingIfNeeded: $0.number)) }
            .sorted { $0.text.count > $1.text.count }
        self.unknown = unknownNumber
        (first, last) = (Int32(truncatingIfNeeded: frame.first), Int32(truncatingIfNeeded: frame.last))
        self.prefix = prefix
        self.texts = texts
    }

    /// Memory of the tokens.
    package var byteCount: Int { trie.byteCount + 48 * texts.count }

    /// The token of a number; nil where there is none.
    public func token(_ number: Int) -> String? { Int32(exactly: number).flatMap { texts[$0] } }

    /// The text of some tokens: words with a blank between them, without special tokens and padding.
    /// - Throws: ``DataError/invalidArgument(operation:message:)`` for a number that no token has.
    public func decode(_ numbers: [Int]) throws(DataError) -> String {
        var result: [UInt8] = []
        let left = Set(specials.map(\.number))
        for number in numbers where number != WordPiece.padding {
            guard let text = token(number) else {
                throw .invalidArgument(operation: "decode", message: "no token has the number \(number)")
            }
            if let place = Int32(exactly: number), left.contains(place), place != unknown { continue }
            if text.utf8.starts(with: prefix.utf8), !result.isEmpty {
                result += text.utf8.dropFirst(prefix.utf8.count)
            } else {
                result += result.isEmpty ? [] : [0x20]
                result += text.utf8
            }
        }
        return String(decoding: result, as: UTF8.self)
    }

    /// What follows the last token of a row; see `TokenEmbedding`.
    static let padding = -1
}

extension WordPiece: CustomStringConvertible {
    /// For example `wordpiece of 30522 tokens, uncased`.
    public var description: String { "wordpiece of \(count) tokens, \(rules.lowersCase ? "uncased" : "cased")" }
}

/// What is wrong with the file of a tokenizer.
public enum WordPieceFault: Error, Equatable, Sendable, CustomStringConvertible {
    case noTokens
    case missingToken(String)
    case numberOutOfRange(token: String, number: Int)
    /// A larger file, or more tokens, than the reader takes.
    case tooLarge
    /// `cased` is given for a file that has rules of its own.
    case casedTwice
    /// A field of `tokenizer.json` that is missing or of another kind.
    case field(String, expected: String)
    /// A part that is of another kind than BERT's.
    case otherPart(String, found: String, expected: String)
    /// An added token with a setting that BERT's do not have.
    case addedToken(String, setting: String)

    public var description: String {
        switch self {
        case .noTokens: "it holds no token"
        case .missingToken(let token): "it has no token '\(token)'"
        case .numberOutOfRange(let token, let number):
            "token '\(token.prefix(40))' has the number \(number), expected 0 to \(WordPiece.largestCount - 1)"
        case .tooLarge:
            "it is larger than \(WordPiece.largestFile >> 20) MiB or has more than \(WordPiece.largestCount) tokens"
        case .casedTwice: "it says itself whether it is cased: leave 'cased' out"
        case .field(let field, let expected): "field '\(field)': \(expected) expected"
        case .otherPart(let part, let found, let expected):
            "its \(part) is '\(found.prefix(40))', and only '\(expected)' is read: it is no tokenizer of BERT's kind"
        case .addedToken(let token, let setting):
            "added token '\(token.prefix(40))' has '\(setting)', which is not read"
        }
    }
}
