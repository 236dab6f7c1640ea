internal import RLEditCore
package import RLEditTensor

/// The words that a text classifier knows, and how it weighs them: makes the sparse inputs of a network from texts.
///
/// Words are numbered by falling number of occurrences in the texts that the vocabulary was made of, equal ones by their
/// UTF-8. Words of a text that are not in the vocabulary do not count; a text without any word of it is a row of zeros.
public struct Vocabulary: Sendable {
    /// What a word in a text becomes.
    public enum Weights: String, Sendable, CaseIterable {
        /// 1 for a word that occurs.
        case binary
        /// How often it occurs.
        case counts
        /// Number of occurrences × inverse document frequency ln((1 + n) / (1 + d)) + 1, where d of the n texts that the
        /// vocabulary was made of hold the word; each text is then scaled to Euclidean length 1 (Salton and Buckley
        /// 1988, in scikit-learn's smoothed form).
        case tfidf
    }

    /// Largest number of words, and bytes of a word: larger ones are never kept.
    public static let largestSize = 1 << 20
    public static let longestWord = 255

    public let weights: Weights
    /// How often a word had to occur to be taken up.
    public let minimumCount: Int
    /// Number of texts that the vocabulary was made of.
    public let documentCount: Int
    /// How many of those hold each word.
    package let documentFrequencies: [Int]
    private let table: WordTable
    /// Inverse document frequencies, empty unless `weights` wants them.
    private let inverseFrequencies: [Double]

    /// Number of words.
    public var count: Int { table.count }
    /// The words by number.
    public var words: [String] { (0..<count).map { table[$0] } }

    /// Memory of the words and their numbers.
    package var byteCount: Int { table.byteCount + 16 * count }

    /// The words of some texts.
    /// - Parameters:
    ///   - minimumCount: words that occur less often are left out, at least 1.
    ///   - maximumSize: how many words are kept at most, the most frequent ones.
    /// - Throws: ``DataError/invalidArgument(operation:message:)`` for settings out of range, or when no word is left.
    public init(
        of texts: TextSet, minimumCount: Int = 1, maximumSize: Int = 5000, weights: Weights = .binary
    ) throws(DataError) {
        guard minimumCount >= 1 else {
            throw .invalidArgument(
                operation: "vocabulary", message: "minimumCount must be at least 1, got \(minimumCount)")
        }
        guard maximumSize >= 1, maximumSize <= Vocabulary.largestSize else {
            throw .invalidArgument(
                operation: "vocabulary",
                message: "maximumSize must be from 1 to \(Vocabulary.largestSize), got \(maximumSize)")
        }
        var all = WordTable()
        var counts: [Int] = []
        var frequencies: [Int] = []
        var lastText: [Int] = []
        for index in 0..<texts.count {
            texts.withText(index) { text in
                Tokenizer.forEachWord(in: text) { word in
                    guard word.count <= Vocabulary.longestWord else { return }
                    let number = all.insert(word)
                    if number == counts.count {
                        counts.append(0)
                        frequencies.append(0)
                        lastText.append(-1)
                    }
                    counts[number] += 1
                    if lastText[number] != index { frequencies[number] += 1 }
                    lastText[number] = index
                }
            }
        }
        let ranked = (0..<counts.count).filter { counts[$0] >= minimumCount }
            .sorted {
                counts[$0] != counts[$1]
                    ? counts[$0] > counts[$1] : all.slice($0).lexicographicallyPrecedes(all.slice($1))
            }
            .prefix(maximumSize)
        guard !ranked.isEmpty else {
            throw .invalidArgument(
                operation: "vocabulary",
                message: "no word of set '\(texts.name)' occurs at least \(minimumCount) times")
        }
        var table = WordTable()
        for number in ranked { all.slice(number).withUnsafeBufferPointer { _ = table.insert($0) } }
        self.init(
            table: table, weights: weights, minimumCount: minimumCount, documentCount: texts.count,
            documentFrequencies: ranked.map { frequencies[$0] })
    }

    /// A vocabulary that was saved.
    /// - Throws: ``DataError/invalidArgument(operation:message:)`` for parts that no vocabulary has.
    public init(
        words: [String], weights: Weights, minimumCount: Int, documentCount: Int, documentFrequencies: [Int]
    ) throws(DataError) {
        func refuse(_ message: String) -> DataError { .invalidArgument(operation: "vocabulary", message: message) }
        guard !words.isEmpty, words.count <= Vocabulary.largestSize else {
            throw refuse("1 to \(Vocabulary.largestSize) words expected, got \(words.count)")
        }
        guard words.count == documentFrequencies.count else {
            throw refuse("\(words.count) words, but \(documentFrequencies.count) document frequencies")
        }
        guard minimumCount >= 1, documentCount >= 1, documentCount <= 1 << 53 else {
            throw refuse("counts must be positive")
        }
        guard documentFrequencies.allSatisfy({ $0 >= 1 && $0 <= documentCount }) else {
            throw refuse("document frequencies must be from 1 to \(documentCount)")
        }
        var table = WordTable()
        for (index, word) in words.enumerated() {
            guard !word.isEmpty, word.utf8.count <= Vocabulary.longestWord else {
                throw refuse("word \(index + 1) is empty or longer than \(Vocabulary.longestWord) bytes")
            }
            guard Tokenizer.words(word) == [word] else { throw refuse("'\(word)' is not one word in lower case") }
            guard table.insert(word) == index else { throw refuse("'\(word)' is there twice") }
        }
        self.init(
            table: table, weights: weights, minimumCount: minimumCount, documentCount: documentCount,
            documentFrequencies: documentFrequencies)
    }

    private init(
        table: WordTable, weights: Weights, minimumCount: Int, documentCount: Int, documentFrequencies: [Int]
    ) {
        self.table = table
        self.weights = weights
        self.minimumCount = minimumCount
        self.documentCount = documentCount
        self.documentFrequencies = documentFrequencies
        inverseFrequencies =
            weights == .tfidf
            ? documentFrequencies.map { PortableMath.log(Double(1 + documentCount) / Double(1 + $0)) + 1 } : []
    }

    /// The number of a word, 0-based; nil when it is not there. Case does not matter.
    public func index(of word: String) -> Int? {
        let words = Tokenizer.words(word)
        return words.count == 1 ? table.find(words[0]) : nil
    }

    /// Whether the vocabulary has all words of a term.
    public func contains(_ term: String) -> Bool {
        let words = Tokenizer.words(term)
        return !words.isEmpty && words.allSatisfy { table.find($0) != nil }
    }

    /// A set as networks take it: sparse rows of `count` columns, with the labels, groups, weights, name and source of the texts.
    public func encode(_ texts: TextSet) throws -> ExampleSet {
        var encoder = Encoder(self)
        for index in 0..<texts.count { texts.withText(index) { encoder.append($0) } }
        return try ExampleSet(
            name: texts.name, source: texts.source, sparse: try encoder.finish(), labels: texts.labels,
            texts: texts
        ).with(texts.labelling)
    }

    /// Rows for texts that have no labels.
    package func rows(_ texts: [[UInt8]]) throws(TensorError) -> SparseRows {
        var encoder = Encoder(self)
        for text in texts { text.withUnsafeBufferPointer { encoder.append($0) } }
        return try encoder.finish()
    }

    /// Rows in the making.
    private struct Encoder {
        private let vocabulary: Vocabulary
        private var offsets = [0]
        private var indices: [Int32] = []
        private var values: [Float] = []
        /// Occurrences of each word in the current text; zeros between texts.
        private var occurrences: [Int32]
        private var present: [Int32] = []

        init(_ vocabulary: Vocabulary) {
            self.vocabulary = vocabulary
            occurrences = Array(repeating: 0, count: vocabulary.count)
        }

        mutating func append(_ text: UnsafeBufferPointer<UInt8>) {
            present.removeAll(keepingCapacity: true)
            Tokenizer.forEachWord(in: text) { word in
                guard let number = vocabulary.table.find(word) else { return }
                if occurrences[number] == 0 { present.append(Int32(truncatingIfNeeded: number)) }
                occurrences[number] &+= 1
            }
            present.sort()
            var squares = 0.0
            let start = values.count
            for number in present {
                let count = Double(occurrences[Int(number)])
                occurrences[Int(number)] = 0
                indices.append(number)
                switch vocabulary.weights {
                case .binary: values.append(1)
                case .counts: values.append(Float(count))
                case .tfidf:
                    let weight = count * vocabulary.inverseFrequencies[Int(number)]
                    squares += weight * weight
                    values.append(Float(weight))
                }
            }
            if vocabulary.weights == .tfidf, squares > 0 {
                let length = squares.squareRoot()
                for index in start..<values.count { values[index] = Float(Double(values[index]) / length) }
            }
            offsets.append(indices.count)
        }

        consuming func finish() throws(TensorError) -> SparseRows {
            try SparseRows(columns: vocabulary.count, offsets: offsets, indices: indices, values: values)
        }
    }
}

extension Vocabulary: Equatable {
    public static func == (left: Vocabulary, right: Vocabulary) -> Bool {
        left.weights == right.weights && left.minimumCount == right.minimumCount
            && left.documentCount == right.documentCount && left.documentFrequencies == right.documentFrequencies
            && left.words == right.words
    }
}

extension Vocabulary: CustomStringConvertible {
    /// For example `vocabulary of 5000 words (binary): the, to, a, …`.
    public var description: String {
        let shown = (0..<min(5, count)).map { table[$0] }.joined(separator: ", ")
        return "vocabulary of \(count) words (\(weights.rawValue)): \(shown)\(count > 5 ? ", …" : "")"
    }
}
