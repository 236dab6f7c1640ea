import ArgumentParser
import Foundation
import RLEditLua
import RLEditRuns

/// `rledit-lua pack RUN`: a run as one file to pass on.
struct PackCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pack",
        abstract: "Put a finished run into one file that can be passed on.",
        discussion: """
            The file holds the script, its modules and policies, the manifest, the edit and the results; no data, no \
            examples, no folders of this machine. Whoever gets it looks into it with show and runs it again with verify.

            EXAMPLES:
              rledit-lua pack runs/unlearn-7-20260131-235959
              rledit-lua pack runs/seven -o seven.rledit
            """)

    @Argument(help: "The folder of the run.", completion: .directory)
    var source: String

    @Option(
        name: .shortAndLong,
        help: ArgumentHelp("The file, which must be new. (default: RUN.rledit)", valueName: "file"))
    var output: String?

    func validate() throws {
        if let output, !output.hasSuffix(Pack.ending) {
            throw ValidationError("--output must end in \(Pack.ending), got '\(output)'.")
        }
    }

    func run() throws {
        var folder = source
        while folder.count > 1, folder.hasSuffix("/") { folder.removeLast() }
        let file = output ?? folder + Pack.ending
        guard !FileManager.default.fileExists(atPath: file) else {
            throw ValidationError("'\(file)' exists already: choose another --output.")
        }
        try Pack.write(run: folder, to: file, version: ProductVersion.current.description)
        let pack = try Pack(path: file)
        let size = pack.members.reduce(0) { $0 + $1.size }
        StandardOutput.show("\(file): \(pack.members.count) files, \(size) bytes\n")
    }
}

/// `rledit-lua show FILE`: what a pack is, before anything of it runs.
struct ShowCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Show what a pack would read, write, need and claims, and its scripts.",
        discussion: """
            Runs nothing. Names, sizes and the SHA-256 of every member are checked first.

            EXAMPLES:
              rledit-lua show seven.rledit | less
            """)

    @Argument(help: "The pack.", completion: .file(extensions: ["rledit"]))
    var file: String

    func run() throws { StandardOutput.show(try Pack(path: file).text() + "\n") }
}
