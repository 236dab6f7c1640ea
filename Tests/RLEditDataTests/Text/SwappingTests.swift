import RLEditData
import RLEditTensor
import Testing

@Suite("Pairs of texts that differ in their terms only")
struct SwappingTests {
    private let terms = ["deaf", "old", "african american"]

    private func texts() throws -> TextSet {
        try TextSet(
            name: "a", source: "test",
            texts: ["I am DEAF, and deaf people know.", "nobody is here", "An African-American and an old man"],
            labels: [1, 0, 1])
    }

    @Test("texts without a term are left out; a term becomes the same other one throughout a text")
    func pairs() throws {
        var seen: Set<String> = []
        for seed in 0..<20 {
            var stream = RandomStream(seed: UInt64(seed), name: "swap terms")
            let (original, swapped) = try texts().pairsBySwapping(terms, using: &stream)
            #expect(original.count == 2 && swapped.count == 2)
            #expect(original.text(0) == "i am deaf and deaf people know" && original.labels == [1, 1])
            #expect(original.text(1) == "an african american and an old man" && swapped.labels == [1, 1])
            #expect(
                [
                    "i am old and old people know", "i am african american and african american people know",
                ].contains(swapped.text(0)))
            seen.insert(swapped.text(0))
            let parts = swapped.text(1)
            #expect(parts.hasPrefix("an ") && parts.hasSuffix(" man"))
            #expect(!parts.contains("african american and") && !parts.hasSuffix("an old man"))
            var again = RandomStream(seed: UInt64(seed), name: "swap terms")
            let repeated = try texts().pairsBySwapping(terms, using: &again).swapped
            #expect(repeated.contentHash == swapped.contentHash)
        }
        #expect(seen.count == 2)
    }

    @Test("words take the place of terms, of a single one, too")
    func words() throws {
        var stream = RandomStream(seed: 0, name: "swap terms")
        let (original, swapped) = try texts().pairsBySwapping(["deaf"], with: ["tall person"], using: &stream)
        #expect(original.text(0) == "i am deaf and deaf people know" && original.count == 1)
        #expect(swapped.text(0) == "i am tall person and tall person people know" && swapped.labels == [1])
        var seen: Set<String> = []
        for _ in 0..<20 {
            let swapped = try texts().pairsBySwapping(terms, with: ["tall", "old"], using: &stream).swapped
            seen.formUnion([swapped.text(0), swapped.text(1)])
        }
        #expect(
            seen == [
                "i am tall and tall people know", "i am old and old people know", "an tall and an old man",
                "an old and an tall man", "an tall and an tall man", "an old and an old man",
            ])
    }

    @Test("fewer than two terms, and terms that nobody mentions, are refused")
    func refusals() throws {
        var stream = RandomStream(seed: 0, name: "swap terms")
        #expect(
            throws: DataError.invalidArgument(operation: "swap terms", message: "at least two terms expected, got 1")
        ) {
            try texts().pairsBySwapping(["deaf"], using: &stream)
        }
        #expect(throws: DataError.noTermFound(set: "a", terms: ["x", "y"])) {
            try texts().pairsBySwapping(["x", "y"], using: &stream)
        }
        for words in [[], ["tall", "!"]] {
            #expect(
                throws: DataError.invalidArgument(
                    operation: "swap terms", message: "words to put in the place of terms expected, got \(words)")
            ) {
                try texts().pairsBySwapping(["deaf"], with: words, using: &stream)
            }
        }
    }
}
