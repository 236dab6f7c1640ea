package import RLEditNN

/// Copies of the files that a model came from, where it came from several: each edited tensor goes back to its own file,
/// and files without one are not written.
package enum EditedParts {
    /// Writes the copies into a folder of a run. They keep the names of their files.
    /// - Parameters:
    ///   - whole: the edited model as one file.
    ///   - source: where the unedited parameters lie.
    ///   - metadata: what is added to each copy.
    package static func write(
        of whole: SafetensorsFile, from source: ParameterSource, metadata: [(key: String, value: String)],
        to folder: RunFolder
    ) throws {
        var taken: Set<String> = []
        for part in try source.file.parts(changedIn: whole) {
            var copy = part
            for (key, value) in metadata { copy.setMetadata(key, value) }
            var name = fileName(part.path)
            var number = 1
            while !taken.insert(name).inserted {
                number += 1
                name = "\(number)-\(fileName(part.path))"
            }
            try FileSystem.createFolders(folder.file(RunFolder.editedPartsName))
            try copy.write(to: folder.file("\(RunFolder.editedPartsName)/\(name)"))
        }
    }

    /// The last part of a path; copies of PyTorch files are safetensors files.
    private static func fileName(_ path: String) -> String {
        let name = path.split(separator: "/").last.map(String.init) ?? "model"
        if name.hasSuffix(".safetensors") { return name }
        return (name.lastIndex(of: ".").map { String(name[..<$0]) } ?? name) + ".safetensors"
    }
}
