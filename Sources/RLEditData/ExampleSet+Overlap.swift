internal import RLEditTensor
internal import Synchronization

extension ExampleSet {
    /// Number of examples of this set that the other holds too: the same inputs with the same label, however and wherever
    /// either was read.
    public func overlap(with other: ExampleSet) -> Int { overlap(with: [other]) }

    /// Number of examples of this set that at least one of the others holds too.
    ///
    /// Examples are compared by a hash of 64 bits over the values that are not 0, so that it does not matter whether they are
    /// kept as bytes, as floats or sparse. An example without such a value, as a text without a known word, counts as shared
    /// with none. Linear in the number of examples; each row of a storage is hashed once, at about 1 GB/s.
    public func overlap(with others: [ExampleSet]) -> Int {
        var known: Set<UInt64> = []
        for other in others where other.exampleShape == exampleShape { known.formUnion(other.exampleHashes()) }
        return known.isEmpty ? 0 : exampleHashes().count { known.contains($0) }
    }

    /// Hashes of the examples that hold something, labels included, in the order of the set.
    private func exampleHashes() -> [UInt64] {
        storage.withRowHashes(rows: (0..<count).lazy.map(storageRow)) { index, hash in
            hash == RowHashes.blank ? nil : RowHashes.mixed(hash &+ UInt64(UInt32(bitPattern: orderedLabels[index])))
        }
    }
}

/// Hashes of the rows of one storage, each computed when it is first asked for; shared by all sets on that storage.
package final class RowHashes: Sendable {
    fileprivate let hashes: Mutex<[UInt64]>

    /// What a row has that was not asked for yet, and one whose values are all 0.
    private static let unknown: UInt64 = 0
    fileprivate static let blank: UInt64 = 1

    init() { hashes = Mutex([]) }

    /// The finalizer of SplitMix64 (Steele, Lea and Flood 2014): every bit of the number changes half of the result's.
    fileprivate static func mixed(_ number: UInt64) -> UInt64 {
        var x = number &+ 0x9E37_79B9_7F4A_7C15
        x = (x ^ (x >> 30)) &* 0xBF58_476D_1CE4_E5B9
        x = (x ^ (x >> 27)) &* 0x94D0_49BB_1331_11EB
        return x ^ (x >> 31)
    }

    /// What one value adds to the hash of its row; a sum, so that zeros can be left out.
    fileprivate static func term(_ column: Int, _ value: Float) -> UInt64 {
        mixed(UInt64(truncatingIfNeeded: column) << 32 | UInt64(value.bitPattern))
    }

    fileprivate func hash(_ row: Int, in hashes: inout [UInt64], _ compute: () -> UInt64?) -> UInt64 {
        if hashes[row] != RowHashes.unknown { return hashes[row] }
        let hash = compute().map { max($0, RowHashes.blank + 1) } ?? RowHashes.blank
        hashes[row] = hash
        return hash
    }
}

extension ExampleStorage {
    /// Calls `body` with each row's position in `rows` and its hash.
    fileprivate func withRowHashes(rows: some Sequence<Int>, _ body: (Int, UInt64) -> UInt64?) -> [UInt64] {
        rowHashes.hashes.withLock { hashes in
            if hashes.isEmpty { hashes = [UInt64](repeating: 0, count: count) }
            var results: [UInt64] = []
            var index = 0
            func add(_ hash: UInt64) {
                if let result = body(index, hash) { results.append(result) }
                index += 1
            }
            switch values {
            case .bytes(let bytes, let scale):
                let tables = scale.tables
                let width = exampleSize / tables.count
                bytes.withUnsafeBufferPointer { bytes in
                    for row in rows {
                        let start = row * exampleSize
                        add(
                            rowHashes.hash(row, in: &hashes) {
                                sum(exampleSize) { tables[$0 / width][Int(bytes[start + $0])] }
                            })
                    }
                }
            case .floats(let tensor):
                tensor.withUnsafeBufferPointer { floats in
                    for row in rows {
                        let start = row * exampleSize
                        add(rowHashes.hash(row, in: &hashes) { sum(exampleSize) { floats[start + $0] } })
                    }
                }
            case .sparse(let sparse):
                for row in rows {
                    add(
                        rowHashes.hash(row, in: &hashes) {
                            sparse.withRow(row) { columns, values in
                                var sum: UInt64?
                                for place in columns.indices where values[place] != 0 {
                                    sum = (sum ?? 0) &+ RowHashes.term(Int(columns[place]), values[place])
                                }
                                return sum
                            }
                        })
                }
            }
            return results
        }
    }

    /// nil when every value is 0.
    @inline(__always)
    private func sum(_ count: Int, _ value: (Int) -> Float) -> UInt64? {
        var sum: UInt64 = 0
        var isBlank = true
        for column in 0..<count {
            let value = value(column)
            if value == 0 { continue }
            isBlank = false
            sum &+= RowHashes.term(column, value)
        }
        return isBlank ? nil : sum
    }
}
