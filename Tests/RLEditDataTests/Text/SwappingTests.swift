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

    @Test("each text becomes as many pairs as asked for, the first of them as if it were alone")
    func repetitions() throws {
        func pairs(times: Int) throws -> (original: TextSet, swapped: TextSet) {
            var stream = RandomStream(seed: 3, name: "swap terms")
            return try texts().pairsBySwapping(terms, times: times, using: &stream)
        }
        let (once, often) = (try pairs(times: 1), try pairs(times: 8))
        #expect(often.original.count == 16 && often.swapped.labels == [Int](repeating: 1, count: 16))
        for index in 0..<16 { #expect(often.original.text(index) == once.original.text(index % 2)) }
        #expect((0..<2).allSatisfy { often.swapped.text($0) == once.swapped.text($0) })
        #expect(Set((0..<16).map { often.swapped.text($0) }).count > 3)
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
        for times in [0, 1001] {
            #expect(
                throws: DataError.invalidArgument(
                    operation: "swap terms", message: "times from 1 to 1000 expected, got \(times)")
            ) {
                try texts().pairsBySwapping(terms, times: times, using: &stream)
            }
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
