import Foundation
import RLEditCore
import RLEditNN
import RLEditTensor
import RLEditTestSupport
import Synchronization
import Testing

@Suite("Training")
struct TrainingTests {
    /// Two classes in the plane, a ring around a disc: not separable by a line.
    private func rings(_ count: Int = 400) throws -> TensorBatchSource {
        var random = RandomStream(seed: 11)
        var (points, labels) = ([Float](), [Int]())
        while labels.count < count {
            let (x, y) = (random.uniform(-2, 2), random.uniform(-2, 2))
            let radius = x * x + y * y
            guard radius < 0.8 || radius > 1.2 else { continue }
            points += [x, y]
            labels.append(radius > 1 ? 1 : 0)
        }
        return try TensorBatchSource(inputs: Tensor(points, shape: [count, 2]), targets: .classes(labels))
    }

    private func network(dropout: Bool = false) throws -> Network {
        var layers: [(name: String, layer: any Layer)] = [("fc1", Linear(2, 32)), ("act", Activation.tanh)]
        if dropout { layers.append(("drop", Dropout(0.2))) }
        layers.append(("fc2", Linear(32, 2)))
        return try Network(inputShape: [2], layers: layers, random: RandomStream(seed: 1))
    }

    private var options: TrainingOptions {
        var options = TrainingOptions()
        (options.epochs, options.batchSize, options.learningRate) = (30, 100, 0.02)
        return options
    }

    @Test("A network learns what a linear one cannot")
    func learns() throws {
        var network = try network()
        let result = try network.fit(try rings(), options: options)
        #expect(result.epochs.count == 30 && result.steps == 120 && !result.wasStopped)
        #expect(try #require(result.epochs.last?.accuracy) > 0.97)
        let held = try rings(600)
        #expect(try network.gradient(held.inputs, held.targets, loss: .crossEntropy).accuracy ?? 0 > 0.95)
    }

    @Test("Training gives the same bytes for any number of workers, with dropout and clipping")
    func workers() throws {
        var options = options
        (options.epochs, options.batchSize, options.gradientClipping) = (2, 300, 1)
        let source = try rings(1000)
        var results: [[UInt32]] = []
        for pool in [nil, WorkerPool(workers: 2), WorkerPool(workers: 3)] {
            var network = try network(dropout: true)
            try network.fit(source, options: options, pool: pool)
            results.append(parameterBits(network))
        }
        #expect(results[0] == results[1] && results[0] == results[2])
    }

    @Test("A convolution gives the same bytes on a thread that computes for the first time")
    func freshThread() throws {
        let network = try Network(
            inputShape: [16, 14, 14],
            layers: [
                ("conv", Conv2D(16, 32, kernel: 3, padding: 1)), ("flat", Flatten()), ("fc", Linear(32 * 14 * 14, 2)),
            ], random: RandomStream(seed: 1))
        var random = RandomStream(seed: 2)
        let inputs = try Tensor((0..<64 * 16 * 14 * 14).map { _ in random.uniform(-1, 1) }, shape: [64, 16, 14, 14])
        let labels = (0..<64).map { $0 % 2 }
        @Sendable func bits() throws -> [[UInt32]] {
            try network.gradient(inputs, .classes(labels), loss: .crossEntropy).parameters.map {
                $0.scalars.map(\.bitPattern)
            }
        }
        // No pool has been made there and no matrix multiplied: only the convolution can tell its library what it needs.
        let answer = Mutex<Result<[[UInt32]], any Error>?>(nil)
        let done = DispatchSemaphore(value: 0)
        let thread = Thread {
            answer.withLock { $0 = Result { try bits() } }
            done.signal()
        }
        thread.start()
        done.wait()
        _ = WorkerPool(workers: 1)
        let there = try #require(answer.withLock { $0 }).get()
        let here = try bits()
        #expect(there == here)
    }

    @Test("The seed decides order and dropout")
    func seeds() throws {
        func bits(_ seed: UInt64) throws -> [UInt32] {
            var options = options
            (options.epochs, options.seed) = (1, seed)
            var network = try network(dropout: true)
            try network.fit(try rings(), options: options)
            return parameterBits(network)
        }
        #expect(try bits(1) == bits(1))
        #expect(try bits(1) != bits(2))
    }

    @Test("Copies made before training keep their parameters")
    func original() throws {
        var network = try network()
        let copy = network
        let bits = parameterBits(copy)
        try network.fit(try rings(), options: options)
        #expect(parameterBits(copy) == bits)
        #expect(parameterBits(network) != bits)
    }

    @Test("Progress tells epoch, batch and rate, and a callback ends training")
    func progress() throws {
        var network = try network()
        var seen: [TrainingProgress] = []
        var options = options
        options.learningRate = .linear(0.1, 0)
        let result = try network.fit(try rings(), options: options) { progress in
            seen.append(progress)
            return seen.count == 6 ? .stop : .proceed
        }
        #expect(result.wasStopped && result.steps == 6 && result.epochs.count == 2)
        #expect(seen.map(\.batch) == [1, 2, 3, 4, 1, 2] && seen.map(\.epoch) == [1, 1, 1, 1, 2, 2])
        #expect(seen.allSatisfy { $0.batches == 4 && $0.epochs == 30 })
        #expect(abs(seen[3].learningRate - 0.1 * (1 - 3.0 / 120)) < 1e-7)
    }

    @Test("A loss that is not a number ends training and leaves the network as it was")
    func divergence() throws {
        var network = try network()
        let bits = parameterBits(network)
        // tanh(∞) is 1: the first loss is a number, its gradient is not. Our own sources refuse such an input.
        let source = InfiniteSource()
        var options = options
        #expect {
            try network.fit(source, options: options)
        } throws: { error in
            if case NetworkError.divergedLoss(epoch: 2, batch: 1, let loss) = error { loss.isNaN } else { false }
        }
        #expect(parameterBits(network) == bits)
        options.epochs = 1
        #expect(throws: NetworkError.divergedParameter(name: "fc1.weight")) {
            try network.fit(source, options: options)
        }
        #expect(parameterBits(network) == bits)
        #expect(
            NetworkError.divergedLoss(epoch: 2, batch: 1, loss: .nan).description
                == "training diverged: the loss is nan in epoch 2, batch 1; try a lower learning rate")
    }

    private struct InfiniteSource: BatchSource {
        let count = 1
        func batch(_ indices: ArraySlice<Int>) throws -> (inputs: Tensor, targets: Targets) {
            (try Tensor([.infinity, 1], shape: [1, 2]), .classes([0]))
        }
    }

    @Test("Regression and binary classification train as well")
    func otherLosses() throws {
        var random = RandomStream(seed: 5)
        let x = (0..<200).map { _ in random.uniform(-1, 1) }
        let inputs = try Tensor(x, shape: [200, 1])
        var options = options
        (options.epochs, options.batchSize) = (60, 50)
        options.loss = .meanSquaredError
        var line = try Models.mlp(widths: [1, 1], random: RandomStream(seed: 1))
        try line.fit(
            try TensorBatchSource(inputs: inputs, targets: .values(Tensor(x.map { 2 * $0 - 1 }))), options: options)
        #expect(abs((line.parameter("fc1.weight")?.scalars[0] ?? 0) - 2) < 0.05)
        options.loss = .binaryCrossEntropy
        var sign = try Models.mlp(widths: [1, 1], random: RandomStream(seed: 1))
        let result = try sign.fit(
            try TensorBatchSource(inputs: inputs, targets: .classes(x.map { $0 > 0 ? 1 : 0 })), options: options)
        #expect(try #require(result.epochs.last?.accuracy) > 0.95)
    }

    @Test("Dropout drops its share and keeps the mean")
    func dropout() throws {
        let network = try Network(
            inputShape: [1000], layers: [("drop", Dropout(0.3))], random: RandomStream(seed: 1))
        let ones = try Tensor.ones([10, 1000])
        let result = try network.pullback(ones, random: RandomStream(seed: 2)) { _ in ones }
        let kept = result.outputs.scalars.filter { $0 != 0 }
        #expect(kept.allSatisfy { abs($0 - 1 / 0.7) < 1e-6 })
        #expect(abs(Double(kept.count) / 10_000 - 0.7) < 0.02)
        #expect(result.inputGradient == result.outputs)
        #expect(try network.forward(ones) == ones)
    }

    @Test("Options out of range name the field")
    func validation() {
        func message(_ change: (inout TrainingOptions) -> Void) -> String {
            var options = TrainingOptions()
            change(&options)
            do { try options.validate() } catch { return "\(error)" }
            return "valid"
        }
        #expect(message { _ in } == "valid")
        #expect(message { $0.epochs = 0 } == "fit: epochs must be at least 1, got 0")
        #expect(message { $0.batchSize = -1 } == "fit: batchSize must be at least 1, got -1")
        #expect(
            message { $0.learningRate = -1.0 } == "fit: learningRate must not be negative, got -1.0 at progress 0.0")
        #expect(message { $0.weightDecay = .nan } == "fit: weightDecay must not be negative, got nan")
        #expect(message { $0.gradientClipping = 0 } == "fit: gradientClipping must be positive, got 0.0")
        #expect(
            message { $0.optimizer = .sgd(SGD(momentum: 1)) } == "sgd: momentum must be at least 0 and below 1, got 1.0"
        )
        #expect(message { $0.optimizer = .adam(Adam(epsilon: 0)) } == "adam: epsilon must be positive, got 0.0")
        #expect(
            message { $0.optimizer = .sgd(SGD(nesterov: true)) }
                == "sgd: nesterov needs momentum above 0 and no dampening, got momentum 0.0 and dampening 0.0")
    }
}

@Suite("Optimizer state")
struct OptimizerStateTests {
    private let gradients = [Tensor([1, -2, 3]), Tensor([0.5])]

    @Test(
        "An optimizer that is saved and restored goes on as if nothing had happened",
        arguments: [OptimizerConfiguration.sgd(SGD(momentum: 0.9)), .adam(Adam()), .adamW(Adam())])
    func restore(configuration: OptimizerConfiguration) throws {
        var optimizer = try Optimizer(configuration, parameterCount: 4)
        var parameters = [Tensor([1, 2, 3]), Tensor([4])]
        try optimizer.step(&parameters, gradients: gradients, learningRate: 0.1)
        let (saved, state) = (parameters, optimizer.state)
        try optimizer.step(&parameters, gradients: gradients, learningRate: 0.1)

        var other = try Optimizer(configuration, parameterCount: 4)
        try other.restore(state)
        var resumed = saved
        try other.step(&resumed, gradients: gradients, learningRate: 0.1)
        #expect(resumed == parameters && other.steps == 2)
        #expect(state.steps == 1)
    }

    @Test("State of another kind or size is refused")
    func mismatch() throws {
        let state = try Optimizer(.adam(Adam()), parameterCount: 3).state
        var other = try Optimizer(.adam(Adam()), parameterCount: 4)
        #expect(throws: NetworkError.self) { try other.restore(state) }
        var momentum = try Optimizer(.sgd(SGD(momentum: 0.5)), parameterCount: 3)
        #expect(throws: NetworkError.self) { try momentum.restore(state) }
    }
}
