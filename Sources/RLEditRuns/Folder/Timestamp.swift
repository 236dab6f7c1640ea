internal import Foundation

/// A moment in local time, for names of folders and for manifests.
public struct Timestamp: Sendable, Equatable {
    /// Seconds since 1970-01-01 00:00 UTC.
    public let seconds: Int

    public init(seconds: Int) { self.seconds = seconds }

    public static var now: Timestamp { Timestamp(seconds: time(nil)) }

    /// Now, or `start` when the clock was set back since: what began does not end before it.
    public static func end(of start: Timestamp) -> Timestamp { Timestamp(seconds: max(now.seconds, start.seconds)) }

    /// `20260131-235959` in local time.
    public var compact: String { formatted("%Y%m%d-%H%M%S") }

    /// `2026-01-31T23:59:59+0100` (ISO 8601) in local time.
    public var iso: String { formatted("%Y-%m-%dT%H:%M:%S%z") }

    private func formatted(_ format: String) -> String {
        var moment = time_t(seconds)
        var parts = tm()
        localtime_r(&moment, &parts)
        var buffer = [UInt8](repeating: 0, count: 64)
        let count = buffer.withUnsafeMutableBytes { bytes in
            strftime(bytes.baseAddress?.assumingMemoryBound(to: CChar.self), bytes.count, format, &parts)
        }
        return String(decoding: buffer.prefix(count), as: UTF8.self)
    }
}
