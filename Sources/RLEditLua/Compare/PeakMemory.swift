internal import Foundation

/// The most memory that this process has held, as Linux counts it (proc(5): `VmHWM`).
enum PeakMemory {
    /// Begins to count anew. Without effect where the system does not let it.
    static func reset() {
        guard let file = FileHandle(forWritingAtPath: "/proc/self/clear_refs") else { return }
        try? file.write(contentsOf: Data("5".utf8))
        try? file.close()
    }

    /// Megabytes (10⁶ bytes) since the last reset; nil where the system does not tell.
    static var megabytes: Double? {
        guard let text = try? String(contentsOfFile: "/proc/self/status", encoding: .utf8),
            let line = text.split(separator: "\n").first(where: { $0.hasPrefix("VmHWM:") }),
            let kibibytes = line.split(whereSeparator: { !$0.isNumber }).first.flatMap({ Double($0) })
        else { return nil }
        return kibibytes * 1024 / 1e6
    }
}
