import RLEditLearners
import Testing

@Suite("Strategy parameters of CMA-ES") struct CovarianceAdaptationTests {
    private func close(_ a: Double, _ b: Double, within tolerance: Double = 1e-6) -> Bool { abs(a - b) < tolerance }

    @Test("weights and rates are those of pycma 4.5 for ten numbers and ten candidates")
    func likePycma() {
        let parameters = CovarianceAdaptation(dimension: 10, populationSize: 10, separable: false)
        let positive = [0.456273, 0.270753, 0.162231, 0.085234, 0.02551]
        for (weight, expected) in zip(parameters.weights, positive) { #expect(close(weight, expected)) }
        #expect(parameters.parents == 5)
        #expect(close(parameters.effectiveParents, 3.1672992814))
        #expect(close(parameters.rankOneRate, 0.0152838245))
        #expect(close(parameters.rankMuRate, 0.0235517767))
        #expect(close(parameters.pathDecay, 0.2949903830))
        // (μ_eff + 2)/(n + μ_eff + 5); pycma's own differs a little from the tutorial's.
        #expect(close(parameters.stepSizeDecay, 5.1672992814 / 18.1672992814))
        #expect(close(parameters.stepSizeDamping, 1 + parameters.stepSizeDecay))
    }

    @Test("weights fall, the parents' sum to 1, and the others' to the least of the tutorial's three bounds")
    func weights() {
        for (dimension, population) in [(2, 2), (3, 7), (10, 10), (40, 15), (160, 20), (5, 200)] {
            let parameters = CovarianceAdaptation(dimension: dimension, populationSize: population, separable: false)
            let weights = parameters.weights
            #expect(weights.count == population && weights == weights.sorted(by: >))
            #expect(close(weights.prefix(parameters.parents).reduce(0, +), 1, within: 1e-12))
            let negative = -weights.dropFirst(parameters.parents).reduce(0, +)
            let (one, mu) = (parameters.rankOneRate, parameters.rankMuRate)
            #expect(negative >= 0 && negative <= 1 + one / mu + 1e-12)
            // C stays positive definite when every negative step has length √n (equation 52).
            #expect(negative * Double(dimension) * mu <= 1 - one - mu + 1e-12)
            #expect(one + mu <= 1)
        }
    }

    @Test("a diagonal matrix learns (n + 2)/3 times faster, without negative weights")
    func separable() {
        let full = CovarianceAdaptation(dimension: 160, populationSize: 20, separable: false)
        let diagonal = CovarianceAdaptation(dimension: 160, populationSize: 20, separable: true)
        #expect(close(diagonal.rankOneRate / full.rankOneRate, 54))
        #expect(close(diagonal.rankMuRate / full.rankMuRate, 54))
        #expect(diagonal.weights.dropFirst(10).allSatisfy { $0 == 0 })
        let small = CovarianceAdaptation(dimension: 2, populationSize: 60, separable: true)
        #expect(small.rankOneRate + small.rankMuRate <= 1)
    }

    @Test("the expected norm of a normal vector")
    func expectedNorm() {
        // Γ((n + 1)/2)/Γ(n/2) √2: 1.2533 for 2 numbers, 3.0843 for 10.
        #expect(
            close(
                CovarianceAdaptation(dimension: 2, populationSize: 4, separable: false).expectedNorm, 1.2533,
                within: 2e-3))
        #expect(
            close(
                CovarianceAdaptation(dimension: 10, populationSize: 4, separable: false).expectedNorm, 3.0843,
                within: 1e-3))
    }
}
