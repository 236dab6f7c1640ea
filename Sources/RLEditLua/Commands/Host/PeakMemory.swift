internal import Foundation

/// The most memory that this process has held, as Linux counts it (proc(5): `VmHWM`).
enum PeakMemory {
    /// Open for as long as the process lives: a confined one may not open it.
    private static let counter = FileHandle(forWritingAtPath: "/proc/self/clear_refs")

    /// To be called before the process is confined.
    static func prepare() { _ = counter }

    /// Starts the count again. Without effect where the system does not let it.
    static func reset() { try? counter?.write(contentsOf: Data("5".utf8)) }

    /// Megabytes (10⁶ bytes) since the last reset; nil where the system does not tell.
    static var megabytes: Double? {
        guard let text = try? String(contentsOfFile: "/proc/self/status", encoding: .utf8),
            let line = text.split(separator: "\n").first(where: { $0.hasPrefix("VmHWM:") }),
            let kibibytes = line.split(whereSeparator: { !$0.isNumber }).first.flatMap({ Double($0) })
        else { return nil }
        return kibibytes * 1024 / 1e6
    }
}
