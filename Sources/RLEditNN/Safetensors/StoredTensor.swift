/// Where files keep a parameter that is not a tensor of its own name there: under another name, as some of the rows of a
/// larger tensor, or with more dimensions.
///
/// PyTorch's files hold the queries, keys and values of an attention as one tensor `in_proj_weight`. A network has three
/// matrices instead, so that each can be edited by itself.
public struct StoredTensor: Sendable, Equatable {
    /// The tensor's name in files.
    public let name: String
    /// Which of the ``parts`` the parameter is, from 1.
    public let part: Int
    /// How many blocks of equally many rows the tensor is made of.
    public let parts: Int
    /// Dimensions of the tensor where it has more than the parameter; the first ones are 1.
    public let rank: Int?

    /// - Throws: ``NetworkError/stored(name:reason:)`` for a part or a rank that cannot be.
    public init(name: String, part: Int = 1, parts: Int = 1, rank: Int? = nil) throws(NetworkError) {
        guard !name.isEmpty, !name.hasControlCharacter else {
            throw .stored(name: name, reason: "a name is expected that is not empty and holds no control character")
        }
        guard (1...64).contains(parts), (1...parts).contains(part) else {
            throw .stored(name: name, reason: "a part between 1 and \(parts) of at most 64 is expected, got \(part)")
        }
        guard rank.map({ (1...16).contains($0) }) ?? true else {
            throw .stored(name: name, reason: "a rank between 1 and 16 is expected, got \(rank ?? 0)")
        }
        self.name = name
        self.part = part
        self.parts = parts
        self.rank = rank
    }

    /// The tensor's shape for a parameter of this one; nil where no tensor can have it.
    package func shape(forParameter shape: [Int]) -> [Int]? {
        var shape = shape
        if parts > 1 {
            guard let rows = shape.first else { return nil }
            let (all, overflow) = rows.multipliedReportingOverflow(by: parts)
            guard !overflow else { return nil }
            shape[0] = all
        }
        guard let rank else { return shape }
        guard rank >= shape.count else { return nil }
        return Array(repeating: 1, count: rank - shape.count) + shape
    }
}
