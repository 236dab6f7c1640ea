/// Which known name a misspelt one may have meant, and what to say about it.
package enum NearestName {
    /// The most names that one message lists.
    package static let listed = 20

    /// The candidate that `name` begins, the shortest first; else the one that is fewest edits away, if that is few enough to
    /// be a misspelling; else one of whose words it has the initials; else the longest one that begins `name`. Letters that differ only in case cost nothing. Of equals
    /// the first in byte order.
    package static func of(_ name: String, among candidates: some Sequence<String>) -> String? {
        let places = candidates.filter { $0 != name }.map { (place: Place(of: $0, for: name), name: $0) }
        let best = places.filter { $0.place.kind != .other }.min { left, right in
            left.place != right.place ? left.place < right.place : precedes(left.name, right.name)
        }
        return best?.name
    }

    /// Whether `name` is `other` with a typing error.
    package static func isMisspelling(_ name: String, of other: String) -> Bool {
        name != other && distance(letters(name), letters(other)) != nil
    }

    /// ` (did you mean 'x'?)`, or nothing.
    package static func suggestion(for name: String, among candidates: some Sequence<String>) -> String {
        of(name, among: candidates).map { " (did you mean '\($0)'?)" } ?? ""
    }

    /// ` (did you mean 'x'?); fields: x, y, z`: the likeliest name, and what names there are.
    /// - Parameter what: what the names are, in the plural.
    package static func help(for name: String, among candidates: some Sequence<String>, of what: String) -> String {
        let names = Array(candidates)
        guard !names.isEmpty else { return "" }
        return suggestion(for: name, among: names) + "; \(what): \(list(names, near: name))"
    }

    /// The names in their order, or of more than ``listed`` names the nearest ones first and how many more there are.
    package static func list(_ names: [String], near name: String) -> String {
        guard names.count > listed else { return names.joined(separator: ", ") }
        let places = names.map { Place(of: $0, for: name) }
        let order = names.indices.sorted { places[$0] != places[$1] ? places[$0] < places[$1] : $0 < $1 }
        return order.prefix(listed).map { names[$0] }.joined(separator: ", ") + " and \(names.count - listed) more"
    }

    // MARK: - Distance

    /// How near a candidate is to a name.
    private struct Place: Comparable {
        enum Kind: Int { case begunByName, misspelt, initials, beginsName, other }

        let kind: Kind
        let distance: Int

        init(of candidate: String, for name: String) {
            let (given, known) = (letters(name), letters(candidate))
            if given.isEmpty {
                (kind, distance) = (.other, 0)
            } else if given.count > 1, known.starts(with: given) {
                (kind, distance) = (.begunByName, known.count - given.count)
            } else if let edits = NearestName.distance(given, known) {
                (kind, distance) = (.misspelt, edits)
            } else if given.count > 1, known.split(separator: UInt8(ascii: "_")).compactMap(\.first) == given {
                (kind, distance) = (.initials, 0)
            } else if known.count > 3, given.starts(with: known) {
                (kind, distance) = (.beginsName, given.count - known.count)
            } else {
                (kind, distance) = (.other, 0)
            }
        }

        static func < (left: Place, right: Place) -> Bool {
            (left.kind.rawValue, left.distance) < (right.kind.rawValue, right.distance)
        }
    }

    private static func precedes(_ left: String, _ right: String) -> Bool {
        left.utf8.lexicographicallyPrecedes(right.utf8)
    }

    private static func letters(_ name: String) -> [UInt8] {
        name.utf8.prefix(64).map { (65...90).contains($0) ? $0 + 32 : $0 }
    }

    /// Optimal string alignment: insertions, deletions, substitutions and swaps of neighbours cost one each. nil when it is
    /// more than a third of the letters of `left` (at least 1, at most 3).
    private static func distance(_ left: [UInt8], _ right: [UInt8]) -> Int? {
        let allowed = max(1, min(3, left.count / 3))
        guard abs(left.count - right.count) <= allowed else { return nil }
        var beforeLast = [Int](repeating: 0, count: right.count + 1)
        var last = Array(0...right.count)
        for i in 0..<left.count {
            var row = [i + 1] + [Int](repeating: 0, count: right.count)
            for j in 0..<right.count {
                let cost = left[i] == right[j] ? 0 : 1
                row[j + 1] = min(row[j] + 1, last[j + 1] + 1, last[j] + cost)
                if i > 0, j > 0, left[i] == right[j - 1], left[i - 1] == right[j] {
                    row[j + 1] = min(row[j + 1], beforeLast[j - 1] + 1)
                }
            }
            beforeLast = last
            last = row
        }
        return last[right.count] <= allowed ? last[right.count] : nil
    }
}
