internal import CKernels
public import RLEditTensor
public import RLEditWorlds

/// Evolution strategies as in Salimans, Ho, Chen, Sidor and Sutskever, *Evolution strategies as a scalable alternative
/// to reinforcement learning* (arXiv 1703.03864), known as OpenAI-ES, over actions instead of a policy's weights.
///
/// It climbs the expected return of θ + σε, ε ~ N(0, I): the gradient by θ is E[F(θ + σε) ε]/σ, which a generation of
/// mirrored pairs estimates. Read from top to bottom: a generation (`ask`), its ranks and the step (`tell`). A candidate
/// is one action, held through one episode and scored by the episode's return.
///
/// **The box.** What is climbed is the return of the clamped action, so a candidate outside of [−1, 1] counts as the
/// point on the border that was evaluated, and its ε as it was drawn: the estimate stays unbiased. θ itself is kept in
/// the box, since a mean far outside would see equal returns whatever it does.
public final class EvolutionStrategy: Learner {
    /// Settings of ``EvolutionStrategy``. Defaults were chosen on seeds ≥ 100 and validation images (docs/learners.md).
    public struct Configuration {
        /// Candidate evaluations over the whole run; ≥ 1. Default 8,192, as ``PPO``'s.
        public var steps = 8192
        /// Candidates per generation, in mirrored pairs; even, ≥ 2. Default 16: many small steps
        /// beat fewer and surer ones on a budget of hundreds.
        public var populationSize = 16
        /// σ of each number of an action as a function of progress; > 0. Default from 0.4 linearly to 0.1: wide steps
        /// to find the slope, then a mean that is judged by candidates like itself.
        public var standardDeviation = Schedule.linear(0.4, 0.1)
        /// Adam's step size as a function of progress; ≥ 0. Default from 0.2 linearly to 0.
        public var learningRate = Schedule.linear(0.2, 0)
        /// Pull of the mean towards 0, where nothing is edited but by the sign offset, in units of the gradient; ≥ 0.
        /// Default 0.
        public var weightDecay = 0.0
        /// Adam's decay of the mean gradient; in [0, 1). Default 0.9.
        public var adamBeta1 = 0.9
        /// Adam's decay of the mean squared gradient; in [0, 1). Default 0.999.
        public var adamBeta2 = 0.999
        /// Adam's ε; > 0. Default 1e-8.
        public var adamEpsilon = 1e-8

        public init() {}

        /// - Throws: ``ConfigurationError`` naming the first field outside its range. Schedules are checked at the
        ///   start, the middle and the end of a run here, and again wherever they are read.
        public func validate() throws {
            let check = SettingCheck("EvolutionStrategy")
            try check.atLeastOne("steps", steps)
            try check.batch("populationSize", populationSize)
            try check.require(
                "populationSize", populationSize >= 2 && populationSize % 2 == 0,
                "must be even, for mirrored pairs, got \(populationSize)")
            try check.notNegative("weightDecay", weightDecay)
            try check.decay("adamBeta1", adamBeta1)
            try check.decay("adamBeta2", adamBeta2)
            try check.positive("adamEpsilon", adamEpsilon)
            for progress in [0, 0.5, 1] { _ = try scheduled(at: progress) }
        }

        /// The values of the schedules at one moment of a run.
        func scheduled(at progress: Double) throws -> (standardDeviation: Double, learningRate: Double) {
            let check = SettingCheck("EvolutionStrategy")
            let values = (try standardDeviation(progress), try learningRate(progress))
            try check.positive("standardDeviation", values.0, at: progress)
            try check.notNegative("learningRate", values.1, at: progress)
            return values
        }
    }

    public let name = "EvolutionStrategy"
    public let configuration: Configuration
    public var budget: Int { configuration.steps }
    private var session: Session?

    private struct Session {
        var generation: Generation
        /// θ with Adam's moments, `[actionSize]`.
        let mean: Parameter
        var updates = 0
        /// σ and the learning rate of the generation under evaluation: those of the progress at which it was drawn.
        var standardDeviation = 0.0
        var learningRate = 0.0
    }

    public init(_ configuration: Configuration = Configuration()) { self.configuration = configuration }

    /// One environment for each candidate of a generation.
    public func environments(horizon: Int) -> Int { configuration.populationSize }

    public func begin(_ problem: LearningProblem, pool: WorkerPool) throws {
        try configuration.validate()
        session = Session(generation: Generation(problem), mean: Parameter(shape: [problem.actionSize]))
    }

    /// Section 2.1, "mirrored sampling": rows 2i and 2i + 1 are θ + σεᵢ and θ − σεᵢ.
    public func ask(_ observation: ObservationBatch, progress: Double) throws -> Tensor {
        var session = try begun()
        let size = session.mean.count
        let mean = UnsafeBufferPointer(start: session.mean.value.pointer, count: size)
        if session.generation.search.candidates == nil {
            (session.standardDeviation, session.learningRate) = try configuration.scheduled(at: progress)
        }
        let scale = Float(session.standardDeviation)
        let actions = try session.generation.ask(
            observation, learner: name, count: configuration.populationSize
        ) { candidates, random in
            for plus in stride(from: 0, to: candidates.count, by: 2 * size) {
                random.fillNormal(
                    UnsafeMutableBufferPointer(rebasing: candidates[plus..<(plus + size)]), scale: scale)
                for index in 0..<size {
                    let mutation = candidates[plus + index]
                    candidates[plus + index] = mean[index] + mutation
                    candidates[plus + size + index] = mean[index] - mutation
                }
            }
        }
        self.session = session
        return actions
    }

    /// - Returns: values to log when a generation is complete.
    public func tell(_ outcome: StepBatch, progress: Double) throws -> [LoggedValue]? {
        var session = try begun()
        let generation = try session.generation.tell(outcome, learner: name)
        defer { self.session = session }
        guard let scored = generation else { return nil }
        session.updates += 1

        // Section 2.1, "fitness shaping": returns count by their ranks only.
        let shaped = centeredRanks(scored.scores)
        // Algorithm 1, line 5: ∇ ≈ 1/(nσ) Σ F ε, here of pairs: (F⁺ − F⁻) ε with ε = (x⁺ − x⁻)/2σ.
        let size = session.mean.count
        let gradient = try Tensor(shape: [size]) { gradient in
            gradient.update(repeating: 0)
            scored.candidates.withUnsafeBufferPointer { candidates in
                for pair in stride(from: 0, to: shaped.count, by: 2) {
                    let weight = Float(
                        (shaped[pair] - shaped[pair + 1])
                            / (2 * Double(shaped.count) * session.standardDeviation * session.standardDeviation))
                    let (plus, minus) = (pair * size, (pair + 1) * size)
                    for index in 0..<size {
                        gradient[index] += weight * (candidates[plus + index] - candidates[minus + index])
                    }
                }
            }
        }
        let norm = step(along: gradient, of: &session)
        return [
            LoggedValue("best_return", session.generation.search.incumbent.score),
            LoggedValue("mean_return", scored.mean),
            LoggedValue("gradient_norm", norm),
            LoggedValue("standard_deviation", session.standardDeviation),
            LoggedValue("learning_rate", session.learningRate),
        ]
    }

    /// Algorithm 1, line 6, with Adam: θ ← θ + α ∇, kept in the box.
    /// - Returns: the gradient's norm.
    private func step(along gradient: Tensor, of session: inout Session) -> Double {
        let mean = UnsafeMutableBufferPointer(start: session.mean.value.pointer, count: session.mean.count)
        var adam = AdamStep(count: session.updates, learningRate: session.learningRate)
        adam.beta1 = configuration.adamBeta1
        adam.beta2 = configuration.adamBeta2
        adam.epsilon = configuration.adamEpsilon
        var arguments = adam.kernelArguments
        let decay = Float(configuration.weightDecay)
        return gradient.withUnsafeBufferPointer { gradient in
            // Adam descends, and the return is to rise.
            let descent = mean.indices.map { decay * mean[$0] - gradient[$0] }
            return descent.withUnsafeBufferPointer { descent in
                guard let base = descent.baseAddress else { return 0 }
                rl_adam(
                    Int64(mean.count), session.mean.value.pointer, session.mean.firstMoment.pointer,
                    session.mean.secondMoment.pointer, base, &arguments)
                for index in mean.indices { mean[index] = min(max(mean[index], -1), 1) }
                return rl_sum_of_squares(Int64(descent.count), base).squareRoot()
            }
        }
    }

    /// θ.
    public func meanAction(_ observation: ObservationBatch) throws -> Tensor? {
        try ObservationBatch.shared(begun().mean.tensor(), environments: observation.environments).rows()
    }

    private func begun() throws -> Session {
        guard let session else { throw LearnerError.notBegun(learner: name) }
        return session
    }

    public func snapshot() throws -> LearnerSnapshot {
        let session = try begun()
        var snapshot = try session.generation.snapshot(learner: name)
        try session.mean.save(as: "mean", in: &snapshot)
        snapshot.integers["updates"] = session.updates
        snapshot.numbers["standardDeviation"] = session.standardDeviation
        snapshot.numbers["learningRate"] = session.learningRate
        return snapshot
    }

    public func restore(_ snapshot: LearnerSnapshot) throws {
        var session = try begun()
        try session.generation.restore(snapshot)
        try session.mean.load("mean", from: snapshot)
        session.updates = try snapshot.integer("updates")
        session.standardDeviation = try snapshot.number("standardDeviation")
        session.learningRate = try snapshot.number("learningRate")
        self.session = session
    }
}

/// Ranks of scores, centred and scaled to [−½, ½]; equal scores share the mean of their ranks, so that a reward of few
/// values gives no direction where it sees no difference.
package func centeredRanks(_ scores: [Double]) -> [Double] {
    guard scores.count > 1 else { return scores.map { _ in 0 } }
    let order = scores.indices.sorted { scores[$0] < scores[$1] }
    var ranks = [Double](repeating: 0, count: scores.count)
    var first = 0
    while first < order.count {
        var end = first + 1
        while end < order.count, scores[order[end]] == scores[order[first]] { end += 1 }
        for place in first..<end { ranks[order[place]] = Double(first + end - 1) / 2 }
        first = end
    }
    return ranks.map { $0 / Double(scores.count - 1) - 0.5 }
}
