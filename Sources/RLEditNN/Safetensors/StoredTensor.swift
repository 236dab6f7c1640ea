internal import RLEditTensor

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

/// A tensor as files hold it: one parameter, or several of one shape whose rows follow each other.
struct FileTensor: Sendable, Equatable {
    let name: String
    let shape: [Int]
    /// Names of the parameters in the order of their rows.
    let parameters: [String]

    /// The tensors of a network in the order of their first parameters.
    /// - Throws: ``NetworkError/stored(name:reason:)`` for parts that do not make up a tensor.
    static func all(of nodes: [Network.Node]) throws(NetworkError) -> [FileTensor] {
        var order: [String] = []
        var parts: [String: [(place: StoredTensor?, parameter: String, shape: [Int])]] = [:]
        for node in nodes {
            let known = node.layer.parameters.map(\.name)
            if let other = node.stored.keys.sorted().first(where: { !known.contains($0) }) {
                throw .unknownParameter(name: "\(node.name).\(other)", known: known.map { "\(node.name).\($0)" })
            }
            for parameter in node.layer.parameters {
                let full = "\(node.name).\(parameter.name)"
                let place = node.stored[parameter.name]
                let name = place?.name ?? full
                if parts[name] == nil { order.append(name) }
                parts[name, default: []].append((place, full, parameter.shape))
            }
        }
        var result: [FileTensor] = []
        for name in order {
            let members = (parts[name] ?? []).sorted { ($0.place?.part ?? 1) < ($1.place?.part ?? 1) }
            let (place, _, shape) = members[0]
            let count = place?.parts ?? 1
            guard members.map({ $0.place?.part ?? 1 }) == Array(1...count),
                members.allSatisfy({
                    $0.shape == shape && $0.place?.parts == place?.parts && $0.place?.rank == place?.rank
                })
            else {
                throw .stored(
                    name: name,
                    reason: "it is made of \(members.map(\.parameter).joined(separator: ", ")), expected each of "
                        + "\(count) part\(count == 1 ? "" : "s") once, and all of one shape")
            }
            guard let whole = place.map({ $0.shape(forParameter: shape) }) ?? shape else {
                throw .stored(name: name, reason: "a parameter of shape \(shape) cannot be kept as it says")
            }
            result.append(FileTensor(name: name, shape: whole, parameters: members.map(\.parameter)))
        }
        return result
    }

    /// The tensor with a network's values.
    func value(in network: Network) throws -> Tensor? {
        let values = parameters.compactMap { network.parameter($0) }
        guard values.count == parameters.count else { return nil }
        if values.count == 1, values[0].shape == shape { return values[0] }
        return try Tensor(shape: shape) { buffer in
            var place = 0
            for value in values {
                for scalar in value.scalars {
                    buffer[place] = scalar
                    place += 1
                }
            }
        }
    }

    /// Gives each parameter its rows.
    func set(_ value: Tensor, in network: inout Network) throws {
        let scalars = value.scalars
        let count = scalars.count / max(parameters.count, 1)
        for (index, name) in parameters.enumerated() {
            guard let shape = network.parameter(name)?.shape else { continue }
            if parameters.count == 1, shape == value.shape {
                try network.setParameter(name, value)
            } else {
                try network.setParameter(
                    name, Tensor(Array(scalars[index * count..<(index + 1) * count]), shape: shape))
            }
        }
    }
}
