import Foundation
import RLEditLearners
import RLEditTensor
import Testing

@Suite struct DiagonalGaussianTests {
    @Test("Log-probability and entropy follow the formulas, at any size", arguments: [1, 2, 31, 32, 33, 160])
    func formulas(size: Int) throws {
        var random = RandomStream(seed: 3)
        let logs = (0..<size).map { _ in random.uniform(-1.5, 0.5) }
        let mean = (0..<size).map { _ in random.normal() }
        let action = (0..<size).map { _ in random.normal() }
        let gaussian = try DiagonalGaussian(logStandardDeviation: Tensor(logs))
        var expected = 0.0
        var entropy = 0.0
        for index in 0..<size {
            let deviation = exp(Double(logs[index]))
            let z = (Double(action[index]) - Double(mean[index])) / deviation
            expected += -0.5 * z * z - log(deviation) - 0.5 * log(2 * Double.pi)
            entropy += 0.5 * log(2 * Double.pi * exp(1) * deviation * deviation)
        }
        let actual = action.withUnsafeBufferPointer { action in
            mean.withUnsafeBufferPointer { mean in
                guard let action = action.baseAddress, let mean = mean.baseAddress else { return Double.nan }
                return gaussian.logProbability(action: action, mean: mean)
            }
        }
        #expect(abs(actual - expected) < 1e-5 * max(1, abs(expected)))
        #expect(abs(gaussian.entropy - entropy) < 1e-6 * Double(size))
    }

    @Test("A runaway log standard deviation stays finite") func extremes() throws {
        let gaussian = try DiagonalGaussian(logStandardDeviation: Tensor([-1000, 1000]))
        #expect(gaussian.standardDeviation.scalars.allSatisfy { $0.isFinite && $0 > 0 })
        #expect(gaussian.inverseDeviation.scalars.allSatisfy { $0.isFinite && $0 > 0 })
    }
}
