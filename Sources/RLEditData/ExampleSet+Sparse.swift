public import RLEditTensor

extension ExampleSet {
    /// Examples that are vectors with few elements that are not 0, such as bags of words. They stay sparse: batches of
    /// them do too (``batchInputs(_:)``), and only ``inputs(_:)`` fills in the zeros.
    /// - Parameters:
    ///   - rows: shared, not copied; the shape of an example is `[rows.columns]`.
    ///   - labels: one for each row, from 0 on.
    ///   - texts: what the rows were made of, one for each row.
    /// - Throws: ``DataError`` naming what does not fit.
    public init(
        name: String, source: String, sparse rows: SparseRows, labels: [Int], texts: TextSet? = nil
    ) throws(DataError) {
        guard rows.count == labels.count else {
            throw .unpaired(examples: "inputs", count: rows.count, labels: labels.count)
        }
        guard labels.count <= Int(Int32.max) else {
            throw .invalidArgument(operation: "example set", message: "more examples than a set can hold")
        }
        do throws(NotFiniteValue) { try rows.requireFinite("inputs") } catch { throw .notFinite(error) }
        self.init(
            name: name, source: source, exampleShape: [rows.columns],
            storage: ExampleStorage(
                values: .sparse(rows), exampleSize: rows.columns, count: rows.count, texts: texts), order: nil,
            labelling: try Labelling(labels, of: name))
    }

    /// The text that an example was made of; nil where it was made of none, or is not known any more.
    /// - Precondition: `0 ..< count`.
    public func text(_ index: Int) -> String? { storage.texts?.text(storageRow(index)) }

    /// Whether the examples are kept sparse.
    public var isSparse: Bool { if case .sparse = storage.values { true } else { false } }

    /// Inputs of a run of examples in the form in which they are kept: what networks take.
    /// - Throws: ``DataError/indexOutOfRange(operation:index:count:)``.
    public func batchInputs(_ rows: Range<Int>) throws -> ExampleInputs {
        guard case .sparse(let sparse) = storage.values else { return .dense(try inputs(rows)) }
        for bound in [rows.lowerBound, rows.upperBound] where bound < 0 || bound > count {
            throw DataError.indexOutOfRange(operation: "inputs", index: bound, count: count)
        }
        return .sparse(sparse.gathering(rows.lazy.map(storageRow)))
    }

    /// Inputs of the examples that `indices` names, in that order and in the form in which they are kept.
    /// - Throws: ``DataError/indexOutOfRange(operation:index:count:)``.
    public func batchInputs(at indices: some Collection<Int>) throws -> ExampleInputs {
        guard case .sparse(let sparse) = storage.values else { return .dense(try inputs(at: indices)) }
        for index in indices where index < 0 || index >= count {
            throw DataError.indexOutOfRange(operation: "inputs", index: index, count: count)
        }
        return .sparse(sparse.gathering(indices.lazy.map(storageRow)))
    }

    /// Bytes of the inputs as they are kept, whether shared with other sets or not.
    package var inputBytes: Int {
        switch storage.values {
        case .bytes: storage.count * storage.exampleSize
        case .floats: 4 * storage.count * storage.exampleSize
        case .sparse(let rows): rows.byteCount
        }
    }

    /// The rows of both sets, when either is sparse; nil when neither is.
    /// - Throws: ``DataError/invalidArgument(operation:message:)`` when only one is: with its zeros filled in, the other
    ///   could pass all memory.
    func joinedRows(with other: ExampleSet) throws(DataError) -> SparseRows? {
        switch (storage.values, other.storage.values) {
        case (.sparse(let first), .sparse(let second)):
            return first.gathering((0..<count).lazy.map(storageRow))
                .appending(second.gathering((0..<other.count).lazy.map(other.storageRow)))
        case (.sparse, _), (_, .sparse):
            throw .invalidArgument(operation: "concat", message: "one set is sparse and the other is dense")
        default: return nil
        }
    }
}
