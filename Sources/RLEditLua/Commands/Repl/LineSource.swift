internal import RLEditData

/// Where the lines of an interactive session come from.
package protocol LineSource: AnyObject, Sendable {
    /// Whether somebody types them and sees prompts.
    var isTerminal: Bool { get }
    /// Waits for the next line.
    /// - Parameter complete: asked with the text before the cursor.
    func next(prompt: String, complete: (String) -> LineCompletion) -> LineInput
    /// Keeps a line, to be found again.
    func remember(_ line: [UInt8])
}

/// What waiting for a line came to.
package enum LineInput: Equatable, Sendable {
    /// Its bytes without the line's end.
    case line([UInt8])
    /// Ctrl-C: what was typed is dropped.
    case interrupted
    case end
}

/// Lines of standard input that is not a terminal: no prompts, no completion.
///
/// Used by one thread at a time.
package final class PipedLines: LineSource, @unchecked Sendable {
    package let isTerminal = false
    private let source: any ByteSource
    private var buffer: [UInt8] = []
    private var position = 0
    private var isAtEnd = false

    package init() { source = StandardInput() }

    init(_ source: any ByteSource) { self.source = source }

    package func next(prompt: String, complete: (String) -> LineCompletion) -> LineInput {
        while true {
            if let end = buffer[position...].firstIndex(of: UInt8(ascii: "\n")) {
                let line = Array(buffer[position..<end])
                position = end + 1
                return .line(line)
            }
            if isAtEnd { break }
            buffer.removeFirst(position)
            position = 0
            refill()
        }
        guard position < buffer.count else { return .end }
        defer { position = buffer.count }
        return .line(Array(buffer[position...]))
    }

    /// What cannot be read ends the input.
    private func refill() {
        let more = [UInt8](unsafeUninitializedCapacity: 1 << 16) { bytes, count in
            count = (try? source.read(into: UnsafeMutableRawBufferPointer(bytes))) ?? 0
        }
        isAtEnd = more.isEmpty
        buffer += more
    }

    package func remember(_ line: [UInt8]) {}
}
