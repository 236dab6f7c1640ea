internal import CKernels
public import RLEditCore
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
public final class EvolutionStrategy: CatalogueLearner, GenerationLearner {
    public static let name = "EvolutionStrategy"
    public static let documentation =
        "Evolution strategies as in Salimans et al. 2017 (OpenAI-ES): mirrored pairs of candidates around a mean that "
        + "Adam moves along their ranks. Candidates outside of -1 … 1 are evaluated clamped."
    public static let logKeys: [LogKey] = [
        .bestReturn, .meanReturn, .rankGradientNorm, .scheduledDeviation, .learningRate,
    ]

    /// Settings of ``EvolutionStrategy``. Defaults were chosen on seeds ≥ 100 and validation images (docs/learners.md).
    public struct Configuration: LearnerConfiguration, AdamConfiguration {
        public var steps = 8192
        /// Many small steps beat fewer and surer ones on a budget of hundreds.
        public var populationSize = 16
        /// Wide steps to find the slope, then a mean that is judged by candidates like itself.
        public var standardDeviation = Schedule.linear(0.4, 0.1)
        public var learningRate = Schedule.linear(0.2, 0)
        public var weightDecay = 0.0
        public var adamBeta1 = 0.9
        public var adamBeta2 = 0.999
        public var adamEpsilon = 1e-8

        public init() {}

        public var owner: String { EvolutionStrategy.name }

        public var settings: [Setting<Self>] {
            [
                .steps,
                .integer(
                    "populationSize", \.populationSize, .count(upTo: largestBatch),
                    "an even number of candidates per generation, in mirrored pairs"),
                .schedule("standardDeviation", \.standardDeviation, .positive, "σ of each number of an action"),
                .schedule("learningRate", \.learningRate, .notNegative, "Adam's step size"),
                .number(
                    "weightDecay", \.weightDecay, .notNegative,
                    "pull of the mean towards 0, in units of the gradient"),
            ] + Setting.adam
        }

        public func validateTogether(owner: String) throws {
            guard populationSize % 2 == 0 else {
                throw ConfigurationError(
                    owner, "populationSize", "must be even, for mirrored pairs, got \(populationSize)")
            }
        }
    }

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
            session.standardDeviation = try configuration.value(of: \.standardDeviation, at: progress)
            session.learningRate = try configuration.value(of: \.learningRate, at: progress)
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
    public func tell(_ outcome: StepBatch, progress: Double) throws -> [NamedNumber]? {
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
            LogKey.bestReturn(session.generation.search.incumbent.score),
            LogKey.meanReturn(scored.mean),
            LogKey.rankGradientNorm(norm),
            LogKey.scheduledDeviation(session.standardDeviation),
            LogKey.learningRate(session.learningRate),
        ]
    }

    /// Algorithm 1, line 6, with Adam: θ ← θ + α ∇, kept in the box.
    /// - Returns: the gradient's norm.
    private func step(along gradient: Tensor, of session: inout Session) -> Double {
        let mean = UnsafeBufferPointer(start: session.mean.value.pointer, count: session.mean.count)
        let adam = configuration.adamStep(count: session.updates, learningRate: session.learningRate)
        let decay = Float(configuration.weightDecay)
        // Adam descends, and the return is to rise.
        let descent = gradient.withUnsafeBufferPointer { gradient in
            mean.indices.map { decay * mean[$0] - gradient[$0] }
        }
        return session.mean.descend(descent, adam)
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

extension LogKey {
    static let rankGradientNorm = LogKey(
        "gradient_norm", "norm of 1/(nσ) Σ F ε, F the centred ranks", unit: "–",
        good: "falling as the optimum comes near")
    static let scheduledDeviation = LogKey(
        "standard_deviation", "the schedule's value for this generation", unit: "unit of the action",
        good: "as configured")
}
