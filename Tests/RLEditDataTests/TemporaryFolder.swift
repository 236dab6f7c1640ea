import Foundation
import RLEditTestSupport

/// A folder that is removed when the test lets go of it.
final class TemporaryFolder: Sendable {
    let path: String

    init() throws {
        let url = FileManager.default.temporaryDirectory.appendingPathComponent("rledit-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        // Without links, as paths come back from the code under test.
        path =
            realpath(url.path, nil).map { resolved in
                defer { free(resolved) }
                return String(cString: resolved)
            } ?? url.path
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    /// Write a file and give its path; folders on the way are made.
    @discardableResult
    func write(_ name: String, _ bytes: [UInt8]) throws -> String {
        let file = "\(path)/\(name)"
        try FileManager.default.createDirectory(
            atPath: (file as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
        try Data(bytes).write(to: URL(fileURLWithPath: file))
        return file
    }

    /// The file compressed by the system's gzip, as path.
    func gzip(_ name: String) throws -> String {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/gzip")
        process.arguments = ["-k", "-f", "\(path)/\(name)"]
        try process.run()
        process.waitUntilExit()
        return "\(path)/\(name).gz"
    }
}

/// Bytes of an IDX file.
func idx(magic: UInt32, _ dimensions: [Int], _ data: [UInt8]) -> [UInt8] {
    ([magic] + dimensions.map { UInt32($0) }).flatMap { word in
        [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: word >> $0) }
    } + data
}
