/// An ordered set of labelled texts, before a vocabulary makes numbers of them.
///
/// A value, as ``ExampleSet``: sets derived from one another share the texts and copy indices only. Texts are kept as
/// UTF-8, one after the other. Indices are 0-based here; the script interface adds one.
public struct TextSet: Sendable {
    /// Short name for tables and messages, for example `train`.
    public let name: String
    /// Where the texts come from, for example a file's path or `generated`.
    public let source: String

    let storage: TextStorage
    /// Texts of the storage in the order of the set.
    let order: [Int32]
    /// Labels, groups and weights in the order of the set.
    package let labelling: Labelling
    private let hashCache = ContentHashCache()

    package var orderedLabels: [Int32] { labelling.labels }
    /// Named groups and which texts belong to them; nil for none.
    public var groups: ExampleGroups? { labelling.groups }
    /// How much each text counts in training; nil where all count the same.
    public var weights: [Float]? { labelling.weights }
    /// What the labels 0, 1, … are called; empty where nobody said.
    public var classNames: [String] { labelling.classNames }

    /// Number of texts.
    public var count: Int { order.count }
    public var isEmpty: Bool { order.isEmpty }
    /// Labels in the order of the set: a new array at each call, O(count).
    public var labels: [Int] { orderedLabels.map(Int.init) }
    /// Bytes that the texts take, whether shared with other sets or not.
    package var byteCount: Int { storage.byteCount }

    /// - Parameters:
    ///   - texts: none without a character.
    ///   - labels: one for each text, from 0 on.
    /// - Throws: ``DataError`` naming what does not fit.
    public init(name: String, source: String, texts: [String], labels: [Int]) throws(DataError) {
        guard texts.count == labels.count else {
            throw .unpaired(examples: "texts", count: texts.count, labels: labels.count)
        }
        var storage = TextStorage.Builder()
        for (position, text) in texts.enumerated() {
            guard text.utf8.contains(where: { $0 > 32 }) else { throw .emptyText(set: name, position: position) }
            storage.append(text.utf8)
        }
        try self.init(name: name, source: source, texts: storage.finish(), labels: labels)
    }

    private init(name: String, source: String, texts: TextStorage, labels: [Int]) throws(DataError) {
        guard labels.count <= Int(Int32.max) else {
            throw .invalidArgument(operation: "text set", message: "more texts than a set can hold")
        }
        self.init(
            name: name, source: source, storage: texts, order: (0..<labels.count).map { Int32($0) },
            labelling: try Labelling(labels, of: name))
    }

    /// Parts already checked.
    init(name: String, source: String, storage: TextStorage, order: [Int32], labelling: Labelling) {
        self.name = name
        self.source = source
        self.storage = storage
        self.order = order
        self.labelling = labelling
    }

    /// A text.
    /// - Precondition: `0 ..< count`.
    public func text(_ index: Int) -> String {
        withText(index) { String(decoding: $0, as: UTF8.self) }
    }

    /// The UTF-8 of a text, valid during the call.
    func withText<Result>(_ index: Int, _ body: (UnsafeBufferPointer<UInt8>) -> Result) -> Result {
        storage.withText(Int(order[index]), body)
    }

    /// Number of texts of each label that occurs, by ascending label.
    public var classCounts: [(label: Int, count: Int)] { labelling.classCounts }

    /// SHA-256 over texts, labels, groups and weights in the order of the set; names of sets do not enter. Computed once.
    public var contentHash: String {
        hashCache.value {
            var hasher = SHA256Digest.Hasher()
            hasher.update("rledit text set 1\n")
            hasher.update(count)
            // Bounds before contents, so that no two different sets give the same bytes.
            for index in order.indices { withText(index) { hasher.update($0.count) } }
            for index in order.indices { withText(index) { hasher.update(UnsafeRawBufferPointer($0)) } }
            orderedLabels.withUnsafeBytes { hasher.update($0) }
            for name in groups?.names ?? [] {
                hasher.update(name.utf8.count)
                hasher.update(name)
            }
            for index in order.indices {
                guard let groups else { break }
                let memberships = groups.groups(of: index)
                hasher.update(memberships.count)
                for group in memberships { hasher.update(group) }
                if groups.isKnown?[index] == false { hasher.update("unknown") }
            }
            if let weights {
                hasher.update("weights")
                weights.withUnsafeBytes { hasher.update($0) }
            }
            return hasher.finish()
        }
    }
}

extension TextSet: CustomStringConvertible {
    /// Size and label counts, for example `train (comments.csv): 6617 texts; labels 0: 3567, 1: 3050`, and groups if any.
    public var description: String { "\(name) (\(source)): \(count) texts\(labelling.summary)" }
}
