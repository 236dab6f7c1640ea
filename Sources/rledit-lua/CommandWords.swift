import ArgumentParser
import Foundation
import LuaBridge
internal import RLEditCore

/// The words of the command line before they are parsed: those that cannot be told apart by the parser.
enum CommandWords {
    /// - Returns: what is wrong with the words after the program's name; nil when nothing is.
    static func fault(in words: [String]) -> String? {
        guard let first = words.first else { return nil }
        if first == RunsCommand.configuration.commandName, let second = words.dropFirst().first {
            // One that looks like no command is a folder that is not there, and the command says so.
            return fault(second, among: RunsCommand.configuration.subcommands, kind: "folder", otherwise: nil)
        }
        let commands = CommandLineTool.configuration.subcommands
        let names = commands.filter { $0.configuration.shouldDisplay }.map { $0._commandName }.joined(separator: ", ")
        return fault(first, among: commands, kind: "file", otherwise: "the commands are \(names).")
    }

    /// A word that is taken for a path only because it is not a command, and that names nothing.
    /// - Parameter otherwise: the hint where the word looks like none of the commands; nil for no fault then.
    private static func fault(
        _ word: String, among commands: [any ParsableCommand.Type], kind: String, otherwise: String?
    ) -> String? {
        let names = commands.map { $0._commandName } + ["help"]
        guard !word.hasPrefix("-"), !names.contains(word), !word.contains("/"), !word.hasSuffix(".lua"),
            !FileManager.default.fileExists(atPath: word)
        else { return nil }
        guard let hint = NearestName.of(word, among: names).map({ "did you mean '\($0)'?" }) ?? otherwise else {
            return nil
        }
        return "'\(word)' is neither a command nor a \(kind): \(hint)"
    }

    /// The words as they were given.
    /// - Throws: ``NotText`` for one that is not UTF-8: no name of a file would come through whole.
    static func given() throws(NotText) -> [String] {
        var words: [String] = []
        for index in 1..<max(Int(CommandLine.argc), 1) {
            guard let pointer = CommandLine.unsafeArgv[index] else { continue }
            guard let word = String(validatingCString: pointer) else {
                throw NotText(shown: shown(UnsafeBufferPointer(start: pointer, count: strlen(pointer))))
            }
            words.append(word)
        }
        return words
    }

    /// Bytes that are not ASCII as `\xE9`.
    private static func shown(_ bytes: UnsafeBufferPointer<CChar>) -> String {
        bytes.map { byte in
            let code = UInt8(bitPattern: byte)
            return (32..<127).contains(code)
                ? String(UnicodeScalar(code))
                : "\\x" + (code < 16 ? "0" : "") + String(code, radix: 16, uppercase: true)
        }.joined()
    }

    struct NotText: Error, CustomStringConvertible {
        let shown: String
        var description: String {
            "the argument '\(shown)' is not UTF-8: rename the file, or name a link to it whose name is UTF-8"
        }
    }
}
