internal import Synchronization

/// Copies of this program that make one run together: each measures a part of the candidates.
///
/// Every process runs the same script with the same seed and comes to the same candidates and rewards; only what was
/// measured travels, as 64-bit words. All processes call ``gather(_:for:)`` in the same order. What a call is for, and the
/// latest ``note(_:)``, travel with it, so that processes which part are found at once.
public final class ProcessGroup: Sendable {
    /// This process, from 0. Process 0 alone prints and writes.
    public let index: Int
    public let count: Int
    /// Sends this process's words and returns those of all, in their order.
    private let exchange: @Sendable ([UInt64]) throws -> [[UInt64]]
    private let together = Atomic<Bool>(false)
    private let noted = Atomic<UInt64>(0)

    /// What is gathered.
    package enum Purpose: UInt64, Sendable {
        case start, stop, measures, scores, fit, clock, cells

        /// What differs when processes part here.
        fileprivate var text: String {
            switch self {
            case .start: "is at the start of a run"
            case .stop: "is between two updates"
            case .measures: "measures candidates"
            case .scores: "computes scores"
            case .fit: "fits a network"
            case .clock: "reads a clock"
            case .cells: "is between two cells of a comparison"
            }
        }
    }

    public init(index: Int, count: Int, exchange: @escaping @Sendable ([UInt64]) throws -> [[UInt64]]) {
        self.index = index
        self.count = count
        self.exchange = exchange
    }

    /// Whether this process is the one that prints and writes.
    public var isFirst: Bool { index == 0 }

    /// Whether all processes do the same now: from the script's first line to the end of its loop. What follows is done by
    /// process 0 alone.
    package var isTogether: Bool {
        get { together.load(ordering: .relaxed) }
        set { together.store(newValue, ordering: .relaxed) }
    }

    /// Everybody's words, in the order of the processes.
    /// - Throws: ``ProcessGroupError`` when another process does something else, or what the way between them throws.
    package func gather(_ words: [UInt64], for purpose: Purpose) throws -> [[UInt64]] {
        let note = noted.load(ordering: .relaxed)
        let all = try exchange([purpose.rawValue, note] + words)
        guard all.count == count else { throw ProcessGroupError.incomplete(got: all.count, expected: count) }
        for (process, part) in all.enumerated() {
            guard part.count >= 2, let other = Purpose(rawValue: part[0]) else {
                throw ProcessGroupError.incomplete(got: part.count, expected: 2)
            }
            guard other == purpose else {
                throw ProcessGroupError.apart(
                    process: process, does: other.text, first: index, expected: purpose.text)
            }
            guard part[1] == all[0][1] else { throw ProcessGroupError.different(process: process, what: "actions") }
        }
        return all.map { Array($0[2...]) }
    }

    /// Everybody's texts, in the order of the processes.
    /// - Throws: as ``gather(_:for:)``.
    package func gather(text: String, for purpose: Purpose) throws -> [String] {
        let bytes = Array(text.utf8)
        let words = stride(from: 0, to: bytes.count, by: 8).map { start in
            bytes[start..<min(start + 8, bytes.count)].reversed().reduce(0) { $0 << 8 | UInt64($1) }
        }
        return try gather([UInt64(bytes.count)] + words, for: purpose).map { part in
            guard let count = part.first, (count + 7) / 8 == part.count - 1 else {
                throw ProcessGroupError.incomplete(got: part.count, expected: 1)
            }
            let bytes = part.dropFirst().flatMap { word in (0..<8).map { UInt8(truncatingIfNeeded: word >> ($0 * 8)) } }
            return String(decoding: bytes.prefix(Int(count)), as: UTF8.self)
        }
    }

    /// What process 0 says.
    package func first(_ word: UInt64, for purpose: Purpose) throws -> UInt64 {
        try gather([word], for: purpose)[0].first ?? 0
    }

    /// Compares what must be equal at the start of a run.
    /// - Parameter facts: texts by what they are of.
    /// - Throws: ``ProcessGroupError/different(process:what:)`` that names the first that differs.
    public func agree(on facts: [(name: String, text: String)]) throws {
        let all = try gather(facts.map { Digest.of($0.text.utf8.lazy.map { UInt64($0) }) }, for: .start)
        for (process, digests) in all.enumerated() {
            for (fact, digest) in facts.indices.map({ ($0, digests.indices.contains($0) ? digests[$0] : 0) })
            where digest != all[0][fact] {
                throw ProcessGroupError.different(process: process, what: facts[fact].name)
            }
        }
    }

    /// Keeps a digest of the actions that come next, to be compared when their measures are gathered.
    package func note(_ actions: UnsafeBufferPointer<Float>) {
        noted.store(Digest.of(actions.lazy.map { UInt64($0.bitPattern) }), ordering: .relaxed)
    }

    /// The part of `count` pieces that this process does: in order, whole groups of `group`, as even as those allow.
    package func share(of count: Int, inGroupsOf group: Int) -> Range<Int> {
        let groups = (count + group - 1) / group
        func start(_ process: Int) -> Int { min(groups * process / self.count * group, count) }
        return start(index)..<start(index + 1)
    }

    /// The 64-bit FNV-1a hash, over words in place of bytes: finds accidents, not attacks.
    private enum Digest {
        static func of(_ words: some Sequence<UInt64>) -> UInt64 {
            words.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ $1) &* 0x100_0000_01B3 }
        }
    }
}

/// Processes that do not make the same run.
public enum ProcessGroupError: Error, Equatable, Sendable, CustomStringConvertible {
    /// Something that has to be equal differs from that of process 0.
    case different(process: Int, what: String)
    /// A process has come to another place than this one.
    case apart(process: Int, does: String, first: Int, expected: String)
    /// What arrived is not what a process sends.
    case incomplete(got: Int, expected: Int)
    /// A process has ended.
    case ended(message: String)

    public var description: String {
        switch self {
        case .different(let process, "actions"):
            "process \(process) proposes other actions than process 0: all processes must compute the same. Does the script "
                + "read a clock or a file that differs between machines, or do the machines have other processors?"
        case .different(let process, let what):
            "process \(process) has another \(what) than process 0: all processes must make the same run"
        case .apart(let process, let does, let first, let expected):
            "process \(process) \(does) while process \(first) \(expected): all processes must do the same in the same order. "
                + "Does the script read a clock or a file that differs between machines?"
        case .incomplete(let got, let expected):
            "a message between the processes holds \(got) parts, expected \(expected)"
        case .ended(let message): message
        }
    }
}
