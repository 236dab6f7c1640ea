import Foundation

/// The result of a process of the built binary.
struct Ended {
    let code: Int32
    /// Whether a signal ended it.
    let wasKilled: Bool
    let output: String
    let errors: String
    let seconds: Double

    /// The first line on standard error that begins like our reports, without the program's name.
    var report: String {
        let start = "rledit-lua: "
        let line = errors.split(separator: "\n").first { $0.hasPrefix(start) }
        return line.map { String($0.dropFirst(start.count)) } ?? ""
    }
}

/// The binary under test: built by `scripts/test` together with the tests, so it lies beside their bundle.
enum Binary {
    /// Seconds after which a process counts as hung.
    static let patience = 60.0

    static let path: String = {
        if let named = ProcessInfo.processInfo.environment["RLEDIT_BINARY"] { return named }
        let bundle = URL(fileURLWithPath: CommandLine.arguments[0]).resolvingSymlinksInPath()
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let places = [
            bundle.deletingLastPathComponent().appendingPathComponent("rledit-lua").path,
            root.appendingPathComponent(".build/release/rledit-lua").path,
        ]
        return places.first { FileManager.default.isExecutableFile(atPath: $0) } ?? "rledit-lua"
    }()
}

/// A running process of the binary, its streams in files so that no pipe can fill up.
final class Running {
    private let process = Process()
    private let ended = DispatchSemaphore(value: 0)
    private let folder: String
    /// Kept, since the folder goes with it.
    private let workspace: Workspace
    private let begun = ContinuousClock.now

    /// - Parameters:
    ///   - command: the program and its arguments.
    ///   - input: what comes on standard input; nil for nothing.
    init(_ command: [String], in workspace: Workspace, environment: [String: String], input: [UInt8]?) throws {
        self.workspace = workspace
        folder = "\(workspace.path)/.streams-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        for name in ["out", "err"] { try Data().write(to: URL(fileURLWithPath: "\(folder)/\(name)")) }
        process.executableURL = URL(fileURLWithPath: command[0])
        process.arguments = Array(command.dropFirst())
        process.currentDirectoryURL = URL(fileURLWithPath: workspace.path)
        process.environment = environment
        // Foundation keeps each process for ever, and its handles with it. It also reads past the list of open files when
        // there are over a thousand, so ours are closed as soon as the child has them.
        var handles: [FileHandle] = []
        defer { for handle in handles { try? handle.close() } }
        func opened(_ handle: FileHandle) -> FileHandle {
            handles.append(handle)
            return handle
        }
        if let input {
            try Data(input).write(to: URL(fileURLWithPath: "\(folder)/in"))
            process.standardInput = opened(try FileHandle(forReadingFrom: URL(fileURLWithPath: "\(folder)/in")))
        } else {
            process.standardInput = FileHandle.nullDevice
        }
        process.standardOutput = opened(try FileHandle(forWritingTo: URL(fileURLWithPath: "\(folder)/out")))
        process.standardError = opened(try FileHandle(forWritingTo: URL(fileURLWithPath: "\(folder)/err")))
        // Whoever started the tests may have signals ignored, which a child inherits.
        for number in [SIGINT, SIGHUP, SIGTERM] { signal(number, SIG_DFL) }
        let ended = ended
        process.terminationHandler = { _ in ended.signal() }
        try process.run()
    }

    var identifier: Int32 { process.processIdentifier }

    func send(_ signal: Int32) { kill(process.processIdentifier, signal) }

    /// Standard output so far.
    var printed: String { text("out") }

    private func text(_ name: String) -> String {
        String(decoding: FileManager.default.contents(atPath: "\(folder)/\(name)") ?? Data(), as: UTF8.self)
    }

    /// Waits for the end; a process that hangs is killed, and its code is then that of SIGKILL.
    func wait() -> Ended {
        if ended.wait(timeout: .now() + Binary.patience) == .timedOut {
            send(SIGKILL)
            ended.wait()
        }
        return Ended(
            code: process.terminationStatus, wasKilled: process.terminationReason == .uncaughtSignal,
            output: text("out"), errors: text("err"), seconds: begun.duration(to: .now) / .seconds(1))
    }
}
