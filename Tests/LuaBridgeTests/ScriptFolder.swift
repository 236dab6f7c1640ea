import Foundation
import LuaBridge

/// A folder with files of Lua, for scripts that require them.
struct ScriptFolder {
    /// What a script returned, as text with spaces between, or the message that it ended with. The folder's path is `DIR`.
    static func run(_ text: String, files: [String: String]) throws -> String {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
        defer { try? FileManager.default.removeItem(at: folder) }
        for (name, contents) in files {
            let file = folder.appendingPathComponent(name)
            try FileManager.default.createDirectory(
                at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(contents.utf8).write(to: file)
        }
        let path = folder.path
        return try Script.withHost { host in
            host.modules.scriptDirectory = path
            do {
                let results = try host.runMain(Array(text.utf8), path: path + "/task.lua")
                return results.map(Script.text).joined(separator: " ").replacingOccurrences(of: path, with: "DIR")
            } catch let error as LuaError {
                return error.message.replacingOccurrences(of: path, with: "DIR")
            }
        }
    }
}
