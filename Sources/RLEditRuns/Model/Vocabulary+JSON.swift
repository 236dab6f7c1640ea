public import RLEditCore
public import RLEditData
public import RLEditNN
internal import RLEditTensor

/// The vocabulary of a text classifier as JSON: what goes with the network in its metadata and into its files.
///
///     {"format": 1, "rules": "words-1", "weights": "binary", "minimum_count": 1, "documents": 6617,
///      "words": ["the", "to", …], "document_frequencies": [4021, 3500, …]}
///
/// `rules` names the way in which texts are cut into words.
extension Vocabulary {
    /// Where networks and files keep it.
    public static let key = "rledit.vocabulary"
    private static let format = 1

    public var json: JSONValue {
        [
            "format": .integer(Vocabulary.format), "rules": .string(Tokenizer.rules),
            "weights": .string(weights.rawValue),
            "minimum_count": .integer(minimumCount), "documents": .integer(documentCount),
            "words": .array(words.map(JSONValue.string)),
            "document_frequencies": .array(documentFrequencies.map(JSONValue.integer)),
        ]
    }

    /// - Parameter path: of the file that the text is from, for messages.
    /// - Throws: ``ModelFileError/malformed(path:key:reason:)``.
    public init(parsing text: String, path: String) throws(ModelFileError) {
        func refuse(_ reason: String) -> ModelFileError { .malformed(path: path, key: Vocabulary.key, reason: reason) }
        let json: JSONValue
        do { json = try JSONValue(parsing: text) } catch { throw refuse(error.description) }
        guard json["format"]?.integer == Vocabulary.format else {
            throw refuse("its format is not \(Vocabulary.format)")
        }
        guard json["rules"]?.string == Tokenizer.rules else {
            throw refuse("its texts are cut into words by other rules than '\(Tokenizer.rules)'")
        }
        guard let weights = json["weights"]?.string.flatMap(Weights.init(rawValue:)),
            let minimumCount = json["minimum_count"]?.integer, let documents = json["documents"]?.integer,
            let words = json["words"]?.array, let frequencies = json["document_frequencies"]?.array
        else { throw refuse("a field is missing or of another kind") }
        let texts = words.compactMap(\.string)
        let counts = frequencies.compactMap(\.integer)
        guard texts.count == words.count, counts.count == frequencies.count else {
            throw refuse("'words' must be strings, 'document_frequencies' whole numbers")
        }
        do {
            try self.init(
                words: texts, weights: weights, minimumCount: minimumCount, documentCount: documents,
                documentFrequencies: counts)
        } catch {
            throw refuse(error.description)
        }
    }
}

extension Network {
    /// The network with this vocabulary, which then goes with it into copies, edited networks and files.
    /// - Throws: ``ModelFileError/otherVocabulary(words:input:)`` when it does not read as many words.
    public func with(_ vocabulary: Vocabulary) throws(ModelFileError) -> Network {
        guard inputShape == [vocabulary.count] else {
            throw .otherVocabulary(words: vocabulary.count, input: inputShape)
        }
        var result = self
        result.metadata[Vocabulary.key] = vocabulary.json.text
        return result
    }

    /// The vocabulary that goes with the network; nil for none. Parsed at each call.
    public func vocabulary() throws(ModelFileError) -> Vocabulary? {
        guard let text = metadata[Vocabulary.key] else { return nil }
        return try Vocabulary(parsing: text, path: "the model")
    }
}
