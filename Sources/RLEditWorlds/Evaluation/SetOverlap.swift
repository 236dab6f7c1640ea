internal import RLEditData

/// What is odd about the sets of a task: examples that are to be forgotten and kept, and held-out ones that the reward sees.
package enum SetOverlap {
    /// - Parameter place: after the names, for example ` of lenet, class 7`.
    /// - Returns: nil when the two sets share nothing.
    package static func conflict(_ forget: NamedSet, _ retain: NamedSet, place: String = "") -> String? {
        let shared = forget.examples.overlap(with: retain.examples)
        guard shared > 0 else { return nil }
        return "the sets '\(forget.name)' and '\(retain.name)'\(place)\(place.isEmpty ? "" : ",") share \(shared) of "
            + "\(forget.examples.count) examples"
    }

    /// A sentence for each held-out set that shares examples with sets that the reward reads.
    package static func leaks(from seen: [NamedSet], into heldOut: [NamedSet], place: String = "") -> [String] {
        heldOut.compactMap { set in
            let sources = seen.filter { set.examples.overlap(with: $0.examples) > 0 }
            guard !sources.isEmpty else { return nil }
            let shared = set.examples.overlap(with: sources.map(\.examples))
            let names = sources.map { "'\($0.name)'" }
            let last = names[names.count - 1]
            let list = names.count == 1 ? last : names.dropLast().joined(separator: ", ") + " and " + last
            return "held-out set '\(set.name)'\(place) shares \(shared) of its \(set.examples.count) "
                + "example\(set.examples.count == 1 ? "" : "s") with the reward's set\(names.count == 1 ? "" : "s") "
                + "\(list): figures on it are not held out"
        }
    }
}
