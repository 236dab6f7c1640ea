internal import RLEditTensor
internal import RLEditWorlds

/// What learners that draw their candidates generation after generation have in common: each candidate is one action,
/// held through one episode in an environment of its own and scored by the episode's return.
struct Generation {
    /// Its candidates are the generation under evaluation; nil between generations.
    var search: CandidateSearch
    /// Score of each candidate once its episode ended; NaN until then.
    private var finished: [Double] = []

    /// A generation whose candidates have all been scored.
    struct Scored {
        /// As they were drawn, `[candidates, actionSize]`.
        let candidates: Tensor
        let scores: [Double]
        /// Highest score of all generations before; −∞ for the first.
        let bestBefore: Double

        var bestCandidate: Int { scores.indices.reduce(0) { scores[$1] > scores[$0] ? $1 : $0 } }
        var mean: Double { scores.reduce(0, +) / Double(scores.count) }
    }

    init(_ problem: LearningProblem) { search = CandidateSearch(problem) }

    /// The candidates to evaluate: those of the generation under way, or new ones.
    /// - Parameters:
    ///   - count: candidates that the learner draws; nil for as many as there are environments.
    ///   - draw: fills `[environments, actionSize]` with a new generation.
    /// - Throws: ``LearnerError`` out of turn, or for another number of environments than `count`.
    mutating func ask(
        _ observation: ObservationBatch, learner: String, count: Int? = nil,
        draw: (UnsafeMutableBufferPointer<Float>, inout RandomStream) throws -> Void
    ) throws -> Tensor {
        let environments = observation.environments
        if let count, count != environments {
            throw LearnerError.sizeMismatch(
                learner: learner, what: "environments (one for each candidate)", expected: count, actual: environments)
        }
        try search.beginAsk(learner: learner)
        if let candidates = search.candidates, candidates.shape[0] == environments { return candidates }
        var random = search.random
        let candidates = try Tensor(shape: [environments, search.actionSize]) { try draw($0, &random) }
        search.random = random
        search.candidates = candidates
        search.scores = EpisodeScores(environments: environments)
        finished = Array(repeating: .nan, count: environments)
        return candidates
    }

    /// As ``ask(_:learner:count:draw:)``, for candidates x = mean + deviations ⊙ z, z ~ N(0, I).
    mutating func ask(
        _ observation: ObservationBatch, learner: String, count: Int, mean: [Double], deviations: [Double]
    ) throws -> Tensor {
        try ask(observation, learner: learner, count: count) { candidates, random in
            random.fillNormal(candidates)
            for first in stride(from: 0, to: candidates.count, by: mean.count) {
                for index in mean.indices {
                    candidates[first + index] = Float(
                        mean[index] + deviations[index] * Double(candidates[first + index]))
                }
            }
        }
    }

    /// Takes the rewards of a step.
    /// - Returns: the generation, once the episodes of all its candidates have ended.
    mutating func tell(_ outcome: StepBatch, learner: String) throws -> Scored? {
        let candidates = try search.beginTell(learner: learner)
        // An environment whose episode ends early begins another of the same candidate: only the first one counts.
        for (environment, score) in try search.scores.add(outcome, learner: learner)
        where finished[environment].isNaN {
            finished[environment] = score
        }
        guard !finished.contains(where: \.isNaN) else { return nil }
        let scored = Scored(candidates: candidates, scores: finished, bestBefore: search.incumbent.score)
        let best = scored.bestCandidate
        if finished[best] > search.incumbent.score {
            let size = search.actionSize
            search.incumbent = candidates.withUnsafeBufferPointer { buffer in
                Incumbent(action: Array(buffer[best * size..<(best + 1) * size]), score: finished[best])
            }
        }
        search.candidates = nil
        return scored
    }

    func snapshot(learner: String) throws -> LearnerSnapshot {
        var snapshot = try search.snapshot(learner: learner)
        // A checkpoint holds finite numbers only: what is not there is not finished.
        for (candidate, score) in finished.enumerated() where !score.isNaN {
            snapshot.numbers["finished[\(candidate)]"] = score
        }
        return snapshot
    }

    mutating func restore(_ snapshot: LearnerSnapshot) throws {
        try search.restore(snapshot)
        finished = search.scores.returns.indices.map { snapshot.numbers["finished[\($0)]"] ?? .nan }
    }
}
