public import RLEditTensor

/// What a network should answer for the rows of a batch.
public enum Targets: Sendable {
    /// One class label per row, in `0 ..< classes`.
    case classes([Int])
    /// The same, with what each row's terms count: 1 for as much as without weights, 0 for nothing.
    case weightedClasses([Int], weights: [Float])
    /// Values in the shape of the network's output, rows first (a vector `[N]` also fits an output of `[N, 1]`).
    case values(Tensor)
    /// One class label per row, and what a teacher answers: its outputs, `[N, classes]` logits.
    case distillation(labels: [Int], teacher: Tensor)

    /// Number of rows.
    public var count: Int {
        switch self {
        case .classes(let labels), .weightedClasses(let labels, _), .distillation(let labels, _): labels.count
        case .values(let tensor): tensor.shape.first ?? 1
        }
    }
}

/// Examples that batches can be drawn from, in any order, by several threads at the same time.
public protocol BatchSource: Sendable {
    /// Number of examples.
    var count: Int { get }
    /// The examples at these indices (each in `0 ..< count`), in this order: inputs `[indices.count] + inputShape`.
    func batch(_ indices: ArraySlice<Int>) throws -> (inputs: Tensor, targets: Targets)
    /// The same examples as networks read them: sparse where the source keeps them so. By default those of `batch`.
    func examples(_ indices: ArraySlice<Int>) throws -> (inputs: ExampleInputs, targets: Targets)
}

extension BatchSource {
    public func examples(_ indices: ArraySlice<Int>) throws -> (inputs: ExampleInputs, targets: Targets) {
        let (inputs, targets) = try batch(indices)
        return (.dense(inputs), targets)
    }
}

/// Examples that are all in memory.
public struct TensorBatchSource: BatchSource {
    /// `[count] + inputShape`
    public let inputs: Tensor
    public let targets: Targets
    public var count: Int { inputs.shape[0] }

    /// - Throws: ``NetworkError/unpaired(inputs:targets:)`` when rows and targets differ in number,
    ///   ``NetworkError/notFinite(_:)`` for an input or a target that is NaN or infinite.
    public init(inputs: Tensor, targets: Targets) throws(NetworkError) {
        guard let rows = inputs.shape.first, rows == targets.count else {
            throw .unpaired(inputs: inputs.shape.first ?? 1, targets: targets)
        }
        do throws(NotFiniteValue) {
            try inputs.requireFinite("inputs")
            try targets.requireFinite()
        } catch { throw .notFinite(error) }
        self.inputs = inputs
        self.targets = targets
    }

    public func batch(_ indices: ArraySlice<Int>) throws -> (inputs: Tensor, targets: Targets) {
        (try inputs.rows(at: indices), try targets.rows(at: indices))
    }
}

/// Sparse examples that are all in memory.
public struct SparseBatchSource: BatchSource {
    public let inputs: SparseRows
    public let targets: Targets
    public var count: Int { inputs.count }

    /// - Throws: as ``TensorBatchSource``.
    public init(inputs: SparseRows, targets: Targets) throws(NetworkError) {
        guard inputs.count == targets.count else { throw .unpaired(inputs: inputs.count, targets: targets) }
        do throws(NotFiniteValue) {
            try inputs.requireFinite("inputs")
            try targets.requireFinite()
        } catch { throw .notFinite(error) }
        self.inputs = inputs
        self.targets = targets
    }

    public func batch(_ indices: ArraySlice<Int>) throws -> (inputs: Tensor, targets: Targets) {
        let targets = try targets.rows(at: indices)
        let result = Tensor(
            uninitialized: [indices.count, inputs.columns],
            count: try Tensor.elementCount(of: [indices.count, inputs.columns]))
        inputs.copyDense(indices, into: result.storage.pointer)
        return (result, targets)
    }

    public func examples(_ indices: ArraySlice<Int>) throws -> (inputs: ExampleInputs, targets: Targets) {
        // Also finds out whether all indices are inside.
        let targets = try targets.rows(at: indices)
        return (.sparse(inputs.gathering(indices)), targets)
    }
}

extension Targets {
    /// - Throws: ``NotFiniteValue`` for a value that is NaN or infinite.
    fileprivate func requireFinite() throws(NotFiniteValue) {
        switch self {
        case .classes, .weightedClasses: break
        case .values(let values): try values.requireFinite("targets")
        case .distillation(_, let teacher): try teacher.requireFinite("teacher")
        }
    }

    /// The targets of some rows, in this order.
    func rows(at indices: ArraySlice<Int>) throws(TensorError) -> Targets {
        switch self {
        case .classes(let labels):
            try checkRows(indices, count: labels.count)
            return .classes(indices.map { labels[$0] })
        case .weightedClasses(let labels, let weights):
            try checkRows(indices, count: labels.count)
            return .weightedClasses(indices.map { labels[$0] }, weights: indices.map { weights[$0] })
        case .values(let values): return .values(try values.rows(at: indices))
        case .distillation(let labels, let teacher):
            try checkRows(indices, count: labels.count)
            return .distillation(labels: indices.map { labels[$0] }, teacher: try teacher.rows(at: indices))
        }
    }
}

extension Tensor {
    /// The rows that `indices` names, in this order, copied.
    fileprivate func rows(at indices: ArraySlice<Int>) throws(TensorError) -> Tensor {
        try checkRows(indices, count: shape[0])
        let width = shape.dropFirst().reduce(1, *)
        let result = Tensor(uninitialized: [indices.count] + shape.dropFirst(), count: indices.count * width)
        for (row, index) in indices.enumerated() {
            (result.storage.pointer + row * width).initialize(from: storage.pointer + index * width, count: width)
        }
        return result
    }
}

private func checkRows(_ indices: ArraySlice<Int>, count: Int) throws(TensorError) {
    if let outside = indices.first(where: { $0 < 0 || $0 >= count }) {
        throw .indexOutOfRange(operation: "batch", index: outside, count: count)
    }
}
