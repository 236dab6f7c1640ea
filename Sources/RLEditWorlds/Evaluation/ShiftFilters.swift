internal import CKernels
internal import RLEditNN
internal import RLEditTensor

/// Filters over what enters a convolution: what each gives for the examples.
///
/// A pass has always as many, so that a candidate's numbers do not depend on its neighbours. A 3×3 convolution whose
/// channels come in sixteens goes by Winograd's products, sixteen for thirty-six; one transform of the inputs serves all
/// filters.
struct ShiftFilters: Sendable {
    /// Examples of a run, whose numbers stay in the second-level cache.
    static let run = 32

    /// Filters of a pass.
    let count: Int
    /// One convolution to ``count`` channels, channels last.
    private let convolution: Network
    /// `[count, channels, kernel height, kernel width]`.
    private let shape: [Int]
    private let isTiled: Bool
    /// What the filters give for a run, and what that takes; of each worker.
    private let memory: Slots<(responses: TensorStorage, scratch: TensorStorage)>

    /// - Parameter input: shape of what enters the convolution, `[channels, height, width]`.
    init(_ convolution: Conv2D, count: Int, input: [Int], workers: Int) throws {
        self.count = count
        let filters = convolution.filters(count)
        let node = Network.Node(name: "filters", layer: filters, inputs: [-1])
        self.convolution = try Network(inputShape: input, nodes: [node], random: RandomStream(seed: 0))
        shape = [count, convolution.inChannels, convolution.kernel.0, convolution.kernel.1]
        isTiled = filters.hasTiles && filters.hasBlocks
        memory = Slots(count: workers)
    }

    /// Weights of filters for ``forEachRun(of:weights:worker:body:)``.
    /// - Parameter filters: `[rank, …]` of each candidate, with the place of its first.
    func weights(_ filters: [(right: Tensor, slot: Int)]) throws -> Tensor {
        let columns = shape.dropFirst().reduce(1, *)
        let stacked = try Tensor(shape: shape) { buffer in
            buffer.update(repeating: 0)
            for (right, slot) in filters {
                for (place, value) in right.scalars.enumerated() { buffer[slot * columns + place] = value }
            }
        }
        guard isTiled else { return stacked }
        return try Tensor(shape: [16, shape[1], count]) { buffer in
            stacked.withUnsafeBufferPointer { stacked in
                guard let stacked = stacked.baseAddress, let to = buffer.baseAddress else { return }
                rl_winograd_weights(Int64(count), Int64(shape[1]), stacked, 0, to)
            }
        }
    }

    /// Calls `body` for each run of examples with what the filters give, `[examples, positions, count]`.
    /// - Parameter inputs: `[rows, height, width, channels]`.
    func forEachRun(
        of inputs: Tensor, weights: Tensor, worker: Int,
        body: (_ examples: Range<Int>, _ responses: UnsafePointer<Float>) throws -> Void
    ) throws {
        let rows = inputs.shape[0]
        let runs = stride(from: 0, to: rows, by: ShiftFilters.run).map { $0..<min($0 + ShiftFilters.run, rows) }
        guard isTiled else {
            let responses = try convolution.forward(
                .dense(inputs), from: .channelsLast, to: .channelsLast, replacing: ["filters.weight": weights])
            let example = responses.count / rows
            try responses.withUnsafeBufferPointer {
                guard let responses = $0.baseAddress else { return }
                for run in runs { try body(run, responses + run.lowerBound * example) }
            }
            return
        }
        let (height, width, channels) = (inputs.shape[1], inputs.shape[2], inputs.shape[3])
        var size = rl_winograd_shape()
        (size.height, size.width, size.inputs) = (Int64(height), Int64(width), Int64(channels))
        (size.examples, size.outputs) = (Int64(ShiftFilters.run), Int64(count))
        let own =
            memory[worker]
            ?? (
                TensorStorage(uninitializedCount: ShiftFilters.run * height * width * count),
                TensorStorage(uninitializedCount: Int(rl_winograd_scratch(&size)))
            )
        memory[worker] = own
        for run in runs {
            size.examples = Int64(run.count)
            inputs.withUnsafeBufferPointer { inputs in
                weights.withUnsafeBufferPointer { weights in
                    guard let x = inputs.baseAddress, let weights = weights.baseAddress else { return }
                    rl_winograd_convolve(
                        &size, x + run.lowerBound * height * width * channels, weights, nil, 0,
                        own.scratch.pointer, own.responses.pointer)
                }
            }
            try body(run, UnsafePointer(own.responses.pointer))
        }
    }
}
