import ArgumentParser
import Foundation
import RLEditLua

/// Options of every command that runs a script: the workers, data and files that it may use.
struct PlaceOptions: ParsableArguments {
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Pieces of work at the same time; changes no result. (default: all cores)", valueName: "n"))
    var workers: Int?

    @Option(help: ArgumentHelp("Folder in which data files are looked for first.", valueName: "folder"))
    var data: String?

    @Flag(help: "Neither use nor keep remembered fits.")
    var noCache = false

    @Option(help: ArgumentHelp("A file outside the data folders that the script may read.", valueName: "file"))
    var allow: [String] = []

    @Flag(help: "Run the script only where the kernel confines the whole process.")
    var requireSandbox = false

    func validate() throws {
        if let workers, workers < 1 || workers > 1024 {
            throw ValidationError("--workers must be from 1 to 1024, got \(workers).")
        }
        if let data {
            var isFolder: ObjCBool = false
            guard FileManager.default.fileExists(atPath: data, isDirectory: &isFolder) else {
                throw ValidationError("--data: there is no folder '\(data)'.")
            }
            guard isFolder.boolValue else { throw ValidationError("--data: '\(data)' is not a folder.") }
        }
        for file in allow {
            var isFolder: ObjCBool = false
            if FileManager.default.fileExists(atPath: file, isDirectory: &isFolder), isFolder.boolValue {
                throw ValidationError("--allow: '\(file)' is a folder: name each file, or use --data \(file).")
            }
            guard FileManager.default.isReadableFile(atPath: file) else {
                throw ValidationError("--allow: there is no file '\(file)' that can be read.")
            }
        }
    }

    /// The options of a run with these, and all others at their defaults.
    func runOptions() -> RunOptions {
        var options = RunOptions(workers: workers ?? ProcessInfo.processInfo.activeProcessorCount)
        options.data = data
        options.usesCache = !noCache
        options.allowedFiles = allow
        options.requiresWalls = requireSandbox
        return options
    }
}
