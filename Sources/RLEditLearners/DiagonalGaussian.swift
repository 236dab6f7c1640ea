internal import CKernels
internal import RLEditCore
package import RLEditTensor

/// Independent normal distributions, one for each number of an action.
package struct DiagonalGaussian: Sendable {
    /// σ, `[actionSize]`.
    package let standardDeviation: Tensor
    /// 1/σ, `[actionSize]`.
    package let inverseDeviation: Tensor
    /// log σ, `[actionSize]`.
    private let logDeviations: [Float]
    /// Σ log σ.
    package let sumOfLogDeviations: Double

    package var actionSize: Int { standardDeviation.count }

    /// - Parameter logStandardDeviation: `[actionSize]`.
    package init(logStandardDeviation: Tensor) throws {
        let logs = logStandardDeviation.scalars
        logDeviations = logs
        standardDeviation = Tensor(logs.map { Float(PortableMath.exp(DiagonalGaussian.bounded($0))) })
        inverseDeviation = Tensor(logs.map { Float(PortableMath.exp(-DiagonalGaussian.bounded($0))) })
        sumOfLogDeviations = logs.reduce(0) { $0 + Double($1) }
    }

    /// Within what `Float` can hold, so that a runaway log σ is reported as divergence and not as an overflow.
    private static func bounded(_ logDeviation: Float) -> Double { min(max(Double(logDeviation), -80), 80) }

    /// log N(a; μ, σ²) = −½ Σ ((a − μ)/σ)² − Σ log σ − ½ n log 2π.
    package func logProbability(action: UnsafePointer<Float>, mean: UnsafePointer<Float>) -> Double {
        inverseDeviation.withUnsafeBufferPointer { inverse in
            guard let inverse = inverse.baseAddress else { return 0 }
            let distance = rl_gaussian_distance(Int64(actionSize), action, mean, inverse)
            return -0.5 * distance - sumOfLogDeviations - Double(actionSize) * DiagonalGaussian.halfLogTwoPi
        }
    }

    /// The same of some numbers of an action.
    func logProbability(
        action: UnsafePointer<Float>, mean: UnsafePointer<Float>, numbers: Range<Int>
    ) -> Double {
        inverseDeviation.withUnsafeBufferPointer { inverse in
            guard let inverse = inverse.baseAddress else { return 0 }
            let first = numbers.lowerBound
            let distance = rl_gaussian_distance(
                Int64(numbers.count), action + first, mean + first, inverse + first)
            let logs = numbers.reduce(0) { $0 + Double(logDeviations[$1]) }
            return -0.5 * distance - logs - Double(numbers.count) * DiagonalGaussian.halfLogTwoPi
        }
    }

    /// ½ Σ log(2πe σ²) = Σ log σ + ½ n (1 + log 2π); ∂/∂ log σ is 1 for each number.
    package var entropy: Double { sumOfLogDeviations + Double(actionSize) * (0.5 + DiagonalGaussian.halfLogTwoPi) }

    /// ½ log 2π.
    private static let halfLogTwoPi = 0.918938533204672741780
}
