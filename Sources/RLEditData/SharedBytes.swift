internal import Foundation

/// Bytes that many sets share: an object, so that sharing is an identity that can be asked for.
package final class SharedBytes: Sendable {
    private let contents: Contents

    private enum Contents: Sendable {
        case array([UInt8])
        case block(ByteBlock)
    }

    init(_ values: [UInt8]) { contents = .array(values) }
    /// - Parameter block: not changed any more.
    init(_ block: ByteBlock) { contents = .block(block) }

    func withUnsafeBufferPointer<Result>(_ body: (UnsafeBufferPointer<UInt8>) -> Result) -> Result {
        switch contents {
        case .array(let values): values.withUnsafeBufferPointer(body)
        case .block(let block): body(UnsafeBufferPointer(block.bytes))
        }
    }
}

/// Memory that grows without being copied, for contents whose size nobody knows beforehand: where an array would be held
/// twice while it grows, the system moves the pages of a block.
///
/// Invariant: `bytes` is one block of malloc, or empty. It has one writer, who hands out parts that do not overlap; once it
/// belongs to a ``SharedBytes``, nobody writes.
final class ByteBlock: @unchecked Sendable {
    private(set) var bytes = UnsafeMutableBufferPointer<UInt8>(start: nil, count: 0)

    deinit { free(bytes.baseAddress) }

    /// Makes the block as large as that, or smaller; what is in it stays.
    /// - Returns: false when there is no such memory; then the block is as before.
    func resize(to count: Int) -> Bool {
        guard count != bytes.count else { return true }
        guard let base = realloc(bytes.baseAddress, max(1, count)) else { return false }
        bytes = UnsafeMutableBufferPointer(start: base.assumingMemoryBound(to: UInt8.self), count: count)
        return true
    }
}
