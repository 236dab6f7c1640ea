internal import RLEditCore

extension Pack {
    /// What the pack is, would read and claims, its members, and the text of its scripts.
    /// - Throws: ``PackError``.
    public func text() throws(PackError) -> String {
        var lines = ["pack      \(path): \(members.count) files, \(NumberText.grouped(size)) bytes"]
        lines.append(RunListing.Run(folder: path, manifest: manifest, summary: results.summary).text)
        lines += ["", "made by   \(manifest.command)", "          \(origin)"]
        for need in needs { lines.append("needs     \(need)") }
        lines.append("writes    its run folder and remembered fits; verify gives it a temporary folder")
        lines += ["", memberTable]
        for member in members where member.name.hasSuffix(".lua") || member.name == manifest.script.copy {
            lines += ["", "── \(member.name) " + String(repeating: "─", count: max(3, 76 - member.name.count)), ""]
            lines.append(String(decoding: try bytes(of: member.name), as: UTF8.self))
        }
        return lines.joined(separator: "\n")
    }

    private var size: Int { members.reduce(0) { $0 + $1.size } }

    private var origin: String {
        let version = manifest.versions["rledit"]?.string ?? "?"
        return "rledit-lua \(version), \(manifest.numericKernels), sandbox: \(manifest.walls.joined(separator: ", "))"
    }

    /// Files that the script reads and the pack does not hold: the user has to supply them.
    private var needs: [String] {
        let files = manifest.data.filter { $0.file != nil && $0.kind != .policy }.map {
            "\($0.kind.rawValue) \($0.file ?? "") in a data folder"
        }
        return files + (manifest.options["allow"]?.array ?? []).compactMap(\.string).map { "--allow \($0)" }
    }

    private var memberTable: String {
        var table = TextTable([.init("member", .left), .init("bytes", .right), .init("SHA-256", .left)])
        for member in members { table.append([member.name, NumberText.grouped(member.size), member.hash]) }
        return table.text
    }
}
