internal import Foundation

/// A support vector classifier of one feature with the kernel K(x, y) = exp(−(x − y)²), as scikit-learn's
/// `SVC(C = 3, gamma = "auto")` for one feature: sequential minimal optimization with working sets by second-order
/// information (Fan, Chen and Lin, *Working set selection using second order information for training support vector
/// machines*, JMLR 2005), as in LIBSVM.
package struct SupportVectorMachine {
    private let features: [Double]
    /// Dual coefficient times label, by example.
    private let coefficients: [Double]
    private let offset: Double

    /// - Parameters:
    ///   - positives, negatives: features of the examples of either side, at least one each.
    ///   - penalty: C, above 0.
    package init(positives: [Double], negatives: [Double], penalty: Double = 3) {
        let features = positives + negatives
        let labels = positives.map { _ in 1.0 } + negatives.map { _ in -1.0 }
        let count = features.count
        var alpha = [Double](repeating: 0, count: count)
        // Of ½ αᵀQα − Σ α.
        var gradient = [Double](repeating: -1, count: count)
        func kernel(_ i: Int, _ j: Int) -> Double {
            exp(-(features[i] - features[j]) * (features[i] - features[j]))
        }
        func canRise(_ i: Int) -> Bool { labels[i] > 0 ? alpha[i] < penalty : alpha[i] > 0 }
        func canFall(_ i: Int) -> Bool { labels[i] > 0 ? alpha[i] > 0 : alpha[i] < penalty }
        // LIBSVM's own bound.
        for _ in 0..<max(10_000_000, 100 * count) {
            var (first, highest) = (-1, -Double.infinity)
            for i in 0..<count where canRise(i) && -labels[i] * gradient[i] > highest {
                (first, highest) = (i, -labels[i] * gradient[i])
            }
            guard first >= 0 else { break }
            let row = (0..<count).map { kernel(first, $0) }
            var (second, best, lowest) = (-1, Double.infinity, Double.infinity)
            for j in 0..<count where canFall(j) {
                let value = -labels[j] * gradient[j]
                lowest = min(lowest, value)
                let difference = highest - value
                guard difference > 0 else { continue }
                let gain = -difference * difference / max(2 - 2 * row[j], 1e-12)
                if gain < best { (second, best) = (j, gain) }
            }
            guard second >= 0, highest - lowest >= 1e-3 else { break }
            let (i, j) = (first, second)
            // Along y_i α_i + y_j α_j = const, within the box.
            let step = (highest + labels[j] * gradient[j]) / max(2 - 2 * row[j], 1e-12)
            let roomAbove = labels[i] > 0 ? penalty - alpha[i] : alpha[i]
            let roomBelow = labels[j] > 0 ? alpha[j] : penalty - alpha[j]
            let taken = min(step, roomAbove, roomBelow)
            alpha[i] = taken == roomAbove ? (labels[i] > 0 ? penalty : 0) : alpha[i] + labels[i] * taken
            alpha[j] = taken == roomBelow ? (labels[j] > 0 ? 0 : penalty) : alpha[j] - labels[j] * taken
            for k in 0..<count { gradient[k] += labels[k] * taken * (row[k] - kernel(j, k)) }
        }
        // The mean over free examples; without any, halfway between the bounds.
        var (sum, free, upper, lower) = (0.0, 0, Double.infinity, -Double.infinity)
        for i in 0..<count {
            let value = labels[i] * gradient[i]
            if alpha[i] > 0, alpha[i] < penalty {
                sum += value
                free += 1
            } else if (alpha[i] >= penalty) == (labels[i] < 0) {
                upper = min(upper, value)
            } else {
                lower = max(lower, value)
            }
        }
        offset = free > 0 ? sum / Double(free) : (upper + lower) / 2
        let supports = features.indices.filter { alpha[$0] > 0 }
        self.features = supports.map { features[$0] }
        coefficients = supports.map { alpha[$0] * labels[$0] }
    }

    /// Above 0 on the positive side.
    package func decision(_ feature: Double) -> Double {
        var sum = -offset
        for (support, coefficient) in zip(features, coefficients) {
            sum += coefficient * exp(-(feature - support) * (feature - support))
        }
        return sum
    }
}
