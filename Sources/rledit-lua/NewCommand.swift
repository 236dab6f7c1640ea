import ArgumentParser
import Foundation
import RLEditLua

/// `rledit-lua new NAME.lua`: a task file to begin with.
struct NewCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "new",
        abstract: "Write a first task file, ready to run.",
        discussion: """
            Templates: unlearn (forget a digit), custom-reward (losses and the size of the edit), custom-world (your own \
            rule of what an action does), by-hand (your own loop). A file that exists is left as it is.

            EXAMPLES:
              rledit-lua new my_task.lua
              rledit-lua new my_world.lua --template custom-world
            """)

    @Argument(help: "The file to write.", completion: .file(extensions: ["lua"]))
    var file: String

    @Option(help: ArgumentHelp("What to begin with.", valueName: "name"))
    var template = ScaffoldTemplate.unlearn

    func run() throws {
        try template.write(to: file)
        StandardOutput.write("wrote \(file); run it with: rledit-lua \(file)\n")
    }
}

extension ScaffoldTemplate: ExpressibleByArgument {}
