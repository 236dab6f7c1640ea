extension SafetensorsFile {
    /// Writes the file: tensors by falling element size, then name, so that each is aligned; the header padded to a
    /// multiple of 8 bytes; under a temporary name, synced, renamed.
    public func write(to path: String) throws(SafetensorsError) {
        let ordered = entries.map { (entry: $0, bits: $0.elementBits) }.sorted {
            $0.bits != $1.bits
                ? $0.bits > $1.bits : $0.entry.name.utf8.lexicographicallyPrecedes($1.entry.name.utf8)
        }.map(\.entry)
        var offset = 0
        var placed: [SafetensorsHeader.Entry] = []
        for entry in ordered {
            try checkName(entry.name, path)
            let end = offset + entry.byteCount
            placed.append(
                SafetensorsHeader.Entry(
                    name: entry.name, elementType: entry.elementType, shape: entry.shape, range: offset..<end))
            offset = end
        }
        for (key, _) in metadata { try checkName(key, path) }
        let header = SafetensorsHeader.encode(placed, metadata: metadata)
        var pending: [UInt8] = []
        pending.appendLittleEndian(UInt64(header.count))
        pending.append(contentsOf: header)
        let file = try PendingFile(path: path)
        // Small tensors go together: a call of the system for each would take longer than all else.
        for entry in ordered {
            pending += try bytes(of: entry)
            if pending.count >= 1 << 20 {
                try file.write(pending)
                pending.removeAll(keepingCapacity: true)
            }
        }
        try file.write(pending)
        try file.finish()
    }

    /// What we would refuse to read we do not write.
    private func checkName(_ name: String, _ path: String) throws(SafetensorsError) {
        guard !name.hasControlCharacter, name != SafetensorsHeader.metadataName else {
            throw SafetensorsError(
                file: path, tensor: name, fault: .entry(expected: "a name without control characters, not __metadata__")
            )
        }
    }
}
