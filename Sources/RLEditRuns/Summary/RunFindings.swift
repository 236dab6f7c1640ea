internal import RLEditCore

/// What a run has shown of its own task, a sentence each.
enum RunFindings {
    static func constant(_ reward: Double, candidates: Int) -> String {
        "the reward was \(NumberText.significant(reward)) for all of \(NumberText.grouped(candidates)) candidates: there is "
            + "nothing to learn from"
    }

    /// Changes of a measure on the reward's set below this share of its value do not count.
    private static let leastChange = 0.01
    /// A held-out change in the other direction counts from this share of that change on.
    private static let leastOpposition = 0.1

    /// Says where the edit moved a measure that the reward reads one way on the reward's set, and the other way on the
    /// held-out set of the same name: it fits the reward's examples and not what they are examples of.
    /// - Parameters:
    ///   - unedited: `<set>.<measure>` of the reward's sets, before.
    ///   - edited: the same, after.
    /// - Returns: nil where they move together.
    static func parting(
        unedited: [NamedNumber], edited: [NamedNumber], heldOut: [HeldOutResult], stage: Stage
    ) -> String? {
        let parts = unedited.compactMap { before -> String? in
            guard let after = edited[before.name],
                let dot = before.name.lastIndex(of: "."),
                let result = heldOut.first(where: { $0.set == before.name[..<dot] })
            else { return nil }
            let measure = String(before.name[before.name.index(after: dot)...])
            func value(_ stage: Stage) -> Double? { result[stage]?[measure] }
            guard let first = value(.before), let last = value(stage) else { return nil }
            let (change, unseen) = (after - before.value, last - first)
            guard abs(change) > leastChange * max(abs(before.value), abs(after)), change * unseen < 0,
                abs(unseen) > leastOpposition * abs(change)
            else { return nil }
            let texts = [before.value, after, first, last].map { MeasureText.of($0, measure: measure) }
            let title = MeasureText.title(measure)
            return "\(result.set) \(title) went from \(texts[0]) to \(texts[1]) on the reward's set, and "
                + "from \(texts[2]) to \(texts[3]) on the held-out set"
        }
        return parts.isEmpty
            ? nil
            : "the edit fits the reward's examples and not the held-out ones: \(parts.joined(separator: "; "))"
    }
}
