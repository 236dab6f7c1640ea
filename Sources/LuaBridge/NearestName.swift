/// Suggestions for misspelt names.
package enum NearestName {
    /// The candidate that is fewest edits away from `name`, if that is few enough to be a misspelling; the first in byte
    /// order among equals.
    package static func of(_ name: String, among candidates: some Sequence<String>) -> String? {
        let letters = Array(name.utf8.prefix(64))
        let allowed = max(1, min(3, letters.count / 3))
        var best: (distance: Int, name: String)?
        for candidate in candidates.sorted(by: { $0.utf8.lexicographicallyPrecedes($1.utf8) }) {
            let other = Array(candidate.utf8.prefix(64))
            guard candidate != name, abs(other.count - letters.count) <= allowed else { continue }
            let distance = distance(letters, other)
            if distance <= allowed, distance < (best?.distance ?? Int.max) { best = (distance, candidate) }
        }
        return best?.name
    }

    /// ` (did you mean 'x'?)`, or nothing.
    package static func suggestion(for name: String, among candidates: some Sequence<String>) -> String {
        of(name, among: candidates).map { " (did you mean '\($0)'?)" } ?? ""
    }

    /// Optimal string alignment: insertions, deletions, substitutions and swaps of neighbours cost one each; letters that
    /// differ only in case cost nothing but break ties by order.
    private static func distance(_ left: [UInt8], _ right: [UInt8]) -> Int {
        let left = left.map(lowercase)
        let right = right.map(lowercase)
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
        return last[right.count]
    }

    private static func lowercase(_ byte: UInt8) -> UInt8 { (65...90).contains(byte) ? byte + 32 : byte }
}
