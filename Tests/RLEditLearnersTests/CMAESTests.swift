import RLEditCore
import RLEditLearners
import RLEditTensor
import RLEditTestSupport
import RLEditWorlds
import Testing

/// CMA-ES with a full and with a diagonal matrix.
@Suite("CMA-ES") struct CMAESTests {
    private func settings(_ population: Int, steps: Int = 8192) -> CMAES.Configuration {
        var settings = CMAES.Configuration()
        settings.populationSize = population
        settings.steps = steps
        settings.initialStandardDeviation = 0.5
        return settings
    }

    private func learners(_ settings: CMAES.Configuration) -> [any Learner] {
        [CMAES(settings), SeparableCMAES(settings)]
    }

    private func problem(actionSize: Int) -> LearningProblem {
        LearningProblem(
            observationSize: 1, actionSize: actionSize, horizon: 1, budget: 8, random: RandomStream(seed: 2))
    }

    private func outcome(_ rewards: [Double]) -> StepBatch {
        let observation = ObservationBatch.shared(Tensor([0]), environments: rewards.count)
        return StepBatch(
            rewards: rewards, terminated: rewards.map { _ in false }, truncated: rewards.map { _ in true },
            observation: observation, finalObservation: { observation })
    }

    @Test("the first generation is normal around 0 with the initial deviation")
    func firstGeneration() throws {
        for learner in learners(settings(64)) {
            try learner.begin(problem(actionSize: 50), pool: WorkerPool(workers: 1))
            let actions = try learner.ask(.shared(Tensor([0]), environments: 64), progress: 0).scalars
            let mean = actions.reduce(0, +) / 3200
            let variance = actions.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 3200
            // Four standard errors.
            #expect(abs(mean) < 0.036)
            #expect(abs(variance.squareRoot() - 0.5) < 0.025)
        }
    }

    @Test("the first step of the mean is the weighted mean of the better half")
    func firstMean() throws {
        for learner in learners(settings(4)) {
            try learner.begin(problem(actionSize: 3), pool: WorkerPool(workers: 1))
            let observation = ObservationBatch.shared(Tensor([0]), environments: 4)
            // Returns differ by far more than leaving the box costs.
            let actions = try learner.ask(observation, progress: 0).scalars
            _ = try learner.tell(outcome([1e6, 0, 4e6, -1e6]), progress: 0)
            let parameters = CovarianceAdaptation(
                dimension: 3, populationSize: 4, separable: learner is SeparableCMAES)
            let mean = try #require(try learner.meanAction(observation)).scalars
            for index in 0..<3 {
                let expected =
                    parameters.weights[0] * Double(actions[6 + index]) + parameters.weights[1] * Double(actions[index])
                #expect(abs(Double(mean[index]) - expected) < 1e-6)
            }
        }
    }

    /// One update of the diagonal form in one dimension, followed by hand.
    @Test("one update in one dimension, worked by hand")
    func oneUpdate() throws {
        let learner = SeparableCMAES(settings(4))
        try learner.begin(problem(actionSize: 1), pool: WorkerPool(workers: 1))
        let observation = ObservationBatch.shared(Tensor([0]), environments: 4)
        let actions = try learner.ask(observation, progress: 0).scalars.map(Double.init)
        let log = try #require(try learner.tell(outcome(actions), progress: 0))
        let p = CovarianceAdaptation(dimension: 1, populationSize: 4, separable: true)
        let steps = actions.map { $0 / 0.5 }.sorted(by: >)
        let (first, second) = (steps[0], steps[1])
        let step = p.weights[0] * first + p.weights[1] * second
        let gain = (p.stepSizeDecay * (2 - p.stepSizeDecay) * p.effectiveParents).squareRoot()
        let path = abs(gain * step)
        let factor = PortableMath.exp(min(1, p.stepSizeDecay / p.stepSizeDamping * (path / p.expectedNorm - 1)))
        // After one update ‖p_σ‖/√(1 − (1 − c_σ)²) is the length of an isotropic step.
        let accepts = path / (p.stepSizeDecay * (2 - p.stepSizeDecay)).squareRoot() < (1.4 + 1) * p.expectedNorm
        let covariancePath = accepts ? (p.pathDecay * (2 - p.pathDecay) * p.effectiveParents).squareRoot() * step : 0
        let lost = accepts ? 0 : p.rankOneRate * p.pathDecay * (2 - p.pathDecay)
        let variance =
            1 + lost - p.rankOneRate - p.rankMuRate + p.rankOneRate * covariancePath * covariancePath
            + p.rankMuRate * (p.weights[0] * first * first + p.weights[1] * second * second)
        let stepSize = try #require(log.first { $0.name == "step_size" }).value
        let deviation = try #require(log.first { $0.name == "standard_deviation" }).value
        #expect(abs(stepSize - 0.5 * factor) < 1e-6)
        #expect(abs(deviation - 0.5 * factor * variance.squareRoot()) < 1e-6)
    }

    @Test("both reach a target in the middle and one in a corner of the box, where most candidates lie outside")
    func corner() throws {
        for target: [Float] in [[0.6, -0.4, 0.2, -0.7], [1, -1, 1, 1]] {
            for learner in learners(settings(10, steps: 2000)) {
                let environment = QuadraticBandit(environments: 10, target: target)
                let driver = try LearnerDriver(learner, environment, seed: 3, pool: WorkerPool(workers: 1))
                try driver.run()
                #expect(try driver.meanRewardOfMeanAction(steps: 1, seed: 0) > 0.9999, "\(learner.name), \(target)")
                // A distribution on the border neither explodes nor wanders off.
                let deviations = driver.logged("standard_deviation")
                #expect(deviations.allSatisfy { $0 < 2 })
            }
        }
    }

    @Test("a reward that never differs keeps the distribution near the box")
    func flat() throws {
        for learner in learners(settings(10, steps: 4000)) {
            try learner.begin(problem(actionSize: 6), pool: WorkerPool(workers: 1))
            let observation = ObservationBatch.shared(Tensor([0]), environments: 10)
            for _ in 0..<400 {
                let actions = try learner.ask(observation, progress: 0)
                #expect(actions.scalars.allSatisfy { abs($0) < 100 })
                _ = try learner.tell(outcome(Array(repeating: 1, count: 10)), progress: 0)
            }
        }
    }

    @Test("an action too long for a full matrix is refused with the learner that takes it")
    func tooLong() throws {
        let learner = CMAES()
        let expected = LearnerError.actionTooLong(
            learner: "CMAES", size: 1025, largest: 1024, instead: "SeparableCMAES")
        #expect(throws: expected) { try learner.begin(problem(actionSize: 1025), pool: WorkerPool(workers: 1)) }
        #expect(
            expected.description
                == "CMAES: an action of 1025 numbers is too long for a full covariance matrix (at most 1024); "
                + "use SeparableCMAES, whose matrix is diagonal, or a lower rank")
        try SeparableCMAES().begin(problem(actionSize: 4096), pool: WorkerPool(workers: 1))
    }

    @Test("settings outside their range are refused by name, with the learner's own")
    func validation() throws {
        #expect {
            try settings(1).validate()
        } throws: { "\($0)" == "CMAES: populationSize must be at least 2, got 1" }
        var negative = settings(4)
        negative.initialStandardDeviation = -0.5
        #expect {
            try SeparableCMAES(negative).begin(problem(actionSize: 2), pool: WorkerPool(workers: 1))
        } throws: { "\($0)" == "SeparableCMAES: initialStandardDeviation must be positive, got -0.5" }
    }
}
