internal import RLEditCore

/// Whether a run gave the same results when it was run again.
public struct Verification: Sendable {
    public enum Verdict: String, Sendable {
        /// Every file and every number is the same.
        case sameBytes = "same bytes"
        /// On other kernels, or with another version of the program: every held-out measure is near enough.
        case withinTolerance = "within tolerance"
        case differs
    }

    /// Something that is not the same.
    struct Difference: Equatable, Sendable {
        let what: String
        let recorded: String
        let again: String
        /// How far it may be off; nil where nothing is allowed.
        let allowed: String?
        let isAllowed: Bool
    }

    let differences: [Difference]
    /// Files and numbers that were compared.
    let files: Int
    let numbers: Int
    /// Why other bytes are allowed, in words; nil when they are not.
    let excuse: String?

    public var verdict: Verdict {
        if differences.isEmpty { return .sameBytes }
        return excuse != nil && differences.allSatisfy(\.isAllowed) ? .withinTolerance : .differs
    }

    /// Compares what a run has recorded with what it came to when it was run again.
    public init(of recorded: RunResults, again: RunResults) {
        let version = "rledit"
        let causes = [
            recorded.manifest.numericKernels == again.manifest.numericKernels
                ? nil : "kernels '\(recorded.manifest.numericKernels)' and '\(again.manifest.numericKernels)'",
            recorded.manifest.versions[version] == again.manifest.versions[version]
                ? nil : "version \(recorded.manifest.versions[version]?.string ?? "?") of the program",
        ].compactMap { $0 }
        excuse = causes.isEmpty ? nil : causes.joined(separator: " and ")
        let hasExcuse = excuse != nil

        var found: [Difference] = []
        /// - Parameter isFree: whether this may differ where bytes may.
        func compare(_ what: String, _ recorded: String?, _ again: String?, isFree: Bool) {
            guard recorded != again else { return }
            let isAllowed = hasExcuse && isFree && recorded != nil && again != nil
            found.append(
                Difference(
                    what: what, recorded: Verification.short(recorded), again: Verification.short(again),
                    allowed: isAllowed ? "any" : nil, isAllowed: isAllowed))
        }
        for (name, one, other) in Verification.pairs(Verification.facts(recorded), Verification.facts(again)) {
            compare(name, one, other, isFree: name.hasPrefix("set "))
        }
        let hashes = Verification.pairs(
            recorded.hashes.map { ($0.name, $0.hash) }, again.hashes.map { ($0.name, $0.hash) })
        for (name, one, other) in hashes { compare(name, one, other, isFree: true) }

        let numbers = Verification.pairs(Verification.results(recorded), Verification.results(again))
        for (name, one, other) in numbers where one != other {
            let allowance = Verification.allowance(name, one, other, recorded.manifest)
            let isAllowed = hasExcuse && (allowance.map { $0.distance <= $0.limit } ?? !Verification.isHeldOut(name))
            let limit =
                hasExcuse
                ? allowance.map { $0.limit.isFinite ? NumberText.significant($0.limit, digits: 3) : "any" } : nil
            found.append(
                Difference(
                    what: name, recorded: Verification.shown(one), again: Verification.shown(other),
                    allowed: limit ?? (isAllowed ? "any" : nil), isAllowed: isAllowed))
        }
        differences = found
        files = hashes.count
        self.numbers = numbers.count
    }

    // MARK: - What is compared

    /// What the run was of: the same for every kernel set, but for sets that a network chose.
    private static func facts(_ results: RunResults) -> [(String, String)] {
        let manifest = results.manifest
        return [("configuration", JSONValue.object(manifest.configuration).text)]
            + manifest.data.map { ("\($0.kind.rawValue) \($0.file ?? $0.name)", $0.hash) }
            + manifest.sets.map { ("set \($0.name)\($0.heldOut ? " (held out)" : "")", $0.hash) }
    }

    /// The results of each seed by name, without what the clock says.
    private static func results(_ results: RunResults) -> [(String, JSONValue)] {
        results.summary.seeds.flatMap { seed in
            let prefix = results.summary.seeds.count > 1 ? "seed \(seed.seed): " : ""
            return leaves(RunSummary.json(seed, detailed: true)).filter {
                $0.name != "seconds" && !$0.name.hasPrefix("costs.")
            }.map { (prefix + $0.name, $0.value) }
        }
    }

    /// The values of a document that hold no others, each under the path that leads there.
    private static func leaves(_ value: JSONValue, at path: String = "") -> [(name: String, value: JSONValue)] {
        func joined(_ part: String) -> String { path.isEmpty ? part : "\(path).\(part)" }
        switch value {
        case .object(let object): return object.members.flatMap { leaves($0.value, at: joined($0.key)) }
        case .array(let items): return items.enumerated().flatMap { leaves($1, at: joined("\($0 + 1)")) }
        default: return [(path, value)]
        }
    }

    /// Values of both lists by name, in the order of the first; nil where a list has none.
    private static func pairs<Value>(
        _ one: [(String, Value)], _ other: [(String, Value)]
    ) -> [(name: String, one: Value?, other: Value?)] {
        let first = Dictionary(one) { first, _ in first }
        let second = Dictionary(other) { first, _ in first }
        return (one + other).map(\.0).unique.map { ($0, first[$0], second[$0]) }
    }

    private static func shown(_ value: JSONValue?) -> String { value?.string.map { short($0) } ?? value?.text ?? "–" }

    private static func short(_ text: String?) -> String { text.map { $0.count > 16 ? "\($0.prefix(8))…" : $0 } ?? "–" }
}
