public import RLEditTensor

/// An ordered set of labelled examples of one shape.
///
/// A set is a value: an order over inputs that all sets derived from one another share, so that `partition`, `take`,
/// `shuffled` and the like copy indices, never images. Inputs read as bytes stay bytes (60,000 images of MNIST take
/// 47 MB) and become floats batch by batch. Indices are 0-based here; the script interface adds one.
public struct ExampleSet: Sendable {
    /// Short name for tables and messages, for example `train`.
    public let name: String
    /// Where the examples come from, for example `mnist` or `generated`.
    public let source: String
    /// Shape of one example, for example `[1, 28, 28]`: channels, rows, columns.
    public let exampleShape: [Int]

    let storage: ExampleStorage
    /// Storage rows in the order of the set; nil means all of them in stored order.
    let order: [Int32]?
    /// Labels, groups and weights in the order of the set.
    package let labelling: Labelling
    let hashCache: ContentHashCache

    /// Labels in the order of the set.
    package var orderedLabels: [Int32] { labelling.labels }
    /// Named groups and who belongs to them, in the order of the set; nil for a set without groups.
    public var groups: ExampleGroups? { labelling.groups }
    /// How much each example counts in training; nil where all count the same.
    public var weights: [Float]? { labelling.weights }
    /// What the labels 0, 1, … are called; empty where nobody said.
    public var classNames: [String] { labelling.classNames }
    /// What a label is called: its name, or its number.
    public func className(_ label: Int) -> String { labelling.className(label) }

    /// Number of examples.
    public var count: Int { labelling.count }
    public var isEmpty: Bool { labelling.labels.isEmpty }
    /// Labels in the order of the set: a new array at each call, O(count).
    public var labels: [Int] { orderedLabels.map(Int.init) }
    /// Number of examples of each label that occurs, by ascending label.
    public var classCounts: [(label: Int, count: Int)] { labelling.classCounts }

    /// Examples given as floats.
    /// - Parameters:
    ///   - inputs: `[count] + exampleShape`; shared, not copied.
    ///   - labels: one for each example, from 0 on.
    ///   - texts: what the inputs were made of, one for each example.
    /// - Throws: ``DataError`` naming what does not fit.
    public init(
        name: String, source: String, inputs: Tensor, labels: [Int], texts: TextSet? = nil
    ) throws(DataError) {
        guard inputs.rank >= 2 else { throw .inputsWithoutExamples(shape: inputs.shape) }
        guard inputs.shape[0] == labels.count else {
            throw .unpaired(examples: "inputs", count: inputs.shape[0], labels: labels.count)
        }
        do throws(NotFiniteValue) { try inputs.requireFinite("inputs") } catch { throw .notFinite(error) }
        let exampleShape = Array(inputs.shape.dropFirst())
        try self.init(
            name: name, source: source, exampleShape: exampleShape, values: .floats(inputs),
            valueCount: inputs.count, labels: labels, texts: texts)
    }

    /// Examples given as bytes; a value is its byte divided by `divisor`.
    /// - Parameters:
    ///   - bytes: row-major `[labels.count] + exampleShape`.
    ///   - divisor: positive; 255 brings grey levels to 0 ... 1.
    ///   - normalization: of the divided values, for each channel; applied when examples enter a network.
    ///   - classNames: what the labels 0, 1, … are called.
    /// - Throws: ``DataError`` naming what does not fit.
    public init(
        name: String, source: String, bytes: [UInt8], divisor: Float, normalization: Normalization? = nil,
        exampleShape: [Int], labels: [Int], classNames: [String] = []
    ) throws(DataError) {
        guard divisor > 0, divisor.isFinite, (255 / divisor).isFinite else {
            throw .invalidArgument(
                operation: "example set",
                message: "the divisor must be positive, and 255 over it finite, got \(divisor)")
        }
        try normalization?.check(channels: exampleShape.first ?? 1)
        try self.init(
            name: name, source: source, exampleShape: exampleShape,
            values: .bytes(SharedBytes(bytes), ByteScale(divisor: divisor, normalization: normalization)),
            valueCount: bytes.count, labels: labels, classNames: classNames)
    }

    init(
        name: String, source: String, exampleShape: [Int], values: ExampleStorage.Values, valueCount: Int,
        labels: [Int], classNames: [String] = [], texts: TextSet? = nil
    ) throws(DataError) {
        var size = 1
        for dimension in exampleShape {
            let (product, overflow) = size.multipliedReportingOverflow(by: dimension)
            guard dimension > 0, !overflow else {
                throw .invalidArgument(
                    operation: "example set", message: "an example's dimensions must be positive, got \(exampleShape)")
            }
            size = product
        }
        let (needed, overflow) = size.multipliedReportingOverflow(by: labels.count)
        guard !overflow, needed == valueCount, labels.count <= Int(Int32.max) else {
            throw .shapeMismatch(
                operation: "example set", expected: [labels.count] + exampleShape, actual: [valueCount])
        }
        self.init(
            name: name, source: source, exampleShape: exampleShape,
            storage: ExampleStorage(values: values, exampleSize: size, count: labels.count, texts: texts), order: nil,
            labelling: try Labelling(labels, classNames: classNames, of: name))
    }

    /// Parts already checked.
    init(
        name: String, source: String, exampleShape: [Int], storage: ExampleStorage, order: [Int32]?,
        labelling: Labelling
    ) {
        self.name = name
        self.source = source
        self.exampleShape = exampleShape
        self.storage = storage
        self.order = order
        self.labelling = labelling
        hashCache = ContentHashCache()
    }

    /// The same examples under another name.
    public func named(_ name: String) -> ExampleSet {
        ExampleSet(
            name: name, source: source, exampleShape: exampleShape, storage: storage, order: order,
            labelling: labelling)
    }

    /// The same examples with other labels, groups or weights.
    func with(_ labelling: Labelling) -> ExampleSet {
        ExampleSet(
            name: name, source: source, exampleShape: exampleShape, storage: storage, order: order,
            labelling: labelling)
    }

    /// Row of the storage that holds example `index`.
    @inline(__always)
    func storageRow(_ index: Int) -> Int { order.map { Int($0[index]) } ?? index }
}

extension ExampleSet {
    /// Inputs of a run of examples: `[rows.count] + exampleShape`.
    /// - Throws: ``DataError/indexOutOfRange(operation:index:count:)``.
    public func inputs(_ rows: Range<Int>) throws -> Tensor {
        guard rows.lowerBound >= 0, rows.lowerBound <= count else {
            throw DataError.indexOutOfRange(operation: "inputs", index: rows.lowerBound, count: count)
        }
        guard rows.upperBound <= count else {
            throw DataError.indexOutOfRange(operation: "inputs", index: rows.upperBound - 1, count: count)
        }
        guard let order else { return try gather(rows, count: rows.count) }
        return try gather(order[rows].lazy.map { Int($0) }, count: rows.count)
    }

    /// Inputs of the examples that `indices` names, in that order: `[indices.count] + exampleShape`.
    /// - Throws: ``DataError/indexOutOfRange(operation:index:count:)``.
    public func inputs(at indices: some Collection<Int>) throws -> Tensor {
        for index in indices { try checkIndex(index) }
        guard let order else { return try gather(indices, count: indices.count) }
        return try gather(indices.lazy.map { Int(order[$0]) }, count: indices.count)
    }

    /// All inputs: `[count] + exampleShape`, 4 bytes a value.
    public func allInputs() throws -> Tensor { try inputs(0..<count) }

    /// Labels of the examples that `indices` names, in that order.
    /// - Throws: ``DataError/indexOutOfRange(operation:index:count:)``.
    public func labels(at indices: some Collection<Int>) throws(DataError) -> [Int] {
        var result: [Int] = []
        result.reserveCapacity(indices.count)
        for index in indices {
            try checkIndex(index)
            result.append(Int(orderedLabels[index]))
        }
        return result
    }

    private func gather(_ rows: some Sequence<Int>, count: Int) throws -> Tensor {
        let shape = [count] + exampleShape
        let result = Tensor(uninitialized: shape, count: try Tensor.elementCount(of: shape))
        storage.copy(rows: rows, into: UnsafeMutableBufferPointer(start: result.storage.pointer, count: result.count))
        return result
    }

    private func checkIndex(_ index: Int) throws(DataError) {
        guard (0..<count).contains(index) else {
            throw .indexOutOfRange(operation: "inputs", index: index, count: count)
        }
    }
}
