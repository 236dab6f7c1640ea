import RLEditLearners
import RLEditTensor
import RLEditTestSupport
import RLEditWorlds
import Testing

/// Same seed, same bytes: again, with other numbers of workers, and after a restore.
@Suite struct DeterminismTests {
    /// Sizes above what the policy keeps on one thread, so that its work is really spread.
    private static let size = 24

    private static func makeDriver(
        _ kind: Kind, workers: Int, seed: UInt64 = 7, steps: Int = 1024
    ) throws -> LearnerDriver {
        var settings = PPO.Configuration.stableBaselines3
        settings.steps = steps
        settings.epochs = 2
        settings.hiddenSizes = [96, 256]
        settings.normalizeObservation = kind == .normalizedEpisodes
        let environment: any VectorEnvironment =
            switch kind {
            case .sharedRow:
                QuadraticBandit(environments: 128, target: Array(repeating: 0.3, count: 40), observationSize: 700)
            case .distinctRows: ContinuousIdentity(environments: 128, size: size)
            case .episodes, .normalizedEpisodes:
                AccumulateToTarget(environments: 32, size: size, horizon: 8, terminates: true)
            case .reinforce: AccumulateToTarget(environments: 32, size: size, horizon: 4)
            }
        let learner: any Learner
        switch kind {
        case .reinforce:
            var reinforce = Reinforce.Configuration()
            reinforce.steps = steps
            reinforce.rolloutLength = 128
            reinforce.hiddenSizes = [96, 256]
            learner = Reinforce(reinforce)
        default: learner = PPO(settings)
        }
        return try LearnerDriver(learner, environment, seed: seed, pool: WorkerPool(workers: workers))
    }

    enum Kind: CaseIterable, Sendable {
        case sharedRow, distinctRows, episodes, normalizedEpisodes, reinforce
    }

    /// A learner of the catalogue with its defaults, on episodes of four steps.
    private static func makeDriver(
        _ learner: String, workers: Int, seed: UInt64 = 7, steps: Int = 1024
    ) throws -> LearnerDriver {
        let type = try #require(Learners.named(learner))
        let made: any Learner = type.standard(budget: steps)
        return try LearnerDriver(
            made, AccumulateToTarget(environments: made.environments(horizon: 4), size: 3, horizon: 4), seed: seed,
            pool: WorkerPool(workers: workers))
    }

    @Test("Two trainings with one seed agree to the bit, another seed differs", arguments: Kind.allCases)
    func repeatable(kind: Kind) throws { try repeatable { try Self.makeDriver(kind, workers: 1, seed: $0) } }

    @Test("So do those of every learner of the catalogue", arguments: Learners.namesForTasks)
    func repeatable(learner: String) throws {
        try repeatable { try Self.makeDriver(learner, workers: 1, seed: $0) }
    }

    private func repeatable(_ make: (UInt64) throws -> LearnerDriver) throws {
        let drivers = try [7, 7, 8].map(make)
        for driver in drivers { try driver.run() }
        #expect(!drivers[0].log.isEmpty)
        #expect(drivers[0].log == drivers[1].log)
        #expect(try drivers[0].learner.snapshot() == drivers[1].learner.snapshot())
        #expect(drivers[0].log != drivers[2].log)
    }

    @Test("The number of workers does not change a bit", arguments: Kind.allCases)
    func workers(kind: Kind) throws { try workers { try Self.makeDriver(kind, workers: $0) } }

    @Test("Nor in any learner of the catalogue", arguments: Learners.namesForTasks)
    func workers(learner: String) throws { try workers { try Self.makeDriver(learner, workers: $0) } }

    private func workers(_ make: (Int) throws -> LearnerDriver) throws {
        let drivers = try [1, 2, 3].map(make)
        for driver in drivers { try driver.run() }
        for other in drivers.dropFirst() {
            #expect(drivers[0].log == other.log)
            #expect(try drivers[0].learner.snapshot() == other.learner.snapshot())
        }
    }

    /// The environment is replayed rather than restored: a second driver takes the same steps, then its learner is
    /// replaced by a fresh one that only knows the snapshot.
    @Test("A restored learner continues to the same bytes, in the middle of a rollout too", arguments: Kind.allCases)
    func restored(kind: Kind) throws { try restored { try Self.makeDriver(kind, workers: $0, steps: 2048) } }

    @Test("So does every learner of the catalogue", arguments: Learners.namesForTasks)
    func restored(learner: String) throws {
        try restored { try Self.makeDriver(learner, workers: $0, steps: 2048) }
    }

    private func restored(_ make: (Int) throws -> LearnerDriver) throws {
        for roundTrips in [0, 3, 8, 11] {
            let whole = try make(1)
            let cut = try make(2)
            for _ in 0..<roundTrips {
                try whole.step()
                try cut.step()
            }
            let snapshot = try cut.learner.snapshot()
            let fresh = try make(1).learner
            try fresh.restore(snapshot)
            #expect(try fresh.snapshot() == snapshot)
            let resumed = cut.replacingLearner(by: fresh)
            for _ in 0..<12 {
                try whole.step()
                try resumed.step()
            }
            #expect(whole.log == resumed.log)
            #expect(try whole.learner.snapshot() == resumed.learner.snapshot())
        }
    }

    @Test("A snapshot of another problem is refused with the field's name") func foreignSnapshot() throws {
        let other = try Self.makeDriver(.distinctRows, workers: 1).learner.snapshot()
        let learner = try Self.makeDriver(.sharedRow, workers: 1).learner
        let expected = LearnerError.snapshotMismatch(
            field: "policy.logStandardDeviation", expected: "a tensor [40], got [24]")
        #expect(throws: expected) { try learner.restore(other) }
        #expect(
            expected.description == "snapshot field 'policy.logStandardDeviation': expected a tensor [40], got [24]")
        #expect(throws: LearnerError.self) { try learner.restore(LearnerSnapshot()) }
    }
}
