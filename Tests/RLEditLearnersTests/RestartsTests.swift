import Foundation
import RLEditLearners
import RLEditTensor
import RLEditTestSupport
import RLEditWorlds
import Testing

@Suite struct RestartsTests {
    private static let numbers = 5

    private func learner(_ name: String, restarts: Int) -> any Learner {
        var settings = CMAES.Configuration()
        settings.steps = 20_000
        settings.populationSize = 8
        settings.initialStandardDeviation = 0.4
        settings.restarts = restarts
        return name == "CMAES" ? CMAES(settings) : SeparableCMAES(settings)
    }

    private func begin(_ learner: any Learner, seed: UInt64) throws {
        try learner.begin(
            LearningProblem(
                observationSize: 1, actionSize: Self.numbers, horizon: 1, budget: 20_000,
                random: RandomStream(seed: seed)), pool: WorkerPool(workers: 1))
    }

    /// Rastrigin's function around 0.3, where the starts do not begin: hundreds of local optima in the box.
    private func value(_ action: ArraySlice<Float>) -> Double {
        action.reduce(10 * Double(action.count)) { sum, number in
            let z = 4 * (min(max(Double(number), -1), 1) - 0.3)
            return sum + z * z - 10 * cos(2 * Double.pi * z)
        }
    }

    /// - Returns: the value of the best candidate of some evaluations.
    @discardableResult
    private func run(_ learner: any Learner, rounds: Int, each: ([Float]) -> Void = { _ in }) throws -> Double {
        let observation = ObservationBatch.shared(Tensor([0]), environments: 8)
        var best = Double.infinity
        for _ in 0..<rounds {
            let actions = try learner.ask(observation, progress: 0).scalars
            each(actions)
            let values = (0..<8).map { value(actions[$0 * Self.numbers..<($0 + 1) * Self.numbers]) }
            best = min(best, values.min() ?? best)
            _ = try learner.tell(
                StepBatch(
                    rewards: values.map { -$0 }, terminated: values.map { _ in false },
                    truncated: values.map { _ in true }, observation: observation,
                    finalObservation: { observation }), progress: 0)
        }
        return best
    }

    @Test(
        "Restarts with larger populations leave the local optima of Rastrigin's function",
        arguments: ["CMAES", "SeparableCMAES"])
    func rastrigin(name: String) throws {
        var (with, without) = (0, 0)
        for seed in 1...5 as ClosedRange<UInt64> {
            for restarts in [0, 8] {
                let learner = learner(name, restarts: restarts)
                try begin(learner, seed: seed)
                let best = try run(learner, rounds: 2500)
                if best < 1e-3 { if restarts == 0 { without += 1 } else { with += 1 } }
                guard restarts > 0 else { continue }
                // The mean that it answers for is that of its best start, not of one that has just begun.
                let mean = try #require(
                    try learner.meanAction(.shared(Tensor([0]), environments: 1))
                ).scalars
                #expect(value(mean[...]) < 5, "\(mean)")
            }
        }
        #expect(with >= 4, "\(with)")
        #expect(without <= 1, "\(without)")
    }

    @Test(
        "A search restored between the rounds of a larger generation goes on to the same candidates",
        arguments: ["CMAES", "SeparableCMAES"])
    func restored(name: String) throws {
        let first = learner(name, restarts: 8)
        try begin(first, seed: 3)
        var rounds = 0
        while try first.snapshot().integers["restarts"] ?? 0 < 2, rounds < 2000 {
            try run(first, rounds: 1)
            rounds += 1
        }
        // Four rounds make a generation of the third start: one has been evaluated.
        try run(first, rounds: 1)
        let snapshot = try first.snapshot()
        #expect(snapshot.vectors["restarts.scores"]?.count == 8)
        let second = learner(name, restarts: 8)
        try begin(second, seed: 3)
        try second.restore(snapshot)
        var (ours, theirs): ([[Float]], [[Float]]) = ([], [])
        try run(first, rounds: 40) { ours.append($0) }
        try run(second, rounds: 40) { theirs.append($0) }
        #expect(ours == theirs)
    }
}
