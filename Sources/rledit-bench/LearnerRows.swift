internal import RLEditCore
internal import RLEditLearners
internal import RLEditRuns
internal import RLEditTensor
internal import RLEditWorlds

/// What each learner's own work adds to the time of its evaluations on R1 in MaskWorld.
struct LearnerRows {
    let task: ReferenceTask
    let rounds: Int
    private static let steps = 2048

    func rows() throws -> [Row] {
        var rows: [Row] = []
        for workers in [1, 2] {
            let pool = WorkerPool(workers: workers)
            for (make, target) in LearnerRows.learners {
                var best = (share: Double.infinity, rate: 0.0, name: "")
                for _ in 0..<rounds {
                    let learner = TimedLearner(make())
                    let loop = try EditLoop(
                        EditTask(
                            name: "bench", problem: task.problem(ReferenceTask.mask(rank: 1)), heldOut: [],
                            learner: learner), seed: 0, pool: pool)
                    let total = try seconds { _ = try loop.run() }
                    let share = learner.seconds / (total - learner.seconds)
                    if share < best.share { best = (share, Double(loop.evaluations) / total, learner.name) }
                }
                let what = "\(best.name), \(workers) worker\(workers > 1 ? "s" : "")"
                rows.append(
                    Row(
                        group: "learners", what: "\(what): own work against evaluation", figure: 100 * best.share,
                        unit: "%", target: target))
                rows.append(
                    Row(group: "learners", what: "\(what): whole loop", figure: best.rate, unit: "evaluations/s"))
            }
        }
        return rows
    }

    /// Every learner with its defaults. Those that train networks or decompose matrices have no target.
    private static var learners: [(make: () -> any Learner, target: Row.Target?)] {
        Learners.forTasks.map { learner in
            let isCostly = learner is any PolicyLearner.Type || learner is CMAES.Type
            return ({ learner.standard(budget: steps) }, isCostly ? nil : .atMost(10))
        }
    }
}

/// A learner that counts the seconds it spends.
private final class TimedLearner: Learner {
    private let learner: any Learner
    var seconds = 0.0

    init(_ learner: any Learner) { self.learner = learner }

    var name: String { learner.name }
    var budget: Int { learner.budget }
    func environments(horizon: Int) -> Int { learner.environments(horizon: horizon) }
    func begin(_ problem: LearningProblem, pool: WorkerPool) throws { try learner.begin(problem, pool: pool) }

    func ask(_ observation: ObservationBatch, progress: Double) throws -> Tensor {
        try timed { try learner.ask(observation, progress: progress) }
    }

    func tell(_ outcome: StepBatch, progress: Double) throws -> [NamedNumber]? {
        try timed { try learner.tell(outcome, progress: progress) }
    }

    func meanAction(_ observation: ObservationBatch) throws -> Tensor? { try learner.meanAction(observation) }
    func snapshot() throws -> LearnerSnapshot { try learner.snapshot() }
    func restore(_ snapshot: LearnerSnapshot) throws { try learner.restore(snapshot) }

    private func timed<Result>(_ body: () throws -> Result) rethrows -> Result {
        let clock = ContinuousClock()
        let start = clock.now
        defer { seconds += (clock.now - start) / .seconds(1) }
        return try body()
    }
}
