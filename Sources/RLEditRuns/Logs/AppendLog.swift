internal import Foundation
public import RLEditCore
internal import Synchronization

/// A log that cannot be continued.
public struct LogResumeError: Error, Equatable, Sendable, CustomStringConvertible {
    public let path: String
    /// Bytes the checkpoint counts on.
    public let expected: Int
    /// Bytes the file has.
    public let actual: Int
    public var description: String {
        "cannot resume '\(path)': the checkpoint was taken after \(expected) bytes of it, only \(actual) are left"
    }
}

/// A file that only grows, written in lines through a buffer.
///
/// A checkpoint stores `synchronize()`'s offset. A resumed run cuts the file back to it, so that what a killed run wrote
/// after its last checkpoint is written again: to the same bytes as by a run that was never killed.
public final class AppendLog: Sendable {
    public let path: String
    private let state: Mutex<State>

    private struct State: ~Copyable {
        let file: FileDescriptor
        var buffer: [UInt8] = []
        var flushed: Int

        mutating func flush() throws(FileError) {
            if buffer.isEmpty { return }
            try file.write(buffer)
            flushed += buffer.count
            buffer.removeAll(keepingCapacity: true)
        }
    }

    private static let bufferSize = 1 << 16

    /// Begin an empty log, replacing a file of that name.
    public init(creating path: String) throws(FileError) {
        self.path = path
        state = Mutex(State(file: try FileDescriptor(path, .write), flushed: 0))
    }

    /// Continue a log at a checkpoint's offset; what follows it is dropped.
    /// - Throws: ``LogResumeError`` when the file is shorter than that, or ``FileError``.
    public init(resuming path: String, at offset: Int) throws {
        self.path = path
        let file = try FileDescriptor(path, .update)
        let size = try file.size()
        guard offset >= 0, size >= offset else { throw LogResumeError(path: path, expected: offset, actual: size) }
        try file.truncate(to: offset)
        state = Mutex(State(file: file, flushed: offset))
    }

    /// Add one line; the newline is added here.
    public func append(line: String) throws(FileError) { try append(bytes: Array(line.utf8) + [0x0A]) }

    /// Add one JSON document as a line.
    public func append(_ value: JSONValue) throws(FileError) {
        var bytes: [UInt8] = []
        value.append(to: &bytes)
        bytes.append(0x0A)
        try append(bytes: bytes)
    }

    /// Add bytes as they are.
    func append(bytes: [UInt8]) throws(FileError) {
        try state.withLock { (state) throws(FileError) in
            state.buffer += bytes
            if state.buffer.count >= AppendLog.bufferSize { try state.flush() }
        }
    }

    /// Hand everything to the system, so that other programs can read it.
    public func flush() throws(FileError) { try state.withLock { (state) throws(FileError) in try state.flush() } }

    /// Hand everything to the disk.
    /// - Returns: the length of the log in bytes, for the checkpoint that is written next.
    public func synchronize() throws(FileError) -> Int {
        try state.withLock { (state) throws(FileError) in
            try state.flush()
            try state.file.synchronize()
            return state.flushed
        }
    }

    /// Length in bytes, buffered ones included.
    public var length: Int { state.withLock { $0.flushed + $0.buffer.count } }
}
