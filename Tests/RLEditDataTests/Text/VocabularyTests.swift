import RLEditData
import RLEditTensor
import Testing

@Suite("Vocabularies, and the sparse sets that they make of texts")
struct VocabularyTests {
    private func set(_ texts: [String], labels: [Int]? = nil) throws -> TextSet {
        try TextSet(
            name: "t", source: "test", texts: texts, labels: labels ?? Array(repeating: 0, count: texts.count))
    }

    @Test("words are numbered by falling count, then by themselves, and cut off by count and number")
    func order() throws {
        let texts = try set(["b b b a a c", "c d B", "ä z"])
        #expect(try Vocabulary(of: texts).words == ["b", "a", "c", "d", "z", "ä"])
        #expect(try Vocabulary(of: texts, minimumCount: 2).words == ["b", "a", "c"])
        #expect(try Vocabulary(of: texts, maximumSize: 2).words == ["b", "a"])
        let vocabulary = try Vocabulary(of: texts)
        #expect(
            vocabulary.index(of: "B") == 0 && vocabulary.index(of: "x") == nil && vocabulary.index(of: "a b") == nil)
        #expect(vocabulary.contains("A b") && !vocabulary.contains("a x") && !vocabulary.contains(""))
        #expect(vocabulary.description == "vocabulary of 6 words (binary): b, a, c, d, z, …")
        #expect(throws: DataError.self) { try Vocabulary(of: texts, minimumCount: 5) }
        #expect(throws: DataError.self) { try Vocabulary(of: texts, minimumCount: 0) }
        #expect(throws: DataError.self) { try Vocabulary(of: texts, maximumSize: 0) }
    }

    @Test("counts and TF-IDF weights are scikit-learn's")
    func golden() throws {
        let texts = try set(VocabularyGolden.texts)
        for weights in Vocabulary.Weights.allCases {
            let vocabulary = try Vocabulary(of: texts, weights: weights)
            let inputs = try vocabulary.encode(texts).allInputs()
            for (row, entries) in VocabularyGolden.rows.enumerated() {
                var expected = [Float](repeating: 0, count: vocabulary.count)
                for entry in entries {
                    let column = try #require(vocabulary.index(of: entry.word))
                    expected[column] = weights == .binary ? 1 : weights == .counts ? entry.count : entry.weight
                }
                let actual = inputs.scalars[row * vocabulary.count..<(row + 1) * vocabulary.count]
                #expect(zip(actual, expected).allSatisfy { abs($0 - $1) < 1e-6 }, "\(weights), text \(row)")
            }
        }
    }

    @Test("an encoded set stays sparse, in any selection, and keeps labels and groups")
    func encoding() throws {
        let texts = try set(["b b a", "zzz", "c b", "a"], labels: [1, 0, 1, 0]).groupedByTerms(["a", "b"])
        let vocabulary = try Vocabulary(of: try set(["a b c"]), weights: .counts)
        let encoded = try vocabulary.encode(texts)
        #expect(encoded.isSparse && encoded.exampleShape == [3] && encoded.labels == [1, 0, 1, 0])
        #expect(encoded.groups?.counts == [2, 2])
        #expect(try encoded.allInputs().scalars == [1, 2, 0, 0, 0, 0, 0, 1, 1, 1, 0, 0])
        let picked = try encoded.subset([3, 0])
        #expect(picked.isSparse)
        #expect(try picked.allInputs().scalars == [1, 0, 0, 1, 2, 0])
        guard case .sparse(let rows) = try picked.batchInputs(at: [1]) else {
            Issue.record("dense")
            return
        }
        #expect(rows.count == 1 && rows.elementCount == 2)
        #expect(throws: DataError.self) { try picked.batchInputs(at: [2]) }
        #expect(throws: DataError.self) { try picked.batchInputs(0..<3) }
        // Joined with itself, with others of the same words, and with a dense set.
        #expect(try picked.concat(encoded.take(1)).allInputs().scalars == [1, 0, 0, 1, 2, 0, 1, 2, 0])
        let others = try vocabulary.encode(set(["c c"]))
        let joined = try picked.concat(others)
        #expect(joined.isSparse)
        #expect(try joined.allInputs().scalars == [1, 0, 0, 1, 2, 0, 0, 0, 2])
        let dense = try ExampleSet(name: "d", source: "", inputs: try Tensor.zeros([1, 3]), labels: [0])
        #expect(throws: DataError.self) { try picked.concat(dense) }
        #expect(throws: DataError.self) { try dense.concat(picked) }
    }

    @Test("encoded examples know their texts, selected, shuffled and joined ones too")
    func texts() throws {
        let vocabulary = try Vocabulary(of: set(["a b", "c", "a"]))
        let encoded = try vocabulary.encode(set(["a b", "c", "a"], labels: [0, 1, 0]))
        let other = try vocabulary.encode(set(["c c", "b"], labels: [1, 1]))
        func texts(_ set: ExampleSet) -> [String?] { (0..<set.count).map(set.text) }
        #expect(texts(try encoded.subset([2, 0])) == ["a", "a b"])
        #expect(texts(encoded.partition { $0 == 1 }.rest) == ["a b", "a"])
        #expect(texts(try encoded.drop(1).concat(other.subset([1, 0]))) == ["c", "a", "b", "c c"])
        #expect(texts(try encoded.drop(2).concat(encoded.take(1))) == ["a", "a b"])
        let shuffled = encoded.shuffled(seed: 3)
        for index in 0..<3 {
            let alone = try vocabulary.encode(set([try #require(shuffled.text(index))])).allInputs().scalars
            #expect(try shuffled.inputs(at: [index]).scalars == alone)
        }
        let plain = try ExampleSet(name: "p", source: "s", inputs: Tensor.zeros([2, 3]), labels: [0, 1])
        #expect(plain.text(0) == nil)
    }

    @Test("the hash of a sparse set names its contents")
    func hash() throws {
        let vocabulary = try Vocabulary(of: try set(["a b c"]))
        let encoded = try vocabulary.encode(try set(["a b", "c", "a"], labels: [0, 1, 0]))
        #expect(try encoded.contentHash == encoded.take(1).concat(encoded.drop(1)).contentHash)
        #expect(
            try encoded.contentHash == vocabulary.encode(try set(["b a", "c", "a"], labels: [0, 1, 0])).contentHash)
        // The same words, cut in another place.
        let other = try vocabulary.encode(try set(["a", "b c", "a"], labels: [0, 1, 0]))
        #expect(encoded.contentHash != other.contentHash)
        #expect(
            try encoded.contentHash != vocabulary.encode(try set(["a b", "c", "a"], labels: [0, 1, 1])).contentHash)
    }

    @Test("a saved vocabulary is checked in all parts")
    func restoring() throws {
        func restore(_ words: [String], _ frequencies: [Int], documents: Int = 3) throws -> Vocabulary {
            try Vocabulary(
                words: words, weights: .tfidf, minimumCount: 1, documentCount: documents,
                documentFrequencies: frequencies)
        }
        let made = try Vocabulary(of: try set(["b b a", "b", "c"]), weights: .tfidf)
        #expect(try made == restore(["b", "a", "c"], [2, 1, 1]))
        for (words, frequencies) in [
            ([], []), (["a"], []), (["a", "a"], [1, 1]), (["A"], [1]), (["a b"], [1]), ([""], [1]), (["a"], [0]),
            (["a"], [4]), ([String(repeating: "x", count: 256)], [1]),
        ] as [([String], [Int])] {
            #expect(throws: DataError.self, "\(words) \(frequencies)") { try restore(words, frequencies) }
        }
        #expect(throws: DataError.self) { try restore(["a"], [1], documents: 0) }
    }

    @Test("words too long to be words are left out")
    func longWords() throws {
        let long = String(repeating: "ha", count: 200)
        #expect(try Vocabulary(of: try set(["\(long) b"])).words == ["b"])
    }
}
