internal import RLEditTensor

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
        return try Tensor(values.flatMap(\.scalars), shape: shape)
    }

    /// Gives each parameter its rows.
    func set(_ value: Tensor, in network: inout Network) throws {
        if let name = parameters.first, parameters.count == 1, network.parameter(name)?.shape == shape {
            return try network.setParameter(name, value)
        }
        let scalars = value.scalars
        let count = scalars.count / max(parameters.count, 1)
        for (index, name) in parameters.enumerated() {
            guard let shape = network.parameter(name)?.shape else { continue }
            let rows = scalars[index * count..<(index + 1) * count]
            try network.setParameter(name, Tensor(Array(rows), shape: shape))
        }
    }
}
