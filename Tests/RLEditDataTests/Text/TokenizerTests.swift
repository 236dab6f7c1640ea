import RLEditData
import Testing

@Suite("Texts are cut into words, and terms found in them")
struct TokenizerTests {
    @Test(
        "a word is a run of letters, marks and numbers in lower case, with apostrophes inside",
        arguments: [
            ("Hello, World!", ["hello", "world"]), ("well-known 3rd", ["well", "known", "3rd"]),
            ("Don’t can't 'quoted' rock'n'roll '", ["don't", "can't", "quoted", "rock'n'roll"]),
            ("ÄRGER Straße ΣΊΣΥΦΟΣ", ["ärger", "straße", "σίσυφοσ"]), ("cafe\u{301}s", ["cafe\u{301}s"]),
            ("Привет, МИР", ["привет", "мир"]), ("你好 世界", ["你好", "世界"]), ("a_b\tc\nd", ["a", "b", "c", "d"]),
            ("😀 ok—so…", ["ok", "so"]), ("", []), ("...", []), ("x’", ["x"]), ("İ", ["i\u{307}"]), ("²½", ["²½"]),
        ])
    func words(_ text: String, _ expected: [String]) {
        #expect(Tokenizer.words(text) == expected)
    }

    @Test("terms are whole words, whatever their case; the longest at a place counts, and what it covers does not")
    func terms() throws {
        let texts = [
            "An American in Paris", "African-American, they said", "african americans", "AMERICAN african american",
            "not unamerican", "middle aged and middle eastern", "african and american",
        ]
        let set = try TextSet(name: "t", source: "", texts: texts, labels: Array(repeating: 0, count: texts.count))
        let terms = ["american", "african", "african american", "middle eastern"]
        let groups = try #require(try set.groupedByTerms(terms).groups)
        #expect(groups.names == terms)
        let members = texts.indices.map { groups.groups(of: $0).map { terms[$0] } }
        #expect(
            members == [
                ["american"], ["african american"], ["african"], ["american", "african american"], [],
                ["middle eastern"],
                ["american", "african"],
            ])
    }

    @Test("a list of terms without a match, an empty one, and terms that are none are refused")
    func faults() throws {
        let set = try TextSet(name: "t", source: "", texts: ["one two"], labels: [0])
        #expect(throws: DataError.noTermFound(set: "t", terms: ["three", "four"])) {
            try set.groupedByTerms(["three", "four"])
        }
        #expect(
            DataError.noTermFound(set: "t", terms: ["three", "four"]).description
                == "none of the 2 terms ('three', 'four') occurs in a text of set 't'")
        #expect(try set.groupedByTerms(["two", "four"]).groups?.counts == [1, 0])
        #expect(throws: DataError.self) { try set.groupedByTerms([]) }
        #expect(throws: DataError.invalidTerm("!", reason: "holds no word")) { try set.groupedByTerms(["two", "!"]) }
        #expect(throws: DataError.invalidTerm("TWO", reason: "is in the list twice")) {
            try set.groupedByTerms(["two", "TWO"])
        }
    }
}
