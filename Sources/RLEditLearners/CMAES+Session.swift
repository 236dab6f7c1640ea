internal import CKernels

extension CMAES {
    /// What a run of the strategy keeps between generations, and the coordinates of C's axes.
    struct Session {
        var parameters: CovarianceAdaptation
        var generation: Generation
        var restarts: Restarts
        var updates = 0
        /// m, `[n]`.
        var mean: [Double]
        /// σ.
        var standardDeviation: Double
        /// p_σ and p_c, `[n]`.
        var stepSizePath: [Double]
        var covariancePath: [Double]
        /// C, `[n, n]`.
        var covariance: [Double]
        /// C = Bᵀ D² B as of update `decomposedAt`: B's rows, `[n, n]`, and D's diagonal, `[n]`.
        var basis: [Double]
        var axisDeviations: [Double]
        var decomposedAt = 0

        var dimension: Int { mean.count }

        /// The first state of a start, for the population of this one.
        mutating func beginAgain(standardDeviation: Double) {
            let size = dimension
            parameters = CovarianceAdaptation(
                dimension: size, populationSize: restarts.population, separable: false)
            (updates, decomposedAt) = (0, 0)
            mean = mean.map { _ in 0 }
            self.standardDeviation = standardDeviation
            (stepSizePath, covariancePath) = (mean, mean)
            covariance = (0..<(size * size)).map { $0 % (size + 1) == 0 ? 1 : 0 }
            basis = covariance
            axisDeviations = mean.map { _ in 1 }
        }

        /// D⁻¹ B x: a step in the coordinates of C's axes, each in units of its deviation.
        func whitened(_ x: [Double]) -> [Double] {
            basis.withUnsafeBufferPointer { basis in
                x.withUnsafeBufferPointer { x in
                    guard let rows = basis.baseAddress, let vector = x.baseAddress else { return [] }
                    return x.indices.map { axis in
                        rl_dot_double(Int64(x.count), rows + axis * x.count, vector) / axisDeviations[axis]
                    }
                }
            }
        }

        /// Bᵀ x: back from the coordinates of C's axes.
        func fromAxes(_ x: [Double]) -> [Double] {
            var result = [Double](repeating: 0, count: x.count)
            basis.withUnsafeBufferPointer { basis in
                result.withUnsafeMutableBufferPointer { result in
                    guard let rows = basis.baseAddress, let sum = result.baseAddress else { return }
                    for axis in x.indices { rl_add_scaled_double(Int64(x.count), x[axis], rows + axis * x.count, sum) }
                }
            }
            return result
        }

        /// √ of the mean variance of C: with σ, how far the numbers of an action deviate.
        var meanDeviation: Double {
            let variances = (0..<dimension).reduce(0) { $0 + covariance[$1 * dimension + $1] }
            return (variances / Double(dimension)).squareRoot()
        }
    }
}
