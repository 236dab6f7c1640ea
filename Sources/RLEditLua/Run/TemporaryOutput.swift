internal import Foundation

/// A folder for what a script writes while it is only tried; made when it is first asked for.
final class TemporaryOutput {
    private var folder: String?

    /// - Parameter folder: one that is there already; nil for one under the system's temporary folder.
    init(folder: String? = nil) { self.folder = folder }

    func path() throws -> String {
        if let folder { return folder }
        let url = FileManager.default.temporaryDirectory.appendingPathComponent("rledit-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        folder = url.path
        return url.path
    }

    func remove() { if let folder { try? FileManager.default.removeItem(atPath: folder) } }
}
