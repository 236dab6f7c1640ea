internal import RLEditCore

extension WordPiece {
    /// Larger files are refused before they take memory.
    static let largestFile = 16 << 20

    /// The tokenizer of a pretrained model.
    /// - Parameters:
    ///   - path: a `tokenizer.json`, which says its own rules, or a `vocab.txt`, which has one token a line.
    ///   - cased: whether the tokens of a `vocab.txt` keep capitals and accents; nil for a `tokenizer.json`.
    /// - Returns: the tokenizer, and the SHA-256 of the file.
    /// - Throws: ``DataError/invalidTokenizer(path:fault:)`` or what reading the file throws.
    public static func read(
        _ path: String, cased: Bool? = nil
    ) throws(DataError) -> (tokenizer: WordPiece, hash: String) {
        let file = try InputFile(path: path)
        guard file.size <= largestFile else { throw .invalidTokenizer(path: path, fault: .tooLarge) }
        let bytes = try file.bytes(at: 0, count: file.size)
        let isJSON = bytes.first { $0 > 32 } == UInt8(ascii: "{")
        if isJSON, cased != nil { throw .invalidTokenizer(path: path, fault: .casedTwice) }
        let tokenizer: Result<WordPiece, WordPieceFault>
        if isJSON {
            let json: JSONValue
            do { json = try JSONValue(parsing: bytes) } catch {
                throw .invalidJSON(path: path, reason: error.description)
            }
            tokenizer = Result { () throws(WordPieceFault) in try WordPiece(json) }
        } else {
            let lines = LineReader(MemorySource(bytes, path: path))
            var tokens: [String] = []
            while let line = try lines.next(), tokens.count <= largestCount {
                // The reference takes blanks after a token for no part of it.
                let end = line.lastIndex { $0 != 0x20 && $0 != 0x09 }.map { $0 + 1 } ?? 0
                tokens.append(String(decoding: line[..<end], as: UTF8.self))
            }
            tokenizer = Result { () throws(WordPieceFault) in try WordPiece(tokens: tokens, cased: cased ?? false) }
        }
        do throws(WordPieceFault) { return (try tokenizer.get(), SHA256Digest.hex(of: bytes)) } catch {
            throw .invalidTokenizer(path: path, fault: error)
        }
    }

    /// The lines of a `vocab.txt`: a token's number is that of its line, from 0.
    public init(tokens: [String], cased: Bool) throws(WordPieceFault) {
        let numbered = tokens.enumerated().map { ($0.element, $0.offset) }
        func last(_ token: String) -> Int? { tokens.lastIndex(of: token) }
        guard let first = last("[CLS]") else { throw .missingToken("[CLS]") }
        guard let end = last("[SEP]") else { throw .missingToken("[SEP]") }
        try self.init(
            tokens: numbered,
            specials: ["[UNK]", "[SEP]", "[PAD]", "[CLS]", "[MASK]"].compactMap { token in
                last(token).map { (token, $0) }
            }, unknown: "[UNK]", frame: (first, end), prefix: "##", longestWord: 100,
            rules: WordPieceRules(cased: cased))
    }

    /// A `tokenizer.json` of Hugging Face's `tokenizers`, of BERT's kind.
    init(_ json: JSONValue) throws(WordPieceFault) {
        let file = TokenizerPart("", json)
        let model = try file.part("model", kind: "WordPiece")
        let normalizer = try file.part("normalizer", kind: "BertNormalizer")
        _ = try file.part("pre_tokenizer", kind: "BertPreTokenizer")
        guard case .object(let vocabulary)? = model["vocab"] else {
            throw .field("model.vocab", expected: "an object of tokens and their numbers")
        }
        var tokens: [(text: String, number: Int)] = []
        tokens.reserveCapacity(vocabulary.members.count)
        for member in vocabulary.members {
            guard case .integer(let number) = member.value else {
                throw .field("model.vocab.\(member.key.prefix(40))", expected: "a whole number")
            }
            tokens.append((member.key, number))
        }
        var rules = WordPieceRules()
        rules.cleansText = try normalizer.truth("clean_text")
        rules.partsIdeographs = try normalizer.truth("handle_chinese_chars")
        rules.lowersCase = try normalizer.truth("lowercase")
        // Where the file does not say, what lowers capitals drops accents.
        rules.dropsAccents =
            normalizer["strip_accents"] ?? .null == .null ? rules.lowersCase : try normalizer.truth("strip_accents")
        let longest = try model.wholeNumber("max_input_chars_per_word", or: 100)
        try self.init(
            tokens: tokens, specials: try WordPiece.addedTokens(file),
            unknown: try model.text("unk_token", or: "[UNK]"),
            frame: try WordPiece.frame(file), prefix: try model.text("continuing_subword_prefix", or: "##"),
            longestWord: longest, rules: rules)
    }

    /// Tokens that are looked for in the text as it is.
    private static func addedTokens(_ file: TokenizerPart) throws(WordPieceFault) -> [(text: String, number: Int)] {
        guard let list = file["added_tokens"], list != .null else { return [] }
        guard case .array(let elements) = list else { throw .field("added_tokens", expected: "a list") }
        var tokens: [(text: String, number: Int)] = []
        for (index, element) in elements.enumerated() {
            let token = TokenizerPart("added_tokens[\(index)]", element)
            let text = try token.text("content", or: nil)
            for setting in ["single_word", "lstrip", "rstrip", "normalized"] {
                if token[setting] == .bool(true) { throw .addedToken(text, setting: setting) }
            }
            tokens.append((text, try token.wholeNumber("id", or: nil)))
        }
        return tokens
    }

    /// The tokens that begin and end a row.
    private static func frame(_ file: TokenizerPart) throws(WordPieceFault) -> (first: Int, last: Int) {
        let processor = try file.object("post_processor")
        switch try processor.text("type", or: nil) {
        case "BertProcessing":
            func number(_ field: String) throws(WordPieceFault) -> Int {
                guard case .array(let pair)? = processor[field], pair.count == 2, case .integer(let number) = pair[1]
                else { throw .field("post_processor.\(field)", expected: "a token and its number") }
                return number
            }
            return (try number("cls"), try number("sep"))
        case "TemplateProcessing":
            let known = try processor.object("special_tokens")
            guard case .array(let single)? = processor["single"], single.count == 3 else {
                throw .field("post_processor.single", expected: "a token, the text and a token")
            }
            func number(_ place: Int) throws(WordPieceFault) -> Int {
                let piece = TokenizerPart("post_processor.single[\(place)]", single[place])
                let name = try piece.object("SpecialToken").text("id", or: nil)
                guard case .array(let ids)? = try known.object(name)["ids"], ids.count == 1,
                    case .integer(let id) = ids[0]
                else { throw .field("post_processor.special_tokens.\(name.prefix(40)).ids", expected: "one number") }
                return id
            }
            _ = try TokenizerPart("post_processor.single[1]", single[1]).object("Sequence")
            return (try number(0), try number(2))
        case let kind: throw .otherPart("post_processor", found: kind, expected: "TemplateProcessing")
        }
    }
}

/// An object of a `tokenizer.json` and where it is.
private struct TokenizerPart {
    private let place: String
    private let members: [JSONObject.Member]?

    init(_ place: String, _ value: JSONValue) {
        self.place = place
        if case .object(let object) = value { members = object.members } else { members = nil }
    }

    subscript(field: String) -> JSONValue? { members?.first { $0.key == field }?.value }

    private func name(_ field: String) -> String { place.isEmpty ? field : "\(place).\(field.prefix(40))" }

    func object(_ field: String) throws(WordPieceFault) -> TokenizerPart {
        guard case .object? = self[field], let value = self[field] else {
            throw .field(name(field), expected: "an object")
        }
        return TokenizerPart(name(field), value)
    }

    /// An object whose `type` must be `kind`; files of older programs leave the type of the model out.
    func part(_ field: String, kind: String) throws(WordPieceFault) -> TokenizerPart {
        let part = try object(field)
        let found = try part.text("type", or: field == "model" ? kind : nil)
        guard found == kind else { throw .otherPart(field, found: found, expected: kind) }
        return part
    }

    func text(_ field: String, or standard: String?) throws(WordPieceFault) -> String {
        if case .string(let text)? = self[field] { return text }
        guard let standard, self[field] == nil else { throw .field(name(field), expected: "a text") }
        return standard
    }

    /// A whole number from 0 on.
    func wholeNumber(_ field: String, or standard: Int?) throws(WordPieceFault) -> Int {
        if case .integer(let number)? = self[field], number >= 0 { return number }
        guard let standard, self[field] == nil else { throw .field(name(field), expected: "a whole number from 0 on") }
        return standard
    }

    /// True where the file does not say.
    func truth(_ field: String) throws(WordPieceFault) -> Bool {
        switch self[field] {
        case .bool(let value)?: return value
        case nil: return true
        default: throw .field(name(field), expected: "true or false")
        }
    }
}
