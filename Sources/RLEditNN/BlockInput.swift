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
    /// Hands a run of rows of a batch to `body` in the form in which the nodes after `source` read them: sparse where
    /// all of them can, else dense and channels last.
    /// - Parameters:
    ///   - inputs: of the shape of what `source` gives, in `layout`.
    ///   - source: the node whose outputs the inputs are; -1 for the network's input.
    ///   - dense: whether sparse rows are to be made dense in any case.
    func withBlock<Result>(
        _ inputs: ExampleInputs, rows: Range<Int>, of source: Int = -1, layout: ActivationLayout = .channelsFirst,
        dense: Bool = false, _ body: (BlockInput) throws(NetworkError) -> Result
    ) throws(NetworkError) -> Result {
        let order = ChannelOrder(shape: shape(of: source))
        let converted: TensorStorage
        switch inputs {
        case .dense(let tensor):
            defer { withExtendedLifetime(tensor) {} }
            let from = UnsafePointer(tensor.storage.pointer) + rows.lowerBound * order.count
            guard layout == .channelsFirst, !order.isTrivial else { return try body(BlockInput(from)) }
            converted = TensorStorage(uninitializedCount: rows.count * order.count)
            order.channelsLast(from, to: converted.pointer, rows: rows.count)
        case .sparse(let sparse):
            if !dense, source < 0, takesSparseInput {
                return try sparse.withBlock(rows) { block throws(NetworkError) in try body(BlockInput(block)) }
            }
            converted = TensorStorage(uninitializedCount: rows.count * order.count)
            sparse.copyDense(rows, into: converted.pointer)
        }
        defer { withExtendedLifetime(converted) {} }
        return try body(BlockInput(converted.pointer))
    }
}
