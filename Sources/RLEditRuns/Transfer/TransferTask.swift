public import RLEditCore
public import RLEditLearners
public import RLEditWorlds

/// A policy to be trained over many pairs of a network and a class, and the pairs it is judged on. Which pairs are which
/// is decided where the task is made (`TaskDistribution` of scripts); nothing here moves a pair from one list to another.
public struct TransferTask {
    /// Names the run folder and the report.
    public var name: String
    public var rules: EditPair.Rules
    /// Training pairs, the policy's initial parameters and the reward.
    public var problem: TransferProblem
    /// Pairs that decide which of the policies along the way is kept; may be empty, then the last one is.
    public var validation: [EditPair]
    /// Updates between two looks at the validation pairs, at least 1.
    public var validationInterval: Int
    /// Pairs that neither training nor choosing has seen.
    public var heldOut: [HeldOutPair]
    /// Evaluations that a refined edit of a held-out pair may spend beside the zero-shot one; nil for none.
    public var refinement: (count: Int, search: PolicyApplication.Search)?
    public var learner: any Learner
    /// A mean reward of a candidate; the run reports how many evaluations it took to reach it first.
    public var target: Double?
    /// Networks and classes by purpose, for the policy file and the report.
    public var distribution: JSONObject

    public init(
        name: String, rules: EditPair.Rules, problem: TransferProblem, validation: [EditPair],
        validationInterval: Int, heldOut: [HeldOutPair],
        refinement: (count: Int, search: PolicyApplication.Search)?, learner: any Learner, target: Double?,
        distribution: JSONObject
    ) {
        self.name = name
        self.rules = rules
        self.problem = problem
        self.validation = validation
        self.validationInterval = validationInterval
        self.heldOut = heldOut
        self.refinement = refinement
        self.learner = learner
        self.target = target
        self.distribution = distribution
    }
}

/// A pair that a policy is judged on.
public struct HeldOutPair {
    public let pair: EditPair
    /// What the edited network is measured on: examples that the pair's own sets do not hold.
    public let sets: [NamedSet]
    /// Whether training never met the class on any network.
    public let isUnseenClass: Bool

    public init(pair: EditPair, sets: [NamedSet], isUnseenClass: Bool) {
        self.pair = pair
        self.sets = sets
        self.isUnseenClass = isUnseenClass
    }
}
