internal import RLEditData
internal import RLEditNN
internal import RLEditTensor

/// Training the digit CNN: 2 epochs, batch 128.
struct FitRows {
    static let examples = 55_000
    private let source: TensorBatchSource
    private let pool = WorkerPool(workers: 2)

    init(digits: PictureData) throws {
        let train =
            digits.train.count >= FitRows.examples
            ? digits.train : try Digits.generated(trainCount: FitRows.examples, testCount: 10).train
        let first = try train.take(FitRows.examples)
        source = try TensorBatchSource(inputs: first.allInputs(), targets: .classes(first.labels))
    }

    /// Seconds of one fit.
    func fitSeconds() throws -> Double {
        var network = try Models.digitCNN(random: RandomStream(seed: 0, name: "bench"))
        var options = TrainingOptions()
        options.epochs = 2
        return try seconds { try network.fit(source, options: options, pool: pool) }
    }

    /// Seconds that the multiplications of the fit take at the rate of two threads on the largest layer's product.
    static func ceiling(productRate: Double) -> Double {
        // Multiply-adds of one image: conv 1→16 at 28², conv 16→32 at 14², 1568→128→32→10. Backward costs twice the
        // forward pass.
        let convolutions = 28 * 28 * 16 * 9 + 14 * 14 * 32 * 16 * 9
        let linear = 1568 * 128 + 128 * 32 + 32 * 10
        return 2 * 3 * Double((convolutions + linear) * examples) * 2 / (2 * productRate)
    }
}
