internal import RLEditTensor

/// Edits whose observations are made when somebody asks.
struct EditObservations: Sendable {
    let edits: [[LayerEdit]]
    let layers: [EditedLayer]
    let observer: any Observer
    let size: Int
    let pool: WorkerPool

    /// `[edits.count, size]`.
    func rows() throws -> Tensor {
        let made = Slots<Tensor>(count: edits.count)
        try pool.forEach(edits.count) { piece, _ in
            let weights = try zip(edits[piece], layers).map { try $0.weights(of: $1) }
            made[piece] = try Tensor(shape: [size]) { observer.observe(weights, of: layers, into: $0) }
        }
        return try Tensor(shape: [edits.count, size]) { buffer in
            for (row, observation) in try made.values().enumerated() {
                observation.withUnsafeBufferPointer { values in
                    guard let source = values.baseAddress, let destination = buffer.baseAddress else { return }
                    (destination + row * size).update(from: source, count: size)
                }
            }
        }
    }
}
