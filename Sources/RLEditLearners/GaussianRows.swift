internal import CKernels
internal import RLEditTensor

/// What a policy said of the rows of a minibatch, and the derivative of a loss by it: the inner loops of the losses of
/// PPO and REINFORCE.
///
/// Invariant: every pointer addresses a storage that this object owns, `[rows, actionSize]` for means and `[actionSize]`
/// for deviations, and a row is below `rows`. Used by one thread.
final class GaussianRows {
    let gaussian: DiagonalGaussian
    /// Estimated return of each row.
    let values: [Float]
    /// The derivative by each value.
    var valueGradient: [Float]
    private let rollout: RolloutBuffer
    private let means: TensorStorage
    private let meanGradient: TensorStorage
    private let deviationGradient: TensorStorage
    private let inverseDeviation: TensorStorage

    private var size: Int { gaussian.actionSize }
    /// One row serves all transitions when they were acted upon the same observation.
    private var isShared: Bool { values.count == 1 }

    /// - Parameters:
    ///   - output: of each transition of the minibatch, or of one row that all share: then the gradient is their sum.
    ///   - entropyCoefficient: the derivative of the entropy by each log σ is 1.
    init(
        _ output: PolicyOutput, gaussian: DiagonalGaussian, rollout: RolloutBuffer, entropyCoefficient: Double
    ) throws {
        self.gaussian = gaussian
        values = output.values.scalars
        valueGradient = values.map { _ in 0 }
        self.rollout = rollout
        let size = gaussian.actionSize
        guard output.means.shape == [values.count, size], rollout.actionSize == size else {
            throw TensorError.shapeMismatch(
                operation: "policy loss", expected: [values.count, rollout.actionSize], actual: output.means.shape)
        }
        func copy(_ tensor: Tensor) -> TensorStorage {
            let storage = TensorStorage(uninitializedCount: tensor.count)
            tensor.withUnsafeBufferPointer { source in
                if let base = source.baseAddress { storage.pointer.initialize(from: base, count: source.count) }
            }
            return storage
        }
        means = copy(output.means)
        inverseDeviation = copy(gaussian.inverseDeviation)
        meanGradient = TensorStorage(uninitializedCount: output.means.count)
        meanGradient.pointer.initialize(repeating: 0, count: output.means.count)
        deviationGradient = TensorStorage(uninitializedCount: size)
        deviationGradient.pointer.initialize(repeating: Float(-entropyCoefficient), count: size)
    }

    /// The row of a place in the minibatch.
    func row(_ position: Int) -> Int { isShared ? 0 : position }

    /// log π(a|s) of a transition of the rollout, of some numbers of the action or of all.
    func logProbability(_ transition: Int, row: Int, numbers: Range<Int>) -> Double {
        if numbers.count == size { return logProbability(transition, row: row) }
        return rollout.withAction(transition) {
            gaussian.logProbability(action: $0, mean: means.pointer + row * size, numbers: numbers)
        } ?? 0
    }

    /// log π(a|s) of a transition of the rollout.
    func logProbability(_ transition: Int, row: Int) -> Double {
        rollout.withAction(transition) { gaussian.logProbability(action: $0, mean: means.pointer + row * size) } ?? 0
    }

    /// Adds `coefficient` times the derivative of log π(a|s) by the row's mean and by log σ.
    func addGradient(_ coefficient: Float, _ transition: Int, row: Int) {
        addGradient(coefficient, transition, row: row, numbers: 0..<size)
    }

    /// The same for some numbers of the action.
    func addGradient(_ coefficient: Float, _ transition: Int, row: Int, numbers: Range<Int>) {
        let first = numbers.lowerBound
        _ = rollout.withAction(transition) {
            rl_gaussian_backward(
                Int64(numbers.count), $0 + first, means.pointer + row * size + first, inverseDeviation.pointer + first,
                coefficient, meanGradient.pointer + row * size + first, deviationGradient.pointer + first)
        }
    }

    /// What has been added up.
    func gradient() throws -> PolicyGradient {
        func tensor(_ storage: TensorStorage, _ shape: [Int]) throws -> Tensor {
            try Tensor(shape: shape) { $0.baseAddress?.update(from: storage.pointer, count: storage.count) }
        }
        return PolicyGradient(
            means: try tensor(meanGradient, [values.count, size]), values: Tensor(valueGradient),
            logStandardDeviation: try tensor(deviationGradient, [size]))
    }
}
