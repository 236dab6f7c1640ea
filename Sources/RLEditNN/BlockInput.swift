internal import RLEditTensor

/// What enters a workspace: a block of rows, as long as the call lasts.
struct BlockInput {
    /// Not to be read where `sparse` is not nil.
    let dense: UnsafePointer<Float>
    let sparse: SparseBlock?

    init(_ dense: UnsafePointer<Float>) {
        self.dense = dense
        sparse = nil
    }

    init(_ sparse: SparseBlock) {
        dense = sparse.values
        self.sparse = sparse
    }
}

extension NetworkGraph {
    /// Hands a run of rows of a batch to `body` in the form in which the first nodes read them: sparse where all of them
    /// can, else dense and channels last.
    /// - Parameters:
    ///   - inputs: of the network's input shape, in `layout`.
    ///   - dense: whether sparse rows are to be made dense in any case.
    func withBlock<Result>(
        _ inputs: ExampleInputs, rows: Range<Int>, layout: ActivationLayout = .channelsFirst, dense: Bool = false,
        _ body: (BlockInput) throws(NetworkError) -> Result
    ) throws(NetworkError) -> Result {
        let order = ChannelOrder(shape: inputShape)
        let converted: TensorStorage
        switch inputs {
        case .dense(let tensor):
            defer { withExtendedLifetime(tensor) {} }
            let from = UnsafePointer(tensor.storage.pointer) + rows.lowerBound * order.count
            guard layout == .channelsFirst, !order.isTrivial else { return try body(BlockInput(from)) }
            converted = TensorStorage(uninitializedCount: rows.count * order.count)
            order.channelsLast(from, to: converted.pointer, rows: rows.count)
        case .sparse(let sparse):
            if !dense, takesSparseInput {
                return try sparse.withBlock(rows) { block throws(NetworkError) in try body(BlockInput(block)) }
            }
            converted = TensorStorage(uninitializedCount: rows.count * order.count)
            sparse.copyDense(rows, into: converted.pointer)
        }
        defer { withExtendedLifetime(converted) {} }
        return try body(BlockInput(converted.pointer))
    }

    /// A whole batch as the first nodes read it, dense and channels last, in memory of its own.
    func block(_ inputs: ExampleInputs, rows: Int) -> TensorStorage {
        let order = ChannelOrder(shape: inputShape)
        let result = TensorStorage(uninitializedCount: rows * order.count)
        switch inputs {
        case .dense(let tensor): order.channelsLast(tensor.storage.pointer, to: result.pointer, rows: rows)
        case .sparse(let sparse): sparse.copyDense(0..<rows, into: result.pointer)
        }
        return result
    }
}
