internal import Foundation

/// A new task file to begin with: `rledit-lua new NAME.lua`. Each runs unchanged.
package enum ScaffoldTemplate: String, Sendable, CaseIterable {
    case unlearn
    case customReward = "custom-reward"
    case customWorld = "custom-world"
    case byHand = "by-hand"
}

/// What prevents a new task file.
package enum ScaffoldError: Error, Equatable, Sendable, CustomStringConvertible {
    case exists(path: String)
    case notLua(path: String)
    case unwritable(path: String, reason: String)

    package var description: String {
        switch self {
        case .exists(let path): "'\(path)' exists already and is left as it is"
        case .notLua(let path): "'\(path)' does not end in .lua"
        case .unwritable(let path, let reason): "cannot write '\(path)': \(reason)"
        }
    }
}

extension ScaffoldTemplate {
    /// Writes a new file; never replaces one.
    /// - Throws: ``ScaffoldError``.
    package func write(to path: String) throws(ScaffoldError) {
        guard path.hasSuffix(".lua"), (path as NSString).lastPathComponent != ".lua" else { throw .notLua(path: path) }
        // Creating fails when the file is there: looking first would leave a moment for another to write it.
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else {
            let code = errno
            throw code == EEXIST
                ? .exists(path: path) : .unwritable(path: path, reason: String(cString: strerror(code)).lowercased())
        }
        let file = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        do { try file.write(contentsOf: Data(text(fileName: path).utf8)) } catch {
            throw .unwritable(path: path, reason: "\(error)")
        }
    }

    /// The file's text, with the name of the file in its instructions.
    func text(fileName: String) -> String { body.replacing("FILE", with: fileName) }

    private var body: String {
        switch self {
        case .unlearn: ScaffoldTexts.unlearn
        case .customReward: ScaffoldTexts.customReward
        case .customWorld: ScaffoldTexts.customWorld
        case .byHand: ScaffoldTexts.byHand
        }
    }
}
