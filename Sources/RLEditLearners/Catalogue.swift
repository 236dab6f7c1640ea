public import RLEditCore

/// A learner that users can name: its declaration is where scripts, checks, comparisons, manifests and the reference
/// pages know it from. To add one, write its file, and name its type in ``Learners/forTasks``.
public protocol CatalogueLearner: Learner {
    associatedtype Configuration: LearnerConfiguration
    /// The field's name of the method, for example `PPO`.
    static var name: String { get }
    /// What it is and when to use it, in a sentence or two.
    static var documentation: String { get }
    /// What it logs for each update or generation, in this order.
    static var logKeys: [LogKey] { get }
    init(_ configuration: Configuration)
}

extension CatalogueLearner {
    public var name: String { Self.name }

    /// One with its defaults, fitted to a budget.
    public static func standard(budget: Int) -> Self {
        var configuration = Configuration()
        configuration.spend(budget)
        return Self(configuration)
    }
}

/// The settings of a learner, valid as they begin.
public protocol LearnerConfiguration: Configurable {
    /// Candidate evaluations over the whole run.
    var steps: Int { get set }
    init()
    /// Fits the settings to a budget given from outside, as in a comparison.
    mutating func spend(_ budget: Int)
}

extension LearnerConfiguration {
    public mutating func spend(_ budget: Int) { steps = budget }
}

extension Setting where Owner: LearnerConfiguration {
    /// The first setting of every learner.
    static var steps: Setting {
        .integer("steps", \.steps, .atLeast(1), "candidate evaluations of the whole run, rounded up to whole rounds")
    }
}

public enum Learners {
    /// All that scripts can name.
    public static var all: [any CatalogueLearner.Type] { forTasks + forPolicies }

    /// Those that learn any task, in the order in which lists show them.
    public static var forTasks: [any CatalogueLearner.Type] {
        [
            PPO.self, Reinforce.self, EvolutionStrategy.self, CMAES.self, SeparableCMAES.self, SNES.self,
            HillClimber.self, RandomSearch.self,
        ]
    }

    /// Those that only train policies over many networks.
    public static var forPolicies: [any CatalogueLearner.Type] { [PathwiseGradient.self] }

    public static var namesForTasks: [String] { forTasks.map { $0.name } }

    /// nil when no learner has this name.
    public static func named(_ name: String) -> (any CatalogueLearner.Type)? {
        all.first { $0.name == name }
    }
}
