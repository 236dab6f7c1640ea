internal import RLEditTensor

/// Comments with a label, 1 for a toxic one: Jigsaw's where they are found, generated ones elsewhere.
public struct Comments: Sendable {
    public let train: TextSet
    public let validation: TextSet
    public let test: TextSet
    /// `jigsaw` or `generated`.
    public let source: String
    /// Relative to its data root; nil for generated ones.
    public let file: String?

    /// Where Jigsaw's comments lie below a data root: columns `comment_text` and `toxic`, at least.
    public static let path = "jigsaw/comments.csv"

    /// SHA-256 over all comments and labels.
    public var hash: String {
        SHA256Digest.hex(of: train.contentHash + validation.contentHash + test.contentHash)
    }
    /// For manifests.
    package var name: String { source == "generated" ? "generated comments" : "jigsaw comments" }

    /// Jigsaw's comments if a data root holds them, else generated ones; `source` of the result says which. The first 70 %
    /// of the file are for training, the next 10 % for validation, the rest for testing.
    /// - Throws: ``DataError`` for a file that is there and not sound.
    public static func comments(locations: DataLocations = DataLocations()) throws(DataError) -> Comments {
        guard let resolved = try locations.resolveIfThere(path) else { return try generated() }
        let all = try TextSet(
            table: resolved, name: "comments", source: path,
            columns: TableColumns(.texts("comment_text"), label: "toxic"))
        return try Comments(all, source: "jigsaw", file: path)
    }

    /// Comments made from templates: the same for a seed on every machine.
    ///
    /// Toxic ones are rude about an edit or its author, in inoffensive words. Some mention one of the terms of
    /// ``Templates/generated(seed:)``; in the training part half of those terms occur nearly always in toxic comments, the
    /// other half nearly never. That bias is planted: in the other parts a term says nothing about the label. Every
    /// twentieth label or so is wrong, so that no classifier is perfect.
    /// - Throws: ``DataError/invalidArgument(operation:message:)`` for a count outside 0 ... 1,000,000.
    public static func generated(
        seed: UInt64 = 0, trainCount: Int = 4000, validationCount: Int = 500, testCount: Int = 1200
    ) throws(DataError) -> Comments {
        let limit = 1_000_000
        for count in [trainCount, validationCount, testCount] where count < 0 || count > limit {
            throw .invalidArgument(
                operation: "generated comments", message: "a count must be within 0 and \(limit), got \(count)")
        }
        let root = RandomStream(seed: seed, name: "generated comments")
        func set(_ name: String, _ count: Int, isBiased: Bool) throws(DataError) -> TextSet {
            let stream = root.split(name)
            let drawn = (0..<count).map { TextGenerator.comment(stream.split("comment", $0), isBiased: isBiased) }
            return try TextSet(
                name: name, source: "generated", texts: drawn.map(\.text), labels: drawn.map(\.label))
        }
        return Comments(
            train: try set("train", trainCount, isBiased: true),
            validation: try set("validation", validationCount, isBiased: false),
            test: try set("test", testCount, isBiased: false), source: "generated", file: nil)
    }

    private init(_ all: TextSet, source: String, file: String?) throws(DataError) {
        let parts = try all.split(fractions: [0.7, 0.1])
        self.init(
            train: parts[0].named("train"), validation: parts[1].named("validation"), test: parts[2].named("test"),
            source: source, file: file)
    }

    private init(train: TextSet, validation: TextSet, test: TextSet, source: String, file: String?) {
        self.train = train
        self.validation = validation
        self.test = test
        self.source = source
        self.file = file
    }
}

extension Comments: CustomStringConvertible {
    public var description: String {
        "comments (\(source)): train \(train.count), validation \(validation.count), test \(test.count)"
    }
}

/// Sentences that say the same of each of many identity terms, half of them toxic (label 1): Conversation AI's where they
/// are found, generated ones elsewhere. A fair classifier does as well on one term as on another.
public struct Templates: Sendable {
    /// With a group for each term.
    public let sentences: TextSet
    /// In the order of their list.
    public let terms: [String]
    /// `jigsaw` or `generated`.
    public let source: String
    /// Relative to its data root; nil for generated ones.
    public let file: String?

    /// Where Conversation AI's sentences and their terms lie below a data root.
    public static let path = "jigsaw/bias_madlibs_77k.csv"
    public static let termsPath = "jigsaw/identity_terms.txt"

    /// SHA-256 over sentences, labels and groups.
    public var hash: String { sentences.contentHash }
    /// For manifests.
    package var name: String { source == "generated" ? "generated templates" : "jigsaw templates" }

    /// Conversation AI's sentences if a data root holds them and Jigsaw's comments, else generated ones; `source` of the
    /// result says which. So comments and templates always go together.
    /// - Throws: ``DataError`` for a file that is there and not sound, or lacks its list of terms.
    public static func templates(locations: DataLocations = DataLocations()) throws(DataError) -> Templates {
        guard let resolved = try locations.resolveIfThere(path), try locations.resolveIfThere(Comments.path) != nil
        else {
            return try generated()
        }
        let terms = try TermMatcher.terms(file: try locations.resolve(termsPath))
        let sentences = try TextSet(
            table: resolved, name: "templates", source: path,
            columns: TableColumns(.texts("Text"), label: "Label", labels: .named([("NOT_BAD", 0), ("BAD", 1)])))
        return Templates(
            sentences: try sentences.groupedByTerms(terms), terms: terms, source: "jigsaw", file: path)
    }

    /// Sentences about harmless identities (trades and pastimes), in an order drawn from the seed: the same on every
    /// machine. A few of the terms occur in no generated comment, as some do in real ones.
    public static func generated(seed: UInt64 = 0) throws(DataError) -> Templates {
        let made = TextGenerator.templates()
        let sentences = try TextSet(
            name: "templates", source: "generated", texts: made.map(\.text), labels: made.map(\.label))
        return Templates(
            sentences: try sentences.shuffled(seed: seed).groupedByTerms(TextGenerator.terms),
            terms: TextGenerator.terms, source: "generated", file: nil)
    }
}

extension Templates: CustomStringConvertible {
    public var description: String { "templates (\(source)): \(sentences.count) sentences, \(terms.count) terms" }
}

extension DataLocations {
    /// The file of a data root; nil when no root holds it. A file that is there but may not be read is an error.
    func resolveIfThere(_ path: String) throws(DataError) -> String? {
        do throws(DataError) {
            return try resolve(path)
        } catch {
            switch error {
            case .fileNotFound: return nil
            // It lies in the current folder, which is no data root.
            case .pathRefused where !roots.contains(where: { realPath("\($0)/\(path)") != nil }): return nil
            default: throw error
            }
        }
    }
}
