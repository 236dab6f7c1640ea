extension SafetensorsFile {
    /// Several files as one: the tensors and the metadata of all. Where two files have a key, the value of the later counts.
    /// - Parameter path: what messages call the whole.
    /// - Throws: ``SafetensorsError`` for a name that two files have.
    package init(joining files: [SafetensorsFile], path: String) throws(SafetensorsError) {
        self.init(named: path)
        for file in files {
            for entry in file.entries {
                guard self[entry.name] == nil else {
                    throw SafetensorsError(file: file.path, tensor: entry.name, fault: .duplicateName)
                }
                put(entry)
            }
            for (key, value) in file.metadata { setMetadata(key, value) }
        }
        parts = files.flatMap { $0.parts.isEmpty ? [$0] : $0.parts }
    }

    /// Copies of the files that this one was joined from, each with those of its tensors that `whole` has other data for.
    /// - Parameter whole: what this file became.
    /// - Returns: only the files with such a tensor; none for a file that was not joined.
    package func parts(changedIn whole: SafetensorsFile) throws(SafetensorsError) -> [SafetensorsFile] {
        var changed: [SafetensorsFile] = []
        for part in parts {
            var copy = part
            for entry in part.entries {
                guard let own = self[entry.name], own.hasContent(of: entry), let now = whole[entry.name],
                    !now.hasContent(of: own)
                else { continue }
                copy.put(now)
            }
            if copy.entries.indices.contains(where: { !copy.entries[$0].hasContent(of: part.entries[$0]) }) {
                changed.append(copy)
            }
        }
        return changed
    }
}
