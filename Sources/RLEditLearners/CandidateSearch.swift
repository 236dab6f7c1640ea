internal import RLEditTensor
internal import RLEditWorlds

/// What learners that search over actions have in common: the candidates under evaluation, their scores, and the best
/// one so far.
struct CandidateSearch {
    /// Numbers in one action.
    let actionSize: Int
    var random: RandomStream
    var incumbent: Incumbent
    /// Candidates being evaluated, `[environments, actionSize]`; nil when new ones are to be drawn.
    var candidates: Tensor?
    var scores = EpisodeScores(environments: 0)
    /// Whether actions were asked for whose rewards have not been told.
    private(set) var isAwaitingReward = false

    init(_ problem: LearningProblem) {
        actionSize = problem.actionSize
        random = problem.random.split("policy")
        incumbent = Incumbent(action: Array(repeating: 0, count: problem.actionSize))
    }

    /// - Throws: ``LearnerError/outOfTurn(learner:call:expected:)`` before the rewards of the last actions are known.
    mutating func beginAsk(learner: String) throws {
        guard !isAwaitingReward else { throw LearnerError.outOfTurn(learner: learner, call: "ask", expected: "tell") }
        isAwaitingReward = true
    }

    /// - Returns: the candidates that the rewards are of.
    /// - Throws: ``LearnerError/outOfTurn(learner:call:expected:)`` when no actions were asked for.
    mutating func beginTell(learner: String) throws -> Tensor {
        guard isAwaitingReward, let candidates else {
            throw LearnerError.outOfTurn(learner: learner, call: "tell", expected: "ask")
        }
        isAwaitingReward = false
        return candidates
    }

    func snapshot(learner: String) throws -> LearnerSnapshot {
        guard !isAwaitingReward else {
            throw LearnerError.outOfTurn(learner: learner, call: "snapshot", expected: "tell")
        }
        var snapshot = LearnerSnapshot()
        snapshot.streams["policy"] = random
        incumbent.save(in: &snapshot)
        scores.save(in: &snapshot)
        snapshot.tensors["candidates"] = candidates
        return snapshot
    }

    mutating func restore(_ snapshot: LearnerSnapshot) throws {
        random = try snapshot.stream("policy")
        incumbent = try Incumbent(from: snapshot, actionSize: actionSize)
        scores = try EpisodeScores(from: snapshot)
        candidates = try snapshot.candidates(environments: scores.returns.count, actionSize: actionSize)
        isAwaitingReward = false
    }
}
