public import RLEditTensor

/// What a network should answer for the rows of a batch.
public enum Targets: Sendable {
    /// One class label per row, in `0 ..< classes`.
    case classes([Int])
    /// Values in the shape of the network's output, rows first (a vector `[N]` also fits an output of `[N, 1]`).
    case values(Tensor)
    /// One class label per row, and what a teacher answers: its outputs, `[N, classes]` logits.
    case distillation(labels: [Int], teacher: Tensor)

    /// Number of rows.
    public var count: Int {
        switch self {
        case .classes(let labels), .distillation(let labels, _): labels.count
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
}

/// Examples that are all in memory.
public struct TensorBatchSource: BatchSource {
    /// `[count] + inputShape`
    public let inputs: Tensor
    public let targets: Targets
    public var count: Int { inputs.shape[0] }

    /// - Throws: ``NetworkError/targets(loss:expected:actual:)`` when rows and targets differ in number.
    public init(inputs: Tensor, targets: Targets) throws(NetworkError) {
        guard let rows = inputs.shape.first, rows == targets.count else {
            throw .targets(
                loss: "examples", expected: "one target per row of \(inputs.shape)", actual: "\(targets.count)")
        }
        self.inputs = inputs
        self.targets = targets
    }

    public func batch(_ indices: ArraySlice<Int>) throws -> (inputs: Tensor, targets: Targets) {
        let inputs = try rows(indices, of: inputs)
        switch targets {
        case .classes(let labels): return (inputs, .classes(indices.map { labels[$0] }))
        case .values(let values): return (inputs, .values(try rows(indices, of: values)))
        case .distillation(let labels, let teacher):
            return (inputs, .distillation(labels: indices.map { labels[$0] }, teacher: try rows(indices, of: teacher)))
        }
    }

    private func rows(_ indices: ArraySlice<Int>, of tensor: Tensor) throws(TensorError) -> Tensor {
        let rowCount = tensor.shape[0]
        if let outside = indices.first(where: { $0 < 0 || $0 >= rowCount }) {
            throw .indexOutOfRange(operation: "batch", index: outside, count: rowCount)
        }
        let width = tensor.shape.dropFirst().reduce(1, *)
        let result = Tensor(uninitialized: [indices.count] + tensor.shape.dropFirst(), count: indices.count * width)
        for (row, index) in indices.enumerated() {
            (result.storage.pointer + row * width).initialize(
                from: tensor.storage.pointer + index * width, count: width)
        }
        return result
    }
}
