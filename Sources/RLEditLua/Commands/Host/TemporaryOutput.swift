internal import Foundation

/// A folder for what a script writes while it is only tried; made when it is first asked for.
final class TemporaryOutput {
    private let folder: String

    /// - Parameter folder: nil for one under the system's temporary folder.
    init(folder: String? = nil) {
        self.folder = folder ?? TemporaryOutput.newPath()
    }

    static func newPath() -> String {
        FileManager.default.temporaryDirectory.appendingPathComponent("rledit-\(UUID().uuidString)").path
    }

    func path() throws -> String {
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        return folder
    }

    func remove() { try? FileManager.default.removeItem(atPath: folder) }
}
