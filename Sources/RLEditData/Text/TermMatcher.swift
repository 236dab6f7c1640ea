/// Finds terms, words or sequences of words, in texts: whole words only, the longest term at a place first.
///
/// After a match the search goes on after it, so that `african american` is one mention of that term and none of
/// `american`. Terms and texts are cut into words by ``Tokenizer``, so case and punctuation do not matter.
package struct TermMatcher: Sendable {
    /// As they were given.
    package let terms: [String]
    /// The words that occur in terms.
    private var words = WordTable()
    /// For each word the terms that begin with it, longest first: their words by number, and their place in `terms`.
    private var byFirstWord: [[(words: [Int32], term: Int32)]] = []

    /// - Throws: ``DataError/invalidTerm(_:reason:)`` for a term without a word, or two that have the same words.
    package init(_ terms: [String]) throws(DataError) {
        self.terms = terms
        guard !terms.isEmpty else { throw .invalidArgument(operation: "terms", message: "the list is empty") }
        for (index, term) in terms.enumerated() {
            let sequence = Tokenizer.words(term).map { Int32(truncatingIfNeeded: words.insert($0)) }
            while byFirstWord.count < words.count { byFirstWord.append([]) }
            guard let first = sequence.first else { throw .invalidTerm(term, reason: "holds no word") }
            guard !byFirstWord[Int(first)].contains(where: { $0.words == sequence }) else {
                throw .invalidTerm(term, reason: "is in the list twice")
            }
            byFirstWord[Int(first)].append((sequence, Int32(truncatingIfNeeded: index)))
        }
        for index in byFirstWord.indices { byFirstWord[index].sort { $0.words.count > $1.words.count } }
    }

    /// The terms that a text mentions, by their place in the list, ascending, each once.
    func terms(in text: UnsafeBufferPointer<UInt8>) -> [Int] {
        var sequence: [Int32] = []
        Tokenizer.forEachWord(in: text) { sequence.append(words.find($0).map { Int32(truncatingIfNeeded: $0) } ?? -1) }
        return Set(mentions(in: sequence).map(\.term)).sorted()
    }

    /// Where words of a text are a term, by its place in the list, in the order of the text.
    /// - Parameter text: words as ``Tokenizer`` cuts them.
    func mentions(in text: [String]) -> [(words: Range<Int>, term: Int)] {
        mentions(
            in: text.map { word in
                var word = word
                return word.withUTF8 { words.find($0).map { Int32(truncatingIfNeeded: $0) } ?? -1 }
            })
    }

    /// The same of words by number, -1 for those that no term has.
    private func mentions(in sequence: [Int32]) -> [(words: Range<Int>, term: Int)] {
        var found: [(words: Range<Int>, term: Int)] = []
        var position = 0
        while position < sequence.count {
            let candidates = sequence[position] >= 0 ? byFirstWord[Int(sequence[position])] : []
            guard let match = candidates.first(where: { sequence[position...].starts(with: $0.words) }) else {
                position += 1
                continue
            }
            found.append((position..<position + match.words.count, Int(match.term)))
            position += match.words.count
        }
        return found
    }

    /// The terms of a file, one a line; empty lines are passed over.
    /// - Throws: ``DataError`` naming the file and the line.
    package static func terms(file path: String) throws(DataError) -> [String] {
        let lines = LineReader(try GzipReader(path: path))
        var terms: [String] = []
        while let line = try lines.next() {
            let term = String(decoding: line, as: UTF8.self)
            if term.utf8.contains(where: { $0 > 32 }) { terms.append(term) }
        }
        return terms
    }
}

extension TextSet {
    /// The same texts with a group for each term: a text belongs to the groups of the terms that it mentions, as whole
    /// words; where terms overlap, the longest counts (``TermMatcher``).
    /// - Throws: ``DataError/noTermFound(set:terms:)`` when no text mentions any of them; a single term that nobody
    ///   mentions is a group without members.
    public func groupedByTerms(_ terms: [String]) throws(DataError) -> TextSet {
        let matcher = try TermMatcher(terms)
        let memberships = (0..<count).map { withText($0) { matcher.terms(in: $0) } }
        guard memberships.contains(where: { !$0.isEmpty }) else { throw .noTermFound(set: name, terms: terms) }
        return try withGroups(ExampleGroups(names: terms, groupsOfExamples: memberships))
    }
}
