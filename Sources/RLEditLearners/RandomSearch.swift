public import RLEditCore
public import RLEditTensor
public import RLEditWorlds

/// Independent candidates from one fixed distribution, the best kept: the floor that any learner must beat on the same
/// budget. A candidate is one action, held through one episode and scored by the episode's return.
public final class RandomSearch: CatalogueLearner {
    public static let name = "RandomSearch"
    public static let documentation = "Independent candidates, the best kept: the floor that any learner must beat."
    public static let logKeys: [LogKey] = [.bestReturn, .meanReturn]

    /// Settings of ``RandomSearch``.
    public struct Configuration: LearnerConfiguration, Sendable {
        public var steps = 8192
        /// Only a matter of speed: rounds are made equal, so that they end within one candidate each of `steps`.
        public var batchSize = 256
        /// Puts a third of the numbers on the border of the box and finds far better edits than uniform ones
        /// (docs/learners.md).
        public var standardDeviation: Double? = 1

        public init() {}

        public var owner: String { RandomSearch.name }

        public var settings: [Setting<Self>] {
            [
                .steps,
                .integer(
                    "batchSize", \.batchSize, .count(upTo: largestBatch), "evaluations per round, at most"),
                .number(
                    "standardDeviation", \.standardDeviation, .positive,
                    "of each number of an action, around 0; false: uniform in -1 … 1"),
            ]
        }
    }

    public let configuration: Configuration
    public var budget: Int { configuration.steps }
    private var search: CandidateSearch?

    public init(_ configuration: Configuration = Configuration()) { self.configuration = configuration }

    public func environments(horizon: Int) -> Int {
        let horizon = max(1, horizon)
        let most = max(1, configuration.batchSize / horizon)
        let candidates = Self.quotient(max(1, configuration.steps), horizon)
        return Self.quotient(candidates, Self.quotient(candidates, most))
    }

    /// Rounded up.
    private static func quotient(_ number: Int, _ divisor: Int) -> Int {
        let (whole, rest) = number.quotientAndRemainder(dividingBy: divisor)
        return whole + (rest > 0 ? 1 : 0)
    }

    public func begin(_ problem: LearningProblem, pool: WorkerPool) throws {
        try configuration.validate()
        search = CandidateSearch(problem)
    }

    public func ask(_ observation: ObservationBatch, progress: Double) throws -> Tensor {
        var search = try begun()
        try search.beginAsk(learner: name)
        let environments = observation.environments
        if search.candidates?.shape[0] != environments {
            // The first round, or a last one with fewer environments: all candidates are new.
            search.candidates = try Tensor(shape: [environments, search.actionSize]) { buffer in
                draw(into: buffer, random: &search.random)
            }
            search.scores = EpisodeScores(environments: environments)
        }
        self.search = search
        return try search.candidates ?? Tensor.zeros([environments, search.actionSize])
    }

    private func draw(into buffer: UnsafeMutableBufferPointer<Float>, random: inout RandomStream) {
        if let standardDeviation = configuration.standardDeviation {
            random.fillNormal(buffer, scale: Float(standardDeviation))
        } else {
            random.fillUniform(buffer, -1, 1)
        }
    }

    /// - Returns: values to log whenever an episode ended.
    public func tell(_ outcome: StepBatch, progress: Double) throws -> [NamedNumber]? {
        var search = try begun()
        var candidates = try search.beginTell(learner: name)
        let ended = try search.scores.add(outcome, learner: name)
        let size = search.actionSize
        candidates.withUnsafeMutableBufferPointer { buffer in
            var ended = ended[...]
            while let first = ended.first?.environment {
                // Neighbours are drawn together: the same numbers in fewer, longer fills, which are quicker.
                var end = first
                while let (environment, score) = ended.first, environment == end {
                    if score > search.incumbent.score {
                        search.incumbent = Incumbent(
                            action: Array(buffer[environment * size..<(environment + 1) * size]), score: score)
                    }
                    ended.removeFirst()
                    end += 1
                }
                draw(
                    into: UnsafeMutableBufferPointer(rebasing: buffer[first * size..<end * size]),
                    random: &search.random)
            }
        }
        search.candidates = candidates
        self.search = search
        guard !ended.isEmpty else { return nil }
        let mean = ended.reduce(0) { $0 + $1.score } / Double(ended.count)
        return [LogKey.bestReturn(search.incumbent.score), LogKey.meanReturn(mean)]
    }

    /// The best candidate so far; zeros before any was scored.
    public func meanAction(_ observation: ObservationBatch) throws -> Tensor? {
        try begun().incumbent.rows(observation.environments)
    }

    private func begun() throws -> CandidateSearch {
        guard let search else { throw LearnerError.notBegun(learner: name) }
        return search
    }

    public func snapshot() throws -> LearnerSnapshot { try begun().snapshot(learner: name) }

    public func restore(_ snapshot: LearnerSnapshot) throws {
        var search = try begun()
        try search.restore(snapshot)
        self.search = search
    }
}
