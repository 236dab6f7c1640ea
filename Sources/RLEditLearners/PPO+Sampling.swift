internal import CKernels
internal import RLEditTensor

extension PPO {
    /// One action for each environment, μ + σ ε, and its log-probability.
    ///
    /// Each environment draws ε from a split of its own, so that the draws can be spread over the workers.
    /// - Parameter means: `[environments, actionSize]`, or one row for all.
    /// - Returns: actions `[environments, actionSize]`, log-probabilities `[environments]`.
    func sample(
        _ gaussian: DiagonalGaussian, means: Tensor, environments: Int, random: RandomStream, pool: WorkerPool
    ) throws -> (actions: Tensor, logProbabilities: [Float]) {
        let size = gaussian.actionSize
        let isShared = means.shape[0] == 1
        let logProbabilities = TensorStorage(uninitializedCount: environments)
        let actions = TensorStorage(uninitializedCount: environments * size)
        pool.forEach(environments) { environment, _ in
            var stream = random.split("environment", environment)
            let action = UnsafeMutableBufferPointer(start: actions.pointer + environment * size, count: size)
            stream.fillNormal(action)
            means.withUnsafeBufferPointer { means in
                gaussian.standardDeviation.withUnsafeBufferPointer { deviation in
                    guard let means = means.baseAddress, let base = action.baseAddress else { return }
                    let mean = means + (isShared ? 0 : environment * size)
                    for index in 0..<size { action[index] = mean[index] + deviation[index] * action[index] }
                    logProbabilities.pointer[environment] = Float(gaussian.logProbability(action: base, mean: mean))
                }
            }
        }
        return (
            try Tensor(shape: [environments, size]) {
                $0.baseAddress?.update(from: actions.pointer, count: environments * size)
            },
            Array(UnsafeBufferPointer(start: logProbabilities.pointer, count: environments))
        )
    }
}
