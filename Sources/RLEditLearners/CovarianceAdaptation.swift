internal import RLEditCore
internal import RLEditTensor

/// The strategy parameters of CMA-ES by dimension and population: weights and rates, with the equation numbers of
/// Hansen, *The CMA evolution strategy: a tutorial* (arXiv 1604.00772, 2016), table 1.
package struct CovarianceAdaptation: Sendable {
    /// n, numbers in an action.
    package let dimension: Int
    /// w₁ ≥ … ≥ w_λ: the first μ are positive and sum to 1, the others negative, or 0 without active adaptation.
    package let weights: [Double]
    /// μ = ⌊λ/2⌋, candidates that the mean is made of.
    package let parents: Int
    /// μ_eff = 1 / Σ w² over the parents.
    package let effectiveParents: Double
    /// c_σ, d_σ: decay of the path that controls σ, and damping of σ's change (equation 55).
    package let stepSizeDecay: Double
    package let stepSizeDamping: Double
    /// c_c: decay of the path that makes the rank-one update (equation 56).
    package let pathDecay: Double
    /// c₁ and c_μ: rates of the rank-one and the rank-μ update (equations 57 and 58).
    package let rankOneRate: Double
    package let rankMuRate: Double
    /// E‖N(0, I)‖ ≈ √n (1 − 1/4n + 1/21n²).
    package let expectedNorm: Double

    /// - Parameter separable: rates for a diagonal covariance matrix, (n + 2)/3 times those of a full one, since it has
    ///   n numbers to learn and not n² (Ros and Hansen, *A simple modification in CMA-ES achieving linear time and space
    ///   complexity*, PPSN 2008, section 3), and no negative weights, as in that paper.
    package init(dimension: Int, populationSize: Int, separable: Bool) {
        let n = Double(dimension)
        let count = Double(populationSize)
        // Equation 49. The first ⌊λ/2⌋ are positive.
        let raw = (1...populationSize).map { PortableMath.log((count + 1) / 2) - PortableMath.log(Double($0)) }
        let parents = max(1, populationSize / 2)
        func effective(_ weights: ArraySlice<Double>) -> Double {
            let (sum, squares) = weights.reduce((0.0, 0.0)) { ($0.0 + $1, $0.1 + $1 * $1) }
            return squares > 0 ? sum * sum / squares : 0
        }
        let mu = effective(raw[..<parents])
        let factor = separable ? (n + 2) / 3 : 1
        let rankOne = min(1, factor * 2 / ((n + 1.3) * (n + 1.3) + mu))
        let rankMu = min(
            1 - rankOne, factor * 2 * (0.25 + mu + 1 / mu - 2) / ((n + 2) * (n + 2) + mu))

        // Equations 50 to 53: how much the negative weights may sum to.
        let negativeSum: Double
        if separable || rankMu == 0 {
            negativeSum = 0
        } else {
            let negative = effective(raw[parents...])
            negativeSum = min(
                1 + rankOne / rankMu, 1 + 2 * negative / (mu + 2), (1 - rankOne - rankMu) / (n * rankMu))
        }
        let positiveTotal = raw[..<parents].reduce(0, +)
        let negativeTotal = raw[parents...].reduce(0) { $0 + min($1, 0) }
        weights = raw.enumerated().map { index, weight in
            if index < parents { return positiveTotal > 0 ? weight / positiveTotal : 1 }
            return negativeTotal < 0 ? -negativeSum * min(weight, 0) / negativeTotal : 0
        }

        self.dimension = dimension
        self.parents = parents
        effectiveParents = mu > 0 ? mu : 1
        stepSizeDecay = (mu + 2) / (n + mu + 5)
        stepSizeDamping = 1 + 2 * max(0, ((mu - 1) / (n + 1)).squareRoot() - 1) + (mu + 2) / (n + mu + 5)
        pathDecay = (4 + mu / n) / (n + 4 + 2 * mu / n)
        rankOneRate = rankOne
        rankMuRate = rankMu
        expectedNorm = n.squareRoot() * (1 - 1 / (4 * n) + 1 / (21 * n * n))
    }

    /// Whether the path is short enough for a rank-one update (h_σ of equation 24's surroundings): it stalls the update
    /// while σ grows quickly.
    /// - Parameter generation: number of this update, from 1.
    func acceptsPath(norm: Double, generation: Int) -> Bool {
        let decay = PortableMath.exp(max(-700, 2 * Double(generation) * PortableMath.log(1 - stepSizeDecay)))
        return norm / (1 - decay).squareRoot() < (1.4 + 2 / (Double(dimension) + 1)) * expectedNorm
    }

    /// The factor on σ (equation 44), at most e in one generation.
    func stepSizeFactor(norm: Double) -> Double {
        PortableMath.exp(min(1, stepSizeDecay / stepSizeDamping * (norm / expectedNorm - 1)))
    }
}

/// Candidates in the order of their returns, the best first, less a penalty for leaving the box.
///
/// What is evaluated is the clamped action, so a distribution that moves out of the box would see equal returns and
/// drift. As in Hansen, Niederberger, Guzzella and Koumoutsakos (IEEE Transactions on Evolutionary Computation 13(1),
/// 2009, section IV-B) a candidate pays for its squared distance from the box in units of the generation's spread; here
/// the spread is that of this generation's returns alone, and distances are in units of each number's own deviation,
/// so that nothing has to be learned. The price is small, 1/n for a number one deviation outside: it does not keep an
/// optimum on the border from being reached, and stops the drift within a few deviations of it.
/// - Parameters:
///   - candidates: as drawn, `[candidates, n]`.
///   - deviations: σ of each number, `[n]`.
func rankedCandidates(_ candidates: Tensor, scores: [Double], deviations: [Double]) -> [Int] {
    let size = deviations.count
    let ordered = scores.sorted()
    let spread = ordered[ordered.count * 3 / 4] - ordered[ordered.count / 4]
    let price = (spread > 0 && spread.isFinite ? spread : 1) / Double(size)
    let fitness = candidates.withUnsafeBufferPointer { candidates in
        deviations.withUnsafeBufferPointer { deviations in
            scores.indices.map { candidate in
                let first = candidate * size
                var distance = 0.0
                for index in 0..<size {
                    let outside = Double(max(candidates[first + index].magnitude - 1, 0)) / deviations[index]
                    distance += outside * outside
                }
                return scores[candidate] - price * distance
            }
        }
    }
    return fitness.indices.sorted { (fitness[$1], $0) < (fitness[$0], $1) }
}
