internal import LuaBridge
internal import RLEditData
internal import RLEditRuns
internal import RLEditTensor

/// The annotation files in `library/`, from which editors complete and check scripts: made from what the modules say of
/// themselves.
public enum AnnotationFiles {
    public struct File: Sendable, Equatable {
        /// Below `library/`: `rledit/tensor.lua`.
        public let path: String
        public let text: String
    }

    /// All files, by path.
    /// - Throws: what building a module throws.
    public static func all() throws -> [File] {
        let declarations = try LuaThread.run {
            try LuaHost.with { host in
                host.documentation = LuaDocumentation()
                let context = ScriptContext(
                    seed: 0, pool: WorkerPool(workers: 1),
                    locations: DataLocations(environment: [:], currentFolder: "/"),
                    fits: FitCache(folder: "", isEnabled: false))
                try HostModules.add(to: host, context: context)
                // Modules are built when they are asked for.
                for name in host.modules.names { _ = try host.run("return (require '\(name)')") }
                return host.documentation?.declarations ?? []
            }
        }
        return Dictionary(grouping: declarations, by: \.file).sorted { $0.key < $1.key }.map { name, declarations in
            File(path: name.replacing(".", with: "/") + ".lua", text: text(of: name, declarations))
        }
    }

    /// Writes or replaces all files, and makes the folder where it is missing.
    /// - Throws: `FileError` for a file or folder that cannot be written.
    public static func write(to folder: String) throws {
        for file in try all() {
            let path = "\(folder)/\(file.path)"
            try FileSystem.createFolders(FileSystem.folder(of: path))
            try AtomicFile.write(file.text, to: path)
        }
    }

    /// The module and its functions first, then plain tables, then the types of objects.
    private static func text(of name: String, _ declarations: [LuaDocumentation.Declaration]) -> String {
        func all(_ kind: LuaDocumentation.Declaration.Kind) -> [LuaDocumentation.Declaration] {
            declarations.filter { $0.kind == kind }
        }
        let modules = all(.module)
        let blocks = (modules + all(.plain) + all(.object)).flatMap(blocks)
        let end = modules.map { "return \(variable($0))" }
        return (["---@meta \(name)"] + blocks + end).joined(separator: "\n\n") + "\n"
    }

    private static func blocks(_ declaration: LuaDocumentation.Declaration) -> [String] {
        if declaration.kind == .plain {
            // An empty line in a file ends the text of one class.
            return declaration.text.split(separator: "\n\n").map { comment($0.split(separator: "\n")) }
        }
        let lines = declaration.text.split(separator: "\n", omittingEmptySubsequences: false)
        let isTag = { (line: Substring) in line.hasPrefix("@") }
        let description = lines.filter { !isTag($0) } + ["@class \(declaration.name)"] + lines.filter(isTag)
        let head = comment(description + declaration.tags.map { $0[...] }) + "\nlocal \(variable(declaration)) = {}"
        return [head] + declaration.functions.map { function($0.name, $0.text, of: declaration) }
    }

    private static func function(
        _ name: String, _ text: String, of declaration: LuaDocumentation.Declaration
    ) -> String {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        let parameters = lines.compactMap { line in
            line.firstMatch(of: /^@param ([\w.]+)/).map { String($0.1) }
        }
        let dot = declaration.kind == .module ? "." : ":"
        return comment(lines)
            + "\nfunction \(variable(declaration))\(dot)\(name)(\(parameters.joined(separator: ", "))) end"
    }

    /// What the file calls the class: `Tensor` for `rledit.Tensor`.
    private static func variable(_ declaration: LuaDocumentation.Declaration) -> String {
        declaration.name.split(separator: ".").last.map(String.init) ?? declaration.name
    }

    /// Lines as a file has them. Those of a paragraph are filled again; rows of tables, items and code stay whole.
    private static func comment(_ lines: [Substring]) -> String {
        var result: [String] = []
        var paragraph: [Substring] = []
        var isCode = false
        func finishParagraph() {
            var filled = ""
            for word in paragraph.joined(separator: " ").split(separator: " ") {
                if filled.count + 1 + word.count > 116 {
                    result.append("--- " + filled)
                    filled = ""
                }
                filled += (filled.isEmpty ? "" : " ") + word
            }
            if !filled.isEmpty { result.append("--- " + filled) }
            paragraph = []
        }
        for line in lines {
            let isFence = line.hasPrefix("```")
            if isFence { isCode.toggle() }
            if isCode || isFence || line.isEmpty || ["@", "|", "- "].contains(where: { line.hasPrefix($0) }) {
                finishParagraph()
                result.append(line.isEmpty ? "---" : line.hasPrefix("@") ? "---\(line)" : "--- \(line)")
            } else {
                paragraph.append(line)
            }
        }
        finishParagraph()
        return result.joined(separator: "\n")
    }
}
