internal import RLEditTensor

/// Restarts of a strategy with twice the population each time, IPOP-CMA-ES: Auger and Hansen, *A restart CMA evolution
/// strategy with increasing population size* (CEC 2005). A search that has ended in a local optimum begins again where it
/// began, and a larger population sees more of the landscape.
///
/// The environments stay as many as the first population: a larger one is evaluated in several rounds.
struct Restarts {
    /// How many there may be.
    let allowed: Int
    private let populationSize: Int
    private let dimension: Int
    private(set) var done = 0
    /// The rounds of the generation under way: candidates one after the other, and their scores.
    private var candidates: [Float] = []
    private var scores: [Double] = []
    /// The best score of each generation of this start, the latest ones.
    private var bests: [Double] = []
    /// Mean score of the latest generation, and the mean of the earlier start whose last generation was best, with that
    /// generation's mean score.
    private var latest = -Double.infinity
    private var kept: (mean: [Double], score: Double)?

    init(allowed: Int, populationSize: Int, dimension: Int) {
        self.allowed = allowed
        self.populationSize = populationSize
        self.dimension = dimension
    }

    /// λ of the present start.
    var population: Int { populationSize << done }

    /// Takes a round.
    /// - Returns: the generation, when it is complete.
    mutating func collect(_ scored: Generation.Scored) throws -> Generation.Scored? {
        if allowed == 0 { return scored }
        candidates += scored.candidates.scalars
        scores += scored.scores
        guard scores.count >= population else { return nil }
        let whole = Generation.Scored(
            candidates: try Tensor(candidates, shape: [scores.count, dimension]), scores: scores,
            bestBefore: scored.bestBefore)
        (candidates, scores) = ([], [])
        latest = whole.mean
        bests.append(whole.scores.max() ?? latest)
        bests = bests.suffix(window)
        return whole
    }

    /// Generations over which the best score must have changed: 10 + ⌈30 n/λ⌉.
    private var window: Int { 10 + (30 * dimension + population - 1) / population }

    /// Ends the present start if it has nothing more to find, after an update.
    /// - Parameters:
    ///   - deviation: the largest of the numbers' deviations, σ times the root of their variance.
    ///   - axisRatio: the largest deviation of an axis by the smallest.
    ///   - initial: σ of the first generation.
    /// - Returns: whether the strategy is to begin again.
    mutating func isDue(mean: [Double], deviation: Double, axisRatio: Double, initial: Double) -> Bool {
        guard done < allowed else { return false }
        // Bests that no longer differ ("equalfunvalhist"), steps too small for the floats of an action ("tolx"), and a
        // matrix that is ill-conditioned beyond what its precision can hold ("conditioncov").
        let isFlat = bests.count >= window && bests.max() == bests.min()
        guard isFlat || deviation < 1e-6 * initial || axisRatio > 1e7 else { return false }
        if latest > kept?.score ?? -.infinity { kept = (mean, latest) }
        done += 1
        bests = []
        latest = -.infinity
        return true
    }

    /// The mean that the learner answers for: of the start that did best, by the mean score of its last generation. A
    /// start that has just begun knows nothing yet.
    func mean(_ present: [Double]) -> [Double] {
        guard let kept, kept.score > latest else { return present }
        return kept.mean
    }

    func save(in snapshot: inout LearnerSnapshot) {
        if allowed == 0 { return }
        snapshot.integers["restarts"] = done
        snapshot.vectors["restarts.bests"] = bests
        snapshot.vectors["restarts.scores"] = scores
        snapshot.tensors["restarts.candidates"] = Tensor(candidates)
        // A checkpoint holds finite numbers only: what is not there is −∞ or none.
        if latest.isFinite { snapshot.numbers["restarts.latest"] = latest }
        snapshot.vectors["restarts.mean"] = kept?.mean ?? []
        snapshot.numbers["restarts.score"] = kept?.score
    }

    mutating func restore(_ snapshot: LearnerSnapshot) throws {
        if allowed == 0 { return }
        done = try snapshot.integer("restarts")
        guard (0...allowed).contains(done) else {
            throw LearnerError.snapshotMismatch(field: "restarts", expected: "from 0 to \(allowed), got \(done)")
        }
        scores = snapshot.vectors["restarts.scores"] ?? []
        candidates = try snapshot.tensor("restarts.candidates", shape: [scores.count * dimension]).scalars
        bests = snapshot.vectors["restarts.bests"] ?? []
        latest = snapshot.numbers["restarts.latest"] ?? -.infinity
        kept = try snapshot.numbers["restarts.score"].map {
            (try snapshot.vector("restarts.mean", count: dimension), $0)
        }
    }
}
