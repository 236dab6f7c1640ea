internal import RLEditTensor
internal import Synchronization

/// Keeps the hash of one set once it has been computed; shared by the copies of that set.
final class ContentHashCache: Sendable {
    private let hash = Mutex<String?>(nil)

    func value(_ compute: () -> String) -> String {
        hash.withLock { hash in
            if let hash { return hash }
            let computed = compute()
            hash = computed
            return computed
        }
    }
}

extension ExampleSet {
    /// SHA-256 over the shape, the inputs, the labels and the groups, if any, in the order of the set; the set's name
    /// does not enter. What is measured on a set depends on its groups; what is learned from it does not, and takes
    /// ``examplesHash``.
    public var contentHash: String {
        guard let groups else { return examplesHash }
        var hasher = SHA256Digest.Hasher()
        hasher.update("rledit grouped example set 1\n")
        hasher.update(examplesHash)
        hasher.update(groups.names.count)
        for name in groups.names {
            hasher.update(name.utf8.count)
            hasher.update(name)
        }
        groups.offsets.withUnsafeBytes { hasher.update($0) }
        groups.flat.withUnsafeBytes { hasher.update($0) }
        groups.isKnown?.withUnsafeBytes { hasher.update($0) }
        return hasher.finish()
    }

    /// SHA-256 over the shape, the inputs, the labels and the weights, if any, in the order of the set; neither names nor groups
    /// enter.
    ///
    /// Equal contents give equal hashes however the set was put together. Inputs enter as they are stored: bytes with
    /// their scale, or floats bit by bit (little-endian), so that the same values stored in the two ways differ.
    /// Computed once for a set, at about 1 GB/s.
    public var examplesHash: String {
        hashCache.value {
            var hasher = SHA256Digest.Hasher()
            hasher.update("rledit example set 1\n")
            hasher.update(exampleShape.count)
            for dimension in exampleShape { hasher.update(dimension) }
            hasher.update(count)
            switch storage.values {
            case .bytes(_, let scale):
                hasher.update("bytes")
                hasher.update(Int(scale.divisor.bitPattern))
                if let normalization = scale.normalization {
                    hasher.update("normalized")
                    hasher.update(normalization.mean.count)
                    for value in normalization.mean + normalization.deviation { hasher.update(Int(value.bitPattern)) }
                }
            case .floats: hasher.update("floats")
            case .sparse(let rows):
                // Examples of different lengths need their bounds in the digest.
                hasher.update("sparse")
                for index in 0..<count {
                    hasher.update(rows.withRow(storageRow(index)) { columns, _ in columns.count })
                }
            }
            hashInputs(into: &hasher)
            orderedLabels.withUnsafeBytes { hasher.update($0) }
            if let weights {
                hasher.update("weights")
                weights.withUnsafeBytes { hasher.update($0) }
            }
            return hasher.finish()
        }
    }

    /// Sparse examples enter as their columns, then their values.
    private func hashInputs(into hasher: inout SHA256Digest.Hasher) {
        // The hasher cannot be captured by an escaping closure; a local one that does not escape may change it.
        func visit(_ example: UnsafeRawBufferPointer) { hasher.update(example) }
        if let order {
            storage.forEachRawExample(rows: order.lazy.map { Int($0) }, visit)
        } else {
            storage.forEachRawExample(rows: 0..<storage.count, visit)
        }
    }
}
