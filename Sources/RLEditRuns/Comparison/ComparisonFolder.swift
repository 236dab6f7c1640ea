internal import RLEditCore

/// The folder of a comparison, held under a lock for as long as this value lives: its cells, and what is made of them.
public final class ComparisonFolder: Sendable {
    public static let cellsName = "cells"
    public static let jsonName = "comparison.json"
    public static let csvName = "comparison.csv"
    public static let reportName = RunFolder.reportName

    /// What a folder holds that no cell has come into, empty folders first.
    public static let housekeeping = [cellsName, FolderLock.runName]

    public let path: String
    private let lock: FolderLock

    /// Opens the folder, or makes it: one that is there must hold a comparison, or nothing.
    /// - Throws: ``FileError`` or ``RunFolderError``.
    public init(_ path: String) throws {
        var path = path
        while path.count > 1, path.hasSuffix("/") { path.removeLast() }
        try FileSystem.createFolders(path)
        let names = try FileSystem.names(in: path).filter { !$0.hasPrefix(".") }
        if names.contains(RunFolder.manifestName) { throw RunFolderError.holdsRun(path: path) }
        if let first = names.first, !names.contains(ComparisonFolder.cellsName) {
            throw RunFolderError.notEmpty(path: path, example: first)
        }
        lock = try FolderLock(path)
        self.path = path
        FileSystem.removeLeftovers(inTree: path)
        _ = try FileSystem.createFolder("\(path)/\(ComparisonFolder.cellsName)")
    }

    private func file(_ method: String, _ seed: Int) -> String {
        "\(path)/\(ComparisonFolder.cellsName)/\(method)/seed-\(seed).json"
    }

    /// The cell that lies there; nil when there is none that can be read.
    public func cell(_ method: String, seed: Int) -> ComparisonCell? {
        guard let bytes = try? FileSystem.read(file(method, seed)), let json = try? JSONValue(parsing: bytes) else {
            return nil
        }
        return ComparisonCell(json: json)
    }

    /// Keeps a cell: whole, or not at all.
    public func store(_ cell: ComparisonCell) throws(FileError) {
        if let absence = lock.absence(of: path) { throw absence }
        let file = file(cell.method, cell.seed)
        try FileSystem.createFolders(FileSystem.folder(of: file))
        try AtomicFile.write(cell.json.prettyText() + "\n", to: file)
    }

    /// Writes table and report.
    public func write(_ comparison: Comparison) throws {
        if let absence = lock.absence(of: path) { throw absence }
        try AtomicFile.write(comparison.detailedJSON.prettyText() + "\n", to: "\(path)/\(ComparisonFolder.jsonName)")
        try AtomicFile.write(comparison.csv, to: "\(path)/\(ComparisonFolder.csvName)")
        try AtomicFile.write(ComparisonReport(comparison).html, to: "\(path)/\(ComparisonFolder.reportName)")
    }
}
