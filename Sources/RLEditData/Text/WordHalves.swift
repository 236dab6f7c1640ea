package import RLEditTensor

/// Sentences of templates in two parts that share no word but those of grammar and the terms.
package struct WordHalves {
    package let first: TextSet
    package let second: TextSet

    /// Words that sentences of any content have.
    private static let grammar: Set = ["a", "am", "are", "being", "i", "is", "you"]

    /// Words of sentences with the same labels are halved apart, so that each half has as many of each kind. A sentence
    /// with words of both halves is in neither part, one without words that count in both.
    /// - Parameter stream: draws the halves.
    package init(of templates: Templates, using stream: inout RandomStream) throws(DataError) {
        let sentences = templates.sentences
        let ignored = Self.grammar.union(templates.terms.flatMap { Tokenizer.words($0) })
        let words = (0..<sentences.count).map { index in
            Tokenizer.words(sentences.text(index)).filter { !ignored.contains($0) }
        }
        var labelsOf: [String: Set<Int>] = [:]
        for (list, label) in zip(words, sentences.labels) {
            for word in list { labelsOf[word, default: []].insert(label) }
        }
        var kinds: [[Int]: [String]] = [:]
        for (word, labels) in labelsOf { kinds[labels.sorted(), default: []].append(word) }
        var isFirst: [String: Bool] = [:]
        for kind in kinds.keys.sorted(by: { $0.lexicographicallyPrecedes($1) }) {
            let list = (kinds[kind] ?? []).sorted()
            for (place, index) in stream.permutation(list.count).enumerated() {
                isFirst[list[index]] = place < list.count / 2
            }
        }
        func part(_ half: Bool) throws(DataError) -> TextSet {
            try sentences.subset(words.indices.filter { words[$0].allSatisfy { isFirst[$0] == half } })
        }
        (first, second) = (try part(true), try part(false))
    }
}
