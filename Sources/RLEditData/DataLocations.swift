internal import Foundation

/// The folders in which data files are looked for, and the rule of what a script may name.
///
/// A script names data by a path relative to the roots. The first root that holds the file wins. Symbolic links are
/// followed, and what they lead to must lie inside the same root; absolute paths and `..` are refused unless the file
/// was allowed by name.
public struct DataLocations: Sendable {
    /// Roots in the order in which they are searched; they need not exist.
    public let roots: [String]
    /// Files outside the roots that may be read (`--allow`), links followed.
    public let allowedFiles: [String]
    /// Whether any path may be read (`--trust`).
    public let isUnrestricted: Bool
    private let currentFolder: String

    /// - Parameters:
    ///   - dataOption: the folder given by `--data`, searched first.
    ///   - environment: nil for the process's; `RLEDIT_DATA` comes second, `$XDG_DATA_HOME/rledit` third (`~/.local/share/rledit` by default).
    ///   - currentFolder: nil for the process's; its `data` comes last; allowed files are relative to it.
    ///   - allowedFiles: paths given by `--allow`.
    public init(
        dataOption: String? = nil, environment: [String: String]? = nil, currentFolder: String? = nil,
        allowedFiles: [String] = [], isUnrestricted: Bool = false
    ) {
        let environment = environment ?? ProcessInfo.processInfo.environment
        let currentFolder = currentFolder ?? FileManager.default.currentDirectoryPath
        func absolute(_ path: String) -> String { path.hasPrefix("/") ? path : "\(currentFolder)/\(path)" }
        func value(_ name: String) -> String? { environment[name].flatMap { $0.isEmpty ? nil : $0 } }

        var roots: [String] = []
        if let dataOption { roots.append(absolute(dataOption)) }
        if let folder = value("RLEDIT_DATA") { roots.append(absolute(folder)) }
        // The XDG specification wants relative values to be ignored.
        if let folder = value("XDG_DATA_HOME"), folder.hasPrefix("/") {
            roots.append("\(folder)/rledit")
        } else if let home = value("HOME") {
            roots.append("\(home)/.local/share/rledit")
        }
        roots.append("\(currentFolder)/data")

        var seen: Set<String> = []
        self.roots = roots.map { realPath($0) ?? $0 }.filter { seen.insert($0).inserted }
        self.allowedFiles = allowedFiles.map { realPath(absolute($0)) ?? absolute($0) }
        self.isUnrestricted = isUnrestricted
        self.currentFolder = currentFolder
    }

    /// The file that a script's path names: absolute, links followed, allowed to be read.
    /// - Throws: ``DataError/pathRefused(path:reason:)``, ``DataError/fileNotFound(path:searched:)``.
    public func resolve(_ path: String) throws(DataError) -> String {
        guard !path.isEmpty else { throw .pathRefused(path: path, reason: "it is empty") }
        // The system would read the name up to the NUL only: another file than the one that was checked.
        guard !path.utf8.contains(0) else { throw .pathRefused(path: path, reason: "it contains a NUL byte") }
        // The replacement character of bytes that are not UTF-8: the system would look for another name.
        guard !path.unicodeScalars.contains("\u{FFFD}") else {
            throw .pathRefused(path: path, reason: "it is not UTF-8: rename the file")
        }
        let absolute = path.hasPrefix("/") ? path : "\(currentFolder)/\(path)"
        if let real = realPath(absolute), isUnrestricted || allowedFiles.contains(real) { return real }

        if path.hasPrefix("/") {
            guard isUnrestricted else { throw .pathRefused(path: path, reason: "absolute paths need --allow FILE") }
            throw .fileNotFound(path: path, searched: ["/"])
        }
        guard isUnrestricted || !path.split(separator: "/").contains("..") else {
            throw .pathRefused(path: path, reason: "'..' needs --allow FILE")
        }
        for root in roots {
            guard let real = realPath("\(root)/\(path)") else { continue }
            guard isUnrestricted || DataLocations.lies(real, inside: root) || allowedFiles.contains(real) else {
                throw .pathRefused(path: path, reason: "its link leads out of '\(root)'; that needs --allow FILE")
            }
            return real
        }
        if let isFolder = DataLocations.isFolder(absolute) {
            throw .pathRefused(
                path: path,
                reason: "the \(isFolder ? "folder" : "file") exists in the current folder, which is no data root; "
                    + "that needs \(isFolder ? "--data ." : "--allow \(path)")")
        }
        throw .fileNotFound(path: path, searched: roots)
    }

    /// Whether a file may be read that a link in an allowed folder leads to; the path has no links any more.
    func permits(_ real: String) -> Bool {
        isUnrestricted || (roots + allowedFiles).contains { DataLocations.lies(real, inside: $0) }
    }

    /// nil when there is nothing.
    private static func isFolder(_ path: String) -> Bool? {
        var isFolder: ObjCBool = false
        return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) ? isFolder.boolValue : nil
    }

    private static func lies(_ path: String, inside root: String) -> Bool {
        let folder = realPath(root) ?? root
        return path == folder || path.hasPrefix(folder.hasSuffix("/") ? folder : folder + "/")
    }
}
