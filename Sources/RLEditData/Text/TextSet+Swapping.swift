public import RLEditTensor

extension TextSet {
    /// The texts that mention a term, and the same texts with each term in place of another: pairs that say the same of
    /// others (Garg et al. 2019 call them counterfactual). Both sets have the words with blanks between them, in lower case,
    /// so that a pair differs in its terms only; labels are kept.
    /// - Parameters:
    ///   - terms: at least two, or one where there are substitutes; a term becomes the same other one throughout a text.
    ///   - substitutes: what takes the place of terms, for example `person`; nil for the other terms.
    ///   - stream: draws what takes the place of a term.
    /// - Throws: ``DataError/noTermFound(set:terms:)``, or what is wrong with the terms.
    public func pairsBySwapping(
        _ terms: [String], with substitutes: [String]? = nil, using stream: inout RandomStream
    ) throws(DataError) -> (original: TextSet, swapped: TextSet) {
        guard substitutes != nil || terms.count >= 2 else {
            throw .invalidArgument(operation: "swap terms", message: "at least two terms expected, got \(terms.count)")
        }
        let replacements = (substitutes ?? terms).map { Tokenizer.words($0) }
        guard !replacements.isEmpty, !replacements.contains([]) else {
            throw .invalidArgument(
                operation: "swap terms",
                message: "words to put in the place of terms expected, got \(substitutes ?? terms)")
        }
        let matcher = try TermMatcher(terms)
        var texts: (original: [String], swapped: [String]) = ([], [])
        var labels: [Int] = []
        for index in 0..<count {
            let words = Tokenizer.words(text(index))
            let mentions = matcher.mentions(in: words)
            guard !mentions.isEmpty else { continue }
            var others: [Int: Int] = [:]
            var changed: [String] = []
            var place = 0
            for (range, term) in mentions {
                if others[term] == nil {
                    others[term] =
                        substitutes == nil
                        ? (term + 1 + stream.index(below: terms.count - 1)) % terms.count
                        : stream.index(below: replacements.count)
                }
                changed += words[place..<range.lowerBound]
                changed += replacements[others[term] ?? term]
                place = range.upperBound
            }
            changed += words[place...]
            texts.original.append(words.joined(separator: " "))
            texts.swapped.append(changed.joined(separator: " "))
            labels.append(Int(orderedLabels[index]))
        }
        guard !labels.isEmpty else { throw .noTermFound(set: name, terms: terms) }
        return (
            try TextSet(name: name, source: source, texts: texts.original, labels: labels),
            try TextSet(name: name, source: source, texts: texts.swapped, labels: labels)
        )
    }
}
