import Foundation
import RLEditData
import RLEditTensor
import RLEditTestSupport
import Testing

@Suite("WordPiece, as BERT and its reference have it")
struct WordPieceTests {
    private func numbers(_ tokens: [Int]) -> String { tokens.map(String.init).joined(separator: " ") }

    private func tokenizer(_ file: String, cased: Bool? = nil) throws -> WordPiece {
        try WordPiece.read(Corpus.path(.wordpiece, file), cased: cased).tokenizer
    }

    @Test("hard texts become the tokens of the reference, by each file and either case")
    func golden() throws {
        let json = [try tokenizer("uncased.json"), try tokenizer("cased.json")]
        let lines = [try tokenizer("vocab.txt"), try tokenizer("vocab.txt", cased: true)]
        #expect(WordPieceGolden.rows.count >= 60)
        for row in WordPieceGolden.rows {
            for files in [json, lines] {
                #expect(numbers(files[0].encode(row.text)) == row.uncased, "uncased \(row.text.debugDescription)")
                #expect(numbers(files[1].encode(row.text)) == row.cased, "cased \(row.text.debugDescription)")
            }
        }
    }

    @Test("a set of texts becomes rows with padding, with labels, groups and texts; what is too long is cut")
    func sets() throws {
        let tokenizer = try tokenizer("uncased.json")
        let texts = try TextSet(
            name: "t", source: "s", texts: ["ban dol", "a b c a b c", "[MASK]", "ban [MASK] b c"], labels: [1, 0, 2, 1])
        let (examples, cut) = try tokenizer.encode(texts, maximumLength: 5)
        #expect(cut == 2 && examples.exampleShape == [5] && examples.labels == [1, 0, 2, 1] && examples.name == "t")
        let rows = try examples.allInputs().scalars
        #expect(Array(rows[0..<5]) == [3, 6, 7, 4, -1])
        #expect(Array(rows[5..<10]) == [3, 59, 60, 61, 4])
        #expect(Array(rows[10..<15]) == [3, 5, 4, -1, -1])
        #expect(Array(rows[15..<20]) == [3, 6, 5, 60, 4])
        #expect(examples.text(1) == "a b c a b c" && examples.shuffled(seed: 1).text(0) != nil)
        let grouped = try texts.withGroups(ExampleGroups(names: ["g"], members: [[1, 2]], exampleCount: 4))
        #expect(try tokenizer.encode(grouped, maximumLength: 5).examples.members(ofGroup: "g") == [1, 2])
        // Rows of nothing but what begins and ends them.
        #expect(try tokenizer.encode(texts, maximumLength: 2).examples.allInputs().scalars.prefix(4) == [3, 4, 3, 4])
        #expect(
            throws: DataError.invalidArgument(
                operation: "encode", message: "maximum length: at least 2 expected, got 1")
        ) {
            try tokenizer.encode(texts, maximumLength: 1)
        }
        #expect(tokenizer.encode("a b c", limit: 4) == [3, 59, 60, 4])
        #expect(tokenizer.encode("", limit: 1) == [3, 4])
    }

    @Test("tokens become text again, without what begins and ends a row")
    func decoding() throws {
        let tokenizer = try tokenizer("vocab.txt")
        #expect(try tokenizer.decode(tokenizer.encode("Unbanned dol, ban!")) == "unbanned dol , ban !")
        #expect(try tokenizer.decode([3, 2, 6, 4, -1, -1]) == "[UNK] ban")
        #expect(tokenizer.token(6) == "ban" && tokenizer.token(100_000) == nil && tokenizer.token(-1) == nil)
        #expect(throws: DataError.invalidArgument(operation: "decode", message: "no token has the number 9999")) {
            try tokenizer.decode([9999])
        }
        #expect(tokenizer.description == "wordpiece of 379 tokens, uncased")
    }

    @Test("capitals may be lowered while accents stay, and the other way round, as files say")
    func rules() throws {
        let folder = try TemporaryFolder()
        func variant(_ change: (String) -> String) throws -> WordPiece {
            let text = String(decoding: try Corpus.bytes(.wordpiece, "uncased.json"), as: UTF8.self)
            return try WordPiece.read(folder.write("t.json", Array(change(text).utf8))).tokenizer
        }
        let accented = try variant {
            $0.replacingOccurrences(of: "\"strip_accents\": null", with: "\"strip_accents\": false")
        }
        #expect(accented.rules.lowersCase && !accented.rules.dropsAccents)
        #expect(accented.encode("É") == accented.encode("é") && accented.encode("é") != accented.encode("e"))
        let plain = try variant {
            $0.replacingOccurrences(of: "\"handle_chinese_chars\": true", with: "\"handle_chinese_chars\": false")
        }
        // One word, where it would be one for each.
        #expect(plain.encode("中文") != accented.encode("中文"))
        let bert = try variant { text in
            let start = text.range(of: "\"post_processor\": {")!
            let end = text.range(of: "\"decoder\"")!
            return text.replacingCharacters(
                in: start.lowerBound..<end.lowerBound,
                with:
                    "\"post_processor\": {\"type\": \"BertProcessing\", \"sep\": [\"[SEP]\", 4], \"cls\": [\"[CLS]\", 3]},\n"
            )
        }
        #expect(bert.encode("ban") == [3, 6, 4])
    }

    @Test("a file that is no tokenizer of BERT's kind is refused, with the place")
    func faults() throws {
        let folder = try TemporaryFolder()
        let sound = String(decoding: try Corpus.bytes(.wordpiece, "uncased.json"), as: UTF8.self)
        let cases: [(text: String, message: String)] = [
            ("", "it has no token '[CLS]'"), ("a\nb\n", "it has no token '[CLS]'"),
            ("[CLS]\n", "it has no token '[SEP]'"),
            ("[CLS]\n[SEP]\n", "it has no token '[UNK]'"),
            ("{}", "field 'model': an object expected"),
            (
                sound.replacingOccurrences(of: "\"WordPiece\",\n\"unk", with: "\"BPE\",\n\"unk"),
                "its model is 'BPE', and only 'WordPiece' is read: it is no tokenizer of BERT's kind"
            ),
            (
                sound.replacingOccurrences(of: "BertNormalizer", with: "NFKC"),
                "its normalizer is 'NFKC', and only 'BertNormalizer' is read: it is no tokenizer of BERT's kind"
            ),
            (
                sound.replacingOccurrences(of: "BertPreTokenizer", with: "Metaspace"),
                "its pre_tokenizer is 'Metaspace', and only 'BertPreTokenizer' is read: it is no tokenizer of BERT's kind"
            ),
            (
                sound.replacingOccurrences(of: "\"TemplateProcessing\"", with: "\"ByteLevel\""),
                "its post_processor is 'ByteLevel', and only 'TemplateProcessing' is read: it is no tokenizer of BERT's kind"
            ),
            (sound.replacingOccurrences(of: "\"[UNK]\": 2,", with: ""), "it has no token '[UNK]'"),
            (
                sound.replacingOccurrences(of: "\"ban\": 6", with: "\"ban\": \"6\""),
                "field 'model.vocab.ban': a whole number expected"
            ),
            (
                sound.replacingOccurrences(of: "\"ban\": 6", with: "\"ban\": -6"),
                "token 'ban' has the number -6, expected 0 to 1048575"
            ),
            (
                sound.replacingOccurrences(of: "\"lstrip\": false", with: "\"lstrip\": true"),
                "added token '[PAD]' has 'lstrip', which is not read"
            ),
            (
                sound.replacingOccurrences(of: "\"lowercase\": true", with: "\"lowercase\": 1"),
                "field 'normalizer.lowercase': true or false expected"
            ),
            (
                sound.replacingOccurrences(
                    of: "\"max_input_chars_per_word\": 100", with: "\"max_input_chars_per_word\": -1"),
                "field 'model.max_input_chars_per_word': a whole number from 0 on expected"
            ),
        ]
        for (text, message) in cases {
            let path = try folder.write("t", Array(text.utf8))
            do {
                _ = try WordPiece.read(path)
                Issue.record("accepted: \(message)")
            } catch {
                #expect(error.description == "cannot read the tokenizer '\(path)': \(message)")
            }
        }
        let path = Corpus.path(.wordpiece, "uncased.json")
        #expect(throws: DataError.invalidTokenizer(path: path, fault: .casedTwice)) {
            try WordPiece.read(path, cased: true)
        }
        let broken = try folder.write("b", Array("{\"model\":".utf8))
        #expect(throws: DataError.invalidJSON(path: broken, reason: "not JSON: the text ends early at byte 9")) {
            try WordPiece.read(broken)
        }
        let latin = try folder.write("l", Array("[CLS]\n".utf8) + [0xE9, 0x0A])
        #expect(throws: DataError.invalidText(path: latin, line: 2, fault: .notUTF8)) { try WordPiece.read(latin) }
    }
}
