public import RLEditCore
public import RLEditData
public import RLEditNN
public import RLEditTensor

/// A network, what it is to forget, and what it is to keep.
public struct UnlearningProblem: Sendable {
    public let network: Network
    /// Examples to forget; their labels are the classes to forget where a method thinks in classes.
    public let forget: ExampleSet
    /// Examples to keep.
    public let retain: ExampleSet
    /// Orders of examples and all else that is drawn at random come from it.
    public let seed: UInt64
    public let pool: WorkerPool

    public init(network: Network, forget: ExampleSet, retain: ExampleSet, seed: UInt64, pool: WorkerPool) {
        self.network = network
        self.forget = forget
        self.retain = retain
        self.seed = seed
        self.pool = pool
    }

    /// The same sets for another network.
    func with(_ network: Network) -> UnlearningProblem {
        UnlearningProblem(network: network, forget: forget, retain: retain, seed: seed, pool: pool)
    }

    /// Number of classes that the network scores.
    public var classes: Int { network.outputShape.first ?? 0 }
    /// Labels that occur in the forget set, ascending.
    var forgetLabels: [Int] { forget.classCounts.map(\.label) }

    /// - Parameter names: what messages call the sets, where that is not their role.
    /// - Throws: ``BaselineError`` naming the set at fault.
    func validate(needs: Set<SetRole>, names: [SetRole: String] = [:]) throws(BaselineError) {
        let sets = [(SetRole.forget, forget), (.retain, retain)].filter { needs.contains($0.0) }
        try network.requireClassifier(sets.map { (name: names[$0.0] ?? $0.0.rawValue, examples: $0.1) })
    }
}

/// What a set is for.
public enum SetRole: String, Sendable {
    case forget, retain
}

/// A published way to make a network forget, for an edit to be compared with. Its stored properties are its settings;
/// the defaults worked for a digit CNN and 2,500 examples (docs/results.md). To add one, write its file, and name it in
/// ``Baselines/all``.
public protocol UnlearningMethod: Configurable, Sendable {
    /// As results and tables call it, in the spelling of scripts: `neg_grad_plus`.
    var name: String { get }
    /// What it does and where it comes from, in a sentence or two.
    var documentation: String { get }
    /// Sets that it looks at.
    var needs: Set<SetRole> { get }
    /// Whether its layers must be linear ones.
    var editsLinearLayersOnly: Bool { get }
    /// Why the method can do nothing with a network, whatever its sets; nil when it can.
    func refusal(of network: Network) -> BaselineError?
    /// The network after forgetting; the problem's is not changed.
    /// - Parameter random: the method's own stream.
    func unlearn(_ problem: UnlearningProblem, random: RandomStream, passes: PassCounter) throws -> Network
}

/// A method that edits the layers it is given, and nothing else but what its documentation says.
public protocol LayerUnlearningMethod: UnlearningMethod {
    /// Names of the edited layers.
    var layers: [String] { get set }
}

public enum Baselines {
    /// All methods of unlearning with their defaults, in the order in which lists show them; none has layers yet.
    public static var all: [any UnlearningMethod] {
        [
            Retrain(), FineTune(), GradientAscent(), GradientAscent.stopped, NegGradPlus(), RandomLabel(), SalUn(),
            L1Sparse(), FisherForgetting(), SelectiveSynapticDampening(), SCRUB(), GradientEdit(.weights, layers: []),
            GradientEdit(.mask, layers: []), GradientEdit(.shift, layers: []), GreedyPruning(layers: []), BiasEdit(),
            ContrastRule(layers: []), Erasure(layers: []), NeighbourTransport(layers: []),
            TaskArithmetic(), FinePruning(layers: []), AdversarialNeuronPruning(),
        ]
    }
}

/// The most that a setting may count: products with a number of examples must not overflow.
let mostCounted = 1_000_000_000

/// The result of a method.
public struct BaselineResult: Sendable {
    /// The method's name, unless the caller gave another.
    public let name: String
    public let network: Network
    public let cost: Cost

    public init(name: String, network: Network, cost: Cost) {
        self.name = name
        self.network = network
        self.cost = cost
    }
}

extension UnlearningMethod {
    public var owner: String { name }
    public var needs: Set<SetRole> { [.forget, .retain] }
    public var editsLinearLayersOnly: Bool { false }
    public func refusal(of network: Network) -> BaselineError? { nil }

    /// Checks the settings and the problem, runs the method and says what it cost.
    /// - Parameter watch: gets the share of the work done, 0 … 1; false asks to stop.
    /// - Throws: `ConfigurationError`, ``BaselineError``, or what the network or its examples refuse.
    public func run(
        _ problem: UnlearningProblem, watch: @escaping (_ share: Double) -> Bool = { _ in true }
    ) throws -> BaselineResult {
        try validate()
        if let refusal = refusal(of: problem.network) { throw refusal }
        try problem.validate(needs: needs)
        let passes = PassCounter(watch: watch)
        let random = RandomStream(seed: problem.seed, name: "baselines").split(name)
        let clock = ContinuousClock()
        let began = clock.now
        let network = try unlearn(problem, random: random, passes: passes)
        var cost = passes.cost
        cost.seconds = (clock.now - began) / .seconds(1)
        return BaselineResult(name: name, network: network, cost: cost)
    }
}
