import CProcessGroup
import Foundation
import RLEditTensor

/// The way from this process to the others of its run: pipes to its agent, which speaks MPI (`Sources/mpi-agent`).
///
/// A frame is two 64-bit numbers, kind and bytes, and as many bytes. The thread of the run alone uses the pipes.
struct ProcessAgent: Sendable {
    /// As in `agent.c`.
    private enum Kind: UInt64 {
        case hello = 1
        case part, all, fail, over
    }

    private let fromAgent: Int32
    private let toAgent: Int32
    /// As in `agent.c`.
    private static let mostBytes = 1 << 30

    /// Becomes two processes; goes on in the one that may be confined. To be called before any other thread exists.
    /// - Parameter path: the agent's program.
    /// - Throws: ``ProcessGroupError`` when it cannot be started.
    init(path: String) throws {
        var (input, output): (Int32, Int32) = (-1, -1)
        let status = cprocessgroup_begin(path, &input, &output)
        guard status == 0 else {
            throw ProcessGroupError.ended(message: "cannot start '\(path)': \(String(cString: strerror(status)))")
        }
        (fromAgent, toAgent) = (input, output)
    }

    /// The processes of the run.
    /// - Throws: ``ProcessGroupError`` when MPI does not start.
    func group() throws -> ProcessGroup {
        let place = try receive(.hello)
        guard place.count == 2 else { throw ProcessGroupError.incomplete(got: place.count, expected: 2) }
        let count = Int(clamping: place[1])
        return ProcessGroup(index: Int(clamping: place[0]), count: count) { part in
            try part.withUnsafeBytes { try send(.part, $0) }
            let words = try receive(.all)
            var parts: [[UInt64]] = []
            var rest = words.dropFirst(count)
            for length in words.prefix(count) {
                let length = Int(clamping: length)
                guard length <= rest.count else {
                    throw ProcessGroupError.incomplete(got: rest.count, expected: length)
                }
                parts.append(Array(rest.prefix(length)))
                rest = rest.dropFirst(length)
            }
            return parts
        }
    }

    /// Tells the others why this process ends.
    func fail(_ message: String) {
        var message = message
        // It ends in any case.
        try? message.withUTF8 { try send(.fail, UnsafeRawBufferPointer($0)) }
    }

    // MARK: - Frames

    private func send(_ kind: Kind, _ bytes: UnsafeRawBufferPointer) throws {
        guard bytes.count <= ProcessAgent.mostBytes else {
            throw ProcessGroupError.ended(
                message: "a process's measures take more than 1 GB: evaluate fewer candidates a step")
        }
        for part in [Array(words: [kind.rawValue, UInt64(bytes.count)]), Array(bytes)] {
            guard part.withUnsafeBytes({ Terminal.write($0, to: toAgent) }) == nil else { throw ProcessAgent.gone }
        }
    }

    private func receive(_ expected: Kind) throws -> [UInt64] {
        let head = try read(2)
        guard let kind = Kind(rawValue: head[0]), head[1] <= ProcessAgent.mostBytes else { throw ProcessAgent.gone }
        guard kind == expected else {
            let words = try read((Int(head[1]) + 7) / 8, bytes: Int(head[1]))
            let text = words.withUnsafeBytes { String(decoding: $0.prefix(Int(head[1])), as: UTF8.self) }
            throw ProcessGroupError.ended(message: text)
        }
        return try read(Int(head[1]) / 8)
    }

    /// - Parameter bytes: how many are read into the words; nil for all.
    private func read(_ count: Int, bytes: Int? = nil) throws -> [UInt64] {
        try [UInt64](unsafeUninitializedCapacity: count) { words, initialized in
            words.initialize(repeating: 0)
            var rest = UnsafeMutableRawBufferPointer(words)[..<(bytes ?? count * 8)]
            while !rest.isEmpty {
                let got = Foundation.read(
                    fromAgent, UnsafeMutableRawBufferPointer(rebasing: rest).baseAddress, rest.count)
                if got < 0, errno == EINTR { continue }
                guard got > 0 else { throw ProcessAgent.gone }
                rest = rest.dropFirst(got)
            }
            initialized = count
        }
    }

    private static let gone = ProcessGroupError.ended(message: "this process's MPI agent has ended")
}

extension Array<UInt8> {
    fileprivate init(words: [UInt64]) { self = words.withUnsafeBytes { Array($0) } }
}
