import ArgumentParser
import RLEditLua

/// `rledit-lua annotations FOLDER`: the annotation files, for `scripts/reference`.
struct AnnotationsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "annotations", abstract: "Write the annotation files of the rledit modules into a folder.",
        shouldDisplay: false)

    @Argument(help: "The folder.", completion: .directory)
    var folder: String

    func run() throws { try AnnotationFiles.write(to: folder) }
}
