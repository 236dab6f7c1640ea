internal import Foundation
internal import RLEditCore
package import RLEditRuns

/// Runs a run or a pack again, in the sandbox, and compares what it comes to: `rledit-lua verify`.
///
/// The script, its options and its seeds come from what is verified. What it may read comes from the command line alone.
package struct RunVerification {
    /// A run folder, or a pack.
    package enum Source: Sendable {
        case run(String)
        case pack(Pack)

        /// - Throws: `PackError` for a file that is none.
        package init(_ path: String) throws {
            var isFolder: ObjCBool = false
            let exists = FileManager.default.fileExists(atPath: path, isDirectory: &isFolder)
            self = exists && !isFolder.boolValue ? .pack(try Pack(path: path)) : .run(path)
        }

        package func results() throws -> RunResults {
            switch self {
            case .run(let folder): try RunResults(run: folder)
            case .pack(let pack): pack.results
            }
        }
    }

    private let source: Source
    private let recorded: RunResults
    private let host: ScriptHost

    /// - Parameter recorded: of the source.
    package init(of source: Source, recorded: RunResults, on host: ScriptHost) {
        self.source = source
        self.recorded = recorded
        self.host = host
    }

    /// Raises the walls around a verification.
    /// - Returns: the options with a temporary folder that takes all that is written.
    package static func confine(_ source: Source, _ recorded: RunResults, options: RunOptions) throws -> RunOptions {
        guard recorded.manifest.options["trust"]?.bool == false else { throw TrustedRunError() }
        switch source {
        case .run(let folder):
            return try Confinement.ofTrial(script: "\(folder)/\(recorded.manifest.script.copy)", options: options)
        case .pack: return try Confinement.ofTrial(script: nil, options: options)
        }
    }

    /// - Returns: how the run ended, and the comparison; nil when it did not finish.
    /// - Throws: what the run ends with.
    package func run() throws -> (end: RunEnd, verification: Verification?) {
        let output = TemporaryOutput(folder: host.options.reserved?.path)
        defer { output.remove() }
        let root = try output.path()
        let folder: String
        switch source {
        case .run(let path): folder = path
        case .pack(let pack):
            folder = "\(root)/pack"
            try pack.unpack(into: folder)
        }
        var manifest = recorded.manifest
        // A stranger's file does not say which folder is read.
        manifest.options["data"] = .null
        var options = host.options
        options.out = "\(root)/again"
        let run = try ScriptRun(repeating: manifest, of: folder, on: host.with(options))
        let (end, summary) = try run.run()
        guard end == .finished, summary != nil else { return (end, nil) }
        return (end, Verification(of: recorded, again: try RunResults(run: "\(root)/again")))
    }
}

/// A run that was started with `--trust` cannot be verified.
package struct TrustedRunError: Error, CustomStringConvertible {
    package let description =
        "the run was started with --trust, and verify runs nothing without the sandbox: run its script yourself"
}
