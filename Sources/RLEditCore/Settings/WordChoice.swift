/// A setting that is one of the cases of an enumeration, whose raw values are the words that users write.
public struct WordChoice<Owner> {
    /// In the order of the cases.
    public let words: [String]
    /// The word of an owner's value; nil where it has none.
    public let word: (Owner) -> String?
    /// Takes a word.
    /// - Returns: false for one that is not among ``words``.
    public let take: (String, inout Owner) -> Bool

    init<Word: RawRepresentable<String> & CaseIterable>(_ path: WritableKeyPath<Owner, Word>) {
        words = Word.allCases.map(\.rawValue)
        word = { $0[keyPath: path].rawValue }
        take = { text, owner in
            guard let word = Word(rawValue: text) else { return false }
            owner[keyPath: path] = word
            return true
        }
    }

    init<Word: RawRepresentable<String> & CaseIterable>(_ path: WritableKeyPath<Owner, Word?>) {
        words = Word.allCases.map(\.rawValue)
        word = { $0[keyPath: path]?.rawValue }
        take = { text, owner in
            guard let word = Word(rawValue: text) else { return false }
            owner[keyPath: path] = word
            return true
        }
    }
}
