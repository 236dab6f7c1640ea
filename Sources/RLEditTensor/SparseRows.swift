/// Rows of which few elements are not zero, such as bags of words: `[rows, columns]` in compressed form (CSR).
///
/// A row is its elements' columns, ascending, and their values; everything else is 0. A value: copies share memory, which
/// is written once and never changed.
public struct SparseRows: Sendable {
    /// Number of rows.
    public var count: Int { storage.rows }
    /// Width of a row, zeros included.
    public let columns: Int
    /// Number of elements that are kept.
    public var elementCount: Int { storage.elements }

    private let storage: SparseStorage

    /// - Parameters:
    ///   - columns: at least 1, at most 2³¹ − 1.
    ///   - offsets: one more than there are rows; row `r` has the elements `offsets[r] ..< offsets[r + 1]`.
    ///   - indices: the column of each element, strictly ascending within a row.
    ///   - values: one for each element.
    /// - Throws: ``TensorError/invalidArgument(operation:message:)`` naming what does not fit.
    public init(columns: Int, offsets: [Int], indices: [Int32], values: [Float]) throws(TensorError) {
        func refuse(_ message: String) -> TensorError { .invalidArgument(operation: "sparse rows", message: message) }
        guard columns >= 1, columns <= Int(Int32.max) else { throw refuse("\(columns) is not a number of columns") }
        guard offsets.first == 0, offsets.last == indices.count, indices.count == values.count else {
            throw refuse("offsets must begin with 0 and end with the number of indices and values")
        }
        for row in 0..<(offsets.count - 1) {
            guard offsets[row] <= offsets[row + 1] else { throw refuse("offsets must not fall") }
            var last: Int32 = -1
            for index in indices[offsets[row]..<offsets[row + 1]] {
                guard index > last, Int(index) < columns else {
                    throw refuse("columns of row \(row) must ascend within 0 ..< \(columns), got \(index)")
                }
                last = index
            }
        }
        self.columns = columns
        let storage = SparseStorage(rows: offsets.count - 1, elements: indices.count)
        for (row, offset) in offsets.enumerated() { storage.offsets[row] = Int64(offset) }
        indices.withUnsafeBufferPointer {
            if let base = $0.baseAddress { storage.indices.update(from: base, count: $0.count) }
        }
        values.withUnsafeBufferPointer {
            if let base = $0.baseAddress { storage.values.update(from: base, count: $0.count) }
        }
        self.storage = storage
    }

    private init(columns: Int, storage: SparseStorage) {
        self.columns = columns
        self.storage = storage
    }

    /// True when both share the same memory.
    package func sharesStorage(with other: SparseRows) -> Bool { storage === other.storage }

    /// Bytes that the rows take in memory.
    package var byteCount: Int { 8 * (storage.rows + 1) + 8 * storage.elements }

    /// The rows that `rows` names, in that order, copied.
    /// - Precondition: each is in `0 ..< count`.
    package func gathering(_ rows: some Collection<Int>) -> SparseRows {
        var elements = 0
        for row in rows { elements += storage.count(ofRow: row) }
        let result = SparseStorage(rows: rows.count, elements: elements)
        var place = 0
        for (position, row) in rows.enumerated() { place = result.append(row, of: storage, as: position, at: place) }
        return SparseRows(columns: columns, storage: result)
    }

    /// These rows, then those of the other, which has as many columns.
    package func appending(_ other: SparseRows) -> SparseRows {
        precondition(columns == other.columns, "the caller compares widths first")
        let result = SparseStorage(rows: count + other.count, elements: elementCount + other.elementCount)
        var place = 0
        for row in 0..<count { place = result.append(row, of: storage, as: row, at: place) }
        for row in 0..<other.count { place = result.append(row, of: other.storage, as: count + row, at: place) }
        return SparseRows(columns: columns, storage: result)
    }

    /// Writes rows with all their zeros: `rows.count × columns` floats.
    /// - Precondition: each is in `0 ..< count`, and the buffer holds them.
    package func copyDense(_ rows: some Sequence<Int>, into target: UnsafeMutablePointer<Float>) {
        var output = target
        for row in rows {
            output.update(repeating: 0, count: columns)
            for element in storage.elements(ofRow: row) {
                output[Int(storage.indices[element])] = storage.values[element]
            }
            output += columns
        }
        withExtendedLifetime(storage) {}
    }

    /// Hands the columns and values of a row, as stored, to `body`.
    package func withRow<Result>(
        _ row: Int, _ body: (UnsafeBufferPointer<Int32>, UnsafeBufferPointer<Float>) -> Result
    ) -> Result {
        let range = storage.elements(ofRow: row)
        defer { withExtendedLifetime(storage) {} }
        return body(
            UnsafeBufferPointer(start: storage.indices + range.lowerBound, count: range.count),
            UnsafeBufferPointer(start: storage.values + range.lowerBound, count: range.count))
    }

    /// Hands the values of all rows, one row after the other, to `body`.
    func withStoredValues<Result>(_ body: (UnsafePointer<Float>) -> Result) -> Result {
        defer { withExtendedLifetime(storage) {} }
        return body(UnsafePointer(storage.values))
    }

    /// A run of rows as kernels take it.
    /// - Precondition: `rows` lies in `0 ..< count`.
    package func withBlock<Result, Failure: Error>(
        _ rows: Range<Int>, _ body: (SparseBlock) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        defer { withExtendedLifetime(storage) {} }
        return try body(
            SparseBlock(
                offsets: UnsafePointer(storage.offsets) + rows.lowerBound, indices: UnsafePointer(storage.indices),
                values: UnsafePointer(storage.values)))
    }
}

/// Pointers to a run of sparse rows, valid during the call that hands them out only. Row `r` of the run has the elements
/// `offsets[r] ..< offsets[r + 1]`, counted from the start of `indices` and `values`.
package struct SparseBlock {
    package let offsets: UnsafePointer<Int64>
    package let indices: UnsafePointer<Int32>
    package let values: UnsafePointer<Float>
}

/// The one owner of the memory of sparse rows.
///
/// Invariants: `offsets` addresses `rows + 1` numbers that begin with 0, never fall, and end with `elements`; `indices` and
/// `values` address `elements` each (at least 1). All of it is written before the storage is handed out and never after,
/// hence it is safe to read from any thread.
private final class SparseStorage: @unchecked Sendable {
    let rows: Int
    let elements: Int
    let offsets: UnsafeMutablePointer<Int64>
    let indices: UnsafeMutablePointer<Int32>
    let values: UnsafeMutablePointer<Float>

    init(rows: Int, elements: Int) {
        self.rows = rows
        self.elements = elements
        offsets = .allocate(capacity: rows + 1)
        offsets.initialize(repeating: 0, count: rows + 1)
        indices = .allocate(capacity: max(elements, 1))
        indices.initialize(repeating: 0, count: max(elements, 1))
        values = .allocate(capacity: max(elements, 1))
        values.initialize(repeating: 0, count: max(elements, 1))
    }

    deinit {
        offsets.deallocate()
        indices.deallocate()
        values.deallocate()
    }

    func elements(ofRow row: Int) -> Range<Int> { Int(offsets[row])..<Int(offsets[row + 1]) }
    func count(ofRow row: Int) -> Int { Int(offsets[row + 1] - offsets[row]) }

    /// Copies a row of another storage; `place` is where its elements go.
    /// - Returns: where those of the next row go.
    func append(_ row: Int, of other: SparseStorage, as position: Int, at place: Int) -> Int {
        let range = other.elements(ofRow: row)
        (indices + place).update(from: other.indices + range.lowerBound, count: range.count)
        (values + place).update(from: other.values + range.lowerBound, count: range.count)
        offsets[position + 1] = Int64(place + range.count)
        return place + range.count
    }
}

/// The inputs of a batch of examples, rows first: dense, or sparse where almost everything is 0.
public enum ExampleInputs: Sendable {
    /// `[rows] +` the shape of an example.
    case dense(Tensor)
    /// Examples that are vectors of `columns` numbers.
    case sparse(SparseRows)

    /// Number of examples.
    public var count: Int {
        switch self {
        case .dense(let tensor): tensor.shape.first ?? 1
        case .sparse(let rows): rows.count
        }
    }

    /// The shape of a dense tensor with the same contents.
    public var shape: [Int] {
        switch self {
        case .dense(let tensor): tensor.shape
        case .sparse(let rows): [rows.count, rows.columns]
        }
    }
}
