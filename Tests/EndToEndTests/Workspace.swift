import Foundation

/// A folder of a test's own, with a home of its own: the binary sees nothing of the person's who runs the tests.
final class Workspace {
    let path: String

    /// - Parameter files: texts by name.
    init(_ files: [String: String] = [:]) throws {
        let url = FileManager.default.temporaryDirectory.appendingPathComponent(
            "rledit-end-to-end-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        path = url.resolvingSymlinksInPath().path
        for (name, text) in files { try write(Array(text.utf8), to: name) }
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func write(_ bytes: [UInt8], to name: String) throws {
        let url = URL(fileURLWithPath: "\(path)/\(name)")
        try FileManager.default.createDirectory(
            at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(bytes).write(to: url)
    }

    /// Never inlined: where the bytes turn out to be unused, the optimizer of Swift 6.3 releases the array before the copy
    /// into it, and the copy then writes over memory that belongs to others.
    @inline(never)
    func bytes(_ name: String) -> [UInt8]? { FileManager.default.contents(atPath: "\(path)/\(name)").map(Array.init) }
    func text(_ name: String) -> String { String(decoding: bytes(name) ?? [], as: UTF8.self) }
    func exists(_ name: String) -> Bool { FileManager.default.fileExists(atPath: "\(path)/\(name)") }
    func names(in name: String) -> [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: "\(path)/\(name)")) ?? []).sorted()
    }

    /// Starts the binary in this folder.
    /// - Parameter launcher: a command that gets the binary and its arguments as its own last ones.
    func start(
        _ arguments: [String], environment extra: [String: String] = [:], input: [UInt8]? = nil,
        through launcher: [String] = []
    ) throws -> Running {
        var environment = [
            "HOME": path, "XDG_CACHE_HOME": "\(path)/.cache", "XDG_DATA_HOME": "\(path)/.share", "TZ": "UTC",
            "LANG": "C.UTF-8", "SWIFT_BACKTRACE": "enable=no",
        ]
        environment["PATH"] = ProcessInfo.processInfo.environment["PATH"]
        // Where the toolchain's libraries are, when they are not built in.
        environment["LD_LIBRARY_PATH"] = ProcessInfo.processInfo.environment["LD_LIBRARY_PATH"]
        environment.merge(extra) { $1 }
        return try Running(launcher + [Binary.path] + arguments, in: self, environment: environment, input: input)
    }

    /// Runs the binary in this folder to its end.
    func run(_ arguments: String..., environment: [String: String] = [:]) throws -> Ended {
        try start(arguments, environment: environment).wait()
    }

    /// Runs the binary in this folder with a text on its standard input.
    func run(_ arguments: String..., input: String) throws -> Ended {
        try start(arguments, input: Array(input.utf8)).wait()
    }
}
