public import RLEditCore
public import RLEditData
public import RLEditNN
public import RLEditTensor

/// What a method against bias works on.
public struct DebiasingProblem: Sendable {
    public var network: Network
    /// Sets by what they are for; those that the method does not look at may be missing.
    public var sets: [DebiasingRole: ExampleSet]
    /// What is drawn, orders of examples for one, comes from it.
    public var seed: UInt64
    public var pool: WorkerPool

    public init(network: Network, sets: [DebiasingRole: ExampleSet], seed: UInt64, pool: WorkerPool) {
        self.network = network
        self.sets = sets
        self.seed = seed
        self.pool = pool
    }

    /// - Throws: ``BaselineError/unsuitableSet(_:reason:)`` for a set that is not there.
    func set(_ role: DebiasingRole) throws(BaselineError) -> ExampleSet {
        guard let examples = sets[role] else { throw .unsuitableSet(role.rawValue, reason: "is missing") }
        return examples
    }
}

/// What a set of a method against bias is for, in the order in which options name them.
public enum DebiasingRole: String, Sendable, CaseIterable {
    case set, utility, original, swapped
}

/// A set that a method looks at.
public struct DebiasingSet: Sendable {
    public let role: DebiasingRole
    public let documentation: String
    public let isRequired: Bool

    init(_ role: DebiasingRole, _ documentation: String, isRequired: Bool = true) {
        self.role = role
        self.documentation = documentation
        self.isRequired = isRequired
    }
}

/// A published way to make a network treat groups alike, for an edit to be compared with. Its stored properties are its
/// settings. To add one, write its file, and name it in ``Baselines/debiasing``.
public protocol DebiasingMethod: Configurable, Sendable {
    /// In the spelling of scripts: `group_dro`.
    var name: String { get }
    /// What it does and where it comes from, in a sentence or two.
    var documentation: String { get }
    /// The layer that it edits or from which it trains; nil for the network's last one.
    var layer: String? { get set }
    var sets: [DebiasingSet] { get }
    /// The debiased network; the problem's is not changed. Settings and sets have been checked.
    /// - Parameter random: the method's own stream.
    func debias(_ problem: DebiasingProblem, random: RandomStream, passes: PassCounter) throws -> Network
}

extension DebiasingMethod {
    public var owner: String { name }

    /// Checks the settings and the problem, runs the method and says what it cost.
    /// - Parameter watch: gets the share of the work done, 0 … 1; false asks to stop.
    /// - Throws: `ConfigurationError`, ``BaselineError``, `WorldError` for the layer, or what the network refuses.
    public func run(
        _ problem: DebiasingProblem, watch: @escaping (_ share: Double) -> Bool = { _ in true }
    ) throws -> BaselineResult {
        try validate()
        for needed in sets where needed.isRequired { _ = try problem.set(needed.role) }
        try problem.network.requireClassifier(
            sets.compactMap { set in problem.sets[set.role].map { (set.role.rawValue, $0) } })
        let passes = PassCounter(watch: watch)
        let clock = ContinuousClock()
        let began = clock.now
        let random = RandomStream(seed: problem.seed, name: "baselines").split(name)
        let network = try debias(problem, random: random, passes: passes)
        var cost = passes.cost
        cost.seconds = (clock.now - began) / .seconds(1)
        return BaselineResult(name: name, network: network, cost: cost)
    }
}

extension Baselines {
    /// The methods against bias of the catalogue with their defaults, in the order in which lists show them.
    public static var debiasing: [any DebiasingMethod] {
        [LEACE(), INLP(), GroupDRO(), LogitPairing(), CounterfactualAugmentation()]
    }
}

/// How the methods that train here do it: Adam, from one layer to the end, what enters that layer computed once.
struct SuffixTraining {
    let suffix: EditedSuffix
    let descent: Descent
    private let whole: Network

    /// - Parameter layer: the first that is trained; nil for the last one with parameters.
    init(
        _ problem: DebiasingProblem, from layer: String?, random: RandomStream, passes: PassCounter
    ) throws {
        whole = problem.network
        let last = whole.nodes.lastIndex { !$0.layer.parameters.isEmpty } ?? 0
        suffix =
            try layer.map { try EditedSuffix(of: problem.network, layers: [$0]) } ?? EditedSuffix(of: whole, at: [last])
        descent = try Descent(
            suffix.network, .adam(Adam()), random: random, passes: passes, pool: problem.pool, share: suffix.share)
    }

    /// The whole network as it is now.
    func network() throws -> Network { try whole.taking(try descent.network()) }
}

extension Network {
    /// This network with the parameters of one that holds some of its layers.
    func taking(_ part: Network) throws -> Network {
        var result = self
        for name in part.parameterNames {
            if let value = part.parameter(name) { try result.setParameter(name, value) }
        }
        return result
    }
}
