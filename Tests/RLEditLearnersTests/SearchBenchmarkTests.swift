import Foundation
import RLEditCore
import RLEditLearners
import RLEditTensor
import RLEditTestSupport
import RLEditWorlds
import Testing

/// Ours against pycma's CMA-ES and a plain evolution strategy of NumPy (`scripts/golden/search_benchmarks.py`) on
/// sphere, ellipsoid, Rosenbrock's and Rastrigin's function: medians over seeds.
@Suite("Search learners against references") struct SearchBenchmarkTests {
    struct Document: Decodable {
        let cases: [Case]
    }

    struct Case: Decodable, Sendable, CustomTestStringConvertible {
        let learner: String
        let function: String
        let dimension: Int
        let populationSize: Int
        let budget: Int
        /// Evaluations to it are compared; without one, the last values.
        let target: Double?
        /// 25 %, 50 % and 75 % of the reference's seeds.
        let quartiles: [Double]
        var testDescription: String { "\(learner), \(function), \(dimension)" }
    }

    static let cases: [Case] = {
        guard
            let url = Bundle.module.url(
                forResource: "search_benchmarks", withExtension: "json", subdirectory: "Fixtures"),
            let document = try? JSONDecoder().decode(Document.self, from: Data(contentsOf: url))
        else { return [] }
        return document.cases
    }()

    @Test("the fixture holds every learner on every kind of function")
    func fixture() {
        #expect(Set(Self.cases.map(\.learner)) == ["CMAES", "SeparableCMAES", "EvolutionStrategy"])
        #expect(Set(Self.cases.map(\.function)).count == 5)
    }

    @Test("medians are those of the reference, within a factor", arguments: cases)
    func reference(reference: Case) throws {
        var results: [Double] = []
        for seed in 1...9 { results.append(try run(reference, seed: UInt64(seed))) }
        let median = results.sorted()[results.count / 2]
        if reference.target != nil {
            // Nine seeds of ours against fifteen of theirs: medians of such few runs vary by a tenth.
            #expect(median <= 1.3 * reference.quartiles[1], "\(results)")
            #expect(median >= 0.5 * reference.quartiles[1], "\(results)")
        } else {
            // Last values: where the reference ends in local optima, so does ours, or better.
            #expect(median <= 2 * reference.quartiles[2] + 1e-4, "\(results)")
        }
    }

    /// Evaluations to the target, or the last value: of the best candidate, or of the mean of an evolution strategy.
    private func run(_ reference: Case, seed: UInt64) throws -> Double {
        let learner: any Learner
        switch reference.learner {
        case "EvolutionStrategy":
            var settings = EvolutionStrategy.Configuration()
            settings.steps = reference.budget
            settings.populationSize = reference.populationSize
            settings.standardDeviation = .constant(0.1)
            settings.learningRate = .linear(0.05, 0)
            learner = EvolutionStrategy(settings)
        default:
            var settings = CMAES.Configuration()
            settings.steps = reference.budget
            settings.populationSize = reference.populationSize
            settings.initialStandardDeviation = 0.5
            learner = reference.learner == "CMAES" ? CMAES(settings) : SeparableCMAES(settings)
        }
        let environment = TestFunction(
            reference.function, dimension: reference.dimension, environments: reference.populationSize)
        let driver = try LearnerDriver(learner, environment, seed: seed, pool: WorkerPool(workers: 1))
        while driver.evaluations < reference.budget {
            try driver.step()
            if let target = reference.target, environment.best <= target { return Double(environment.bestEvaluation) }
        }
        if reference.target != nil { return Double(reference.budget) }
        guard reference.learner == "EvolutionStrategy" else { return environment.best }
        return -(try driver.meanRewardOfMeanAction(steps: 1, seed: 0))
    }
}

/// A function to minimize over the box [−1, 1]^n, as a one-step task whose reward is minus its value. The same formulas
/// as in the script that makes the references.
private final class TestFunction: VectorEnvironment {
    let environments: Int
    let observationSize = 1
    let actionSize: Int
    let horizon = 1
    private let name: String
    private let optimum: [Double]
    private let observation: ObservationBatch
    private(set) var best = Double.infinity
    private(set) var bestEvaluation = 0
    private var evaluations = 0

    init(_ name: String, dimension: Int, environments: Int) {
        self.name = name
        self.environments = environments
        actionSize = dimension
        optimum = (0..<dimension).map { 0.5 - Double(7 * $0 % 11) / 11 }
        observation = .shared(Tensor([0]), environments: environments)
    }

    func reset(seed: UInt64) throws -> ObservationBatch { observation }

    func step(_ actions: Tensor) throws -> StepBatch {
        let scalars = actions.scalars
        let rewards = (0..<environments).map { environment in
            let action = scalars[environment * actionSize..<(environment + 1) * actionSize]
            let value = value(zip(action, optimum).map { min(max(Double($0), -1), 1) - $1 })
            evaluations += 1
            if value < best { (best, bestEvaluation) = (value, evaluations) }
            return -value
        }
        return StepBatch(
            rewards: rewards, terminated: rewards.map { _ in false }, truncated: rewards.map { _ in true },
            observation: observation, finalObservation: { [observation] in observation })
    }

    /// - Parameter d: distance from the optimum.
    private func value(_ d: [Double]) -> Double {
        switch name {
        case "sphere": return d.reduce(0) { $0 + 16 * $1 * $1 }
        case "ellipsoid": return ellipsoid(d.map { 4 * $0 })
        case "rotatedEllipsoid":
            // The reflection by (1, 2, …, n).
            let z = d.map { 4 * $0 }
            let v = d.indices.map { Double($0 + 1) }
            let factor = 2 * zip(v, z).reduce(0) { $0 + $1.0 * $1.1 } / v.reduce(0) { $0 + $1 * $1 }
            return ellipsoid(zip(z, v).map { $0 - factor * $1 })
        case "rosenbrock":
            let z = d.map { 1 + 2 * $0 }
            return zip(z, z.dropFirst()).reduce(0.0) { sum, pair in
                let (valley, along) = (pair.1 - pair.0 * pair.0, 1 - pair.0)
                return sum + 100 * valley * valley + along * along
            }
        default:
            return d.reduce(10 * Double(d.count)) { sum, each in
                let z = 5 * each
                return sum + z * z - 10 * cos(2 * Double.pi * z)
            }
        }
    }

    private func ellipsoid(_ z: [Double]) -> Double {
        z.indices.reduce(0) { $0 + pow(10, 6 * Double($1) / Double(z.count - 1)) * z[$1] * z[$1] }
    }
}
