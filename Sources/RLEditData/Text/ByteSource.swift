internal import Foundation

/// Bytes that come from front to back: a file, or what another program writes.
package protocol ByteSource: AnyObject {
    /// For messages.
    var path: String { get }
    /// Writes some bytes to the start of `buffer`, which is not empty.
    /// - Returns: how many; 0 only at the end.
    func read(into buffer: UnsafeMutableRawBufferPointer) throws(DataError) -> Int
}

extension GzipReader: ByteSource {}

/// The process's standard input. Gives what is there at once, so that whoever writes line by line is answered so.
package final class StandardInput: ByteSource {
    package let path = "standard input"

    package init() {}

    package func read(into buffer: UnsafeMutableRawBufferPointer) throws(DataError) -> Int {
        while true {
            let count = Foundation.read(STDIN_FILENO, buffer.baseAddress, buffer.count)
            if count >= 0 { return count }
            if errno != EINTR { throw .unreadableFile(path: path, reason: String(cString: strerror(errno))) }
        }
    }
}

/// Bytes of a regular file, compressed or not.
/// - Throws: ``DataError/unreadableFile(path:reason:)``.
package func sizeOfFile(_ path: String) throws(DataError) -> Int { try InputFile(path: path).size }

/// Bytes in memory.
package final class MemorySource: ByteSource {
    package let path: String
    private let bytes: [UInt8]
    private var position = 0

    package init(_ bytes: [UInt8], path: String) {
        self.bytes = bytes
        self.path = path
    }

    package func read(into buffer: UnsafeMutableRawBufferPointer) -> Int {
        let count = min(buffer.count, bytes.count - position)
        buffer.copyBytes(from: bytes[position..<position + count])
        position += count
        return count
    }
}

/// A source in pieces of 64 KiB, of which the reader of a format takes one after the other.
struct BytePieces {
    private(set) var bytes = [UInt8](repeating: 0, count: 1 << 16)
    private(set) var end = 0
    /// The first byte that has not been taken.
    var position = 0
    let source: any ByteSource

    /// UTF-8's byte order mark, which some programs put at the start of a file.
    static let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
    private var isAtStart = true

    init(_ source: any ByteSource) { self.source = source }

    var isExhausted: Bool { position == end }

    /// Takes the next piece; a byte order mark at the start of the source is passed over.
    /// - Returns: false at the end of the source.
    mutating func refill() throws(DataError) -> Bool {
        position = 0
        end = try read(at: 0)
        guard isAtStart else { return end > 0 }
        isAtStart = false
        // A pipe may give less than the mark at first.
        while end > 0, end < 3, bytes[..<end].elementsEqual(BytePieces.mark.prefix(end)) {
            let count = try read(at: end)
            if count == 0 { break }
            end += count
        }
        if end >= 3, bytes[..<3].elementsEqual(BytePieces.mark) { position = 3 }
        // Nothing but a mark is the end of the source, or the next piece is.
        return end > position ? true : end > 0 ? try refill() : false
    }

    private mutating func read(at start: Int) throws(DataError) -> Int {
        var failure: DataError?
        var count = 0
        bytes.withUnsafeMutableBytes { buffer in
            let space = UnsafeMutableRawBufferPointer(rebasing: buffer[start...])
            do throws(DataError) { count = try source.read(into: space) } catch { failure = error }
        }
        if let failure { throw failure }
        return count
    }
}

/// The lines of a text, one after the other, without their ends (LF or CR LF). A byte order mark at the start is dropped.
package final class LineReader {
    /// Longest line, in bytes: a file without line ends would fill the memory.
    package static let longestLine = 1 << 24
    private var pieces: BytePieces
    /// Number of the line read last, from 1.
    package private(set) var number = 0

    package init(_ source: any ByteSource) { pieces = BytePieces(source) }

    /// Whether the next line can be read without waiting for the source.
    package var hasBufferedBytes: Bool { !pieces.isExhausted }

    /// - Throws: ``DataError/invalidText(path:line:fault:)`` for a line that is too long or not UTF-8.
    /// - Returns: nil at the end.
    package func next() throws(DataError) -> [UInt8]? {
        var line: [UInt8] = []
        var isEnded = false
        var isEmpty = true
        while !isEnded {
            if pieces.isExhausted {
                guard try pieces.refill() else { break }
            }
            isEmpty = false
            let rest = pieces.bytes[pieces.position..<pieces.end]
            let newline = rest.firstIndex(of: UInt8(ascii: "\n"))
            line += rest[..<(newline ?? rest.endIndex)]
            pieces.position = newline.map { $0 + 1 } ?? rest.endIndex
            isEnded = newline != nil
            guard line.count <= LineReader.longestLine else {
                throw .invalidText(
                    path: pieces.source.path, line: number + 1, fault: .tooLong(limit: LineReader.longestLine))
            }
        }
        if isEmpty { return nil }
        number += 1
        if line.last == UInt8(ascii: "\r") { line.removeLast() }
        guard String(validating: line, as: UTF8.self) != nil else {
            throw .invalidText(path: pieces.source.path, line: number, fault: .notUTF8)
        }
        return line
    }
}

/// Faults of a plain text, by line.
public enum TextFault: Equatable, Sendable, CustomStringConvertible {
    case tooLong(limit: Int)
    case notUTF8

    public var description: String {
        switch self {
        case .tooLong(let limit): "is longer than \(limit) bytes"
        case .notUTF8: "is not UTF-8; convert the file, for example with iconv"
        }
    }
}
