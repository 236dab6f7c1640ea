extension ParameterSource {
    /// This source after an earlier one, for a network whose parameters come from two files: a pretrained base and a part
    /// that was trained further.
    /// - Parameters:
    ///   - taken: the tensors, under the network's names, that come from this source; the others stay those of `earlier`.
    ///   - names: the network's names of all tensors.
    /// - Returns: a source whose file is both joined. What the network took from the earlier file and has from this one
    ///   now is not in it.
    func following(
        _ earlier: ParameterSource, taken: Set<String>, of names: [String]
    ) throws(SafetensorsError) -> ParameterSource {
        let kept = names.filter { !taken.contains($0) }
        let stillNeeded = Set(kept.compactMap { earlier.tensor(of: $0) }.map { ExactName($0) })
        let replaced = Set(taken.compactMap { earlier.tensor(of: $0) }.map { ExactName($0) }).subtracting(stillNeeded)
        for name in taken.sorted() {
            guard let own = tensor(of: name), stillNeeded.contains(ExactName(own)) else { continue }
            let other = kept.first { earlier.tensor(of: $0) == own } ?? own
            throw SafetensorsError(file: file.path, tensor: own, fault: .sameName(other: other, name: own))
        }
        var joined = SafetensorsFile(named: file.path)
        for entry in earlier.file.entries where !replaced.contains(ExactName(entry.name)) { joined.put(entry) }
        // A tensor of one name with one that the earlier file has to keep is none that the network takes.
        for entry in file.entries where !stillNeeded.contains(ExactName(entry.name)) { joined.put(entry) }
        for (key, value) in earlier.file.metadata + file.metadata { joined.setMetadata(key, value) }
        joined.parts = [earlier.file, file].flatMap { $0.parts.isEmpty ? [$0] : $0.parts }
        var tensors: [String: String] = [:]
        for name in names {
            let own = taken.contains(name) ? self.name(of: name) : earlier.name(of: name)
            if own != name { tensors[name] = own }
        }
        var source = ParameterSource(file: joined, names: tensors, ignore: ignore)
        source.original = earlier.original
        guard let permitted = earlier.ignore, let later = ignore else {
            source.ignore = nil
            return source
        }
        // With no prefix, whatever had another one has to be permitted by name.
        let patterns = permitted + later
        let others = source.unexpected(
            taken: names.compactMap { source.tensor(of: $0) }, LoadOptions(ignore: patterns))
        source.ignore = patterns + others.map { NamePattern($0) }
        return source
    }
}
