internal import RLEditData
public import RLEditLearners
public import RLEditWorlds

/// Everything a run needs to know of one edit task, whoever wrote it down.
public struct EditTask {
    /// Names the run folder and the report.
    public var name: String
    public var problem: EditProblem
    /// Sets that no reward sees: what the report judges the edit on. May be empty.
    public var heldOut: [NamedSet]
    public var learner: any Learner
    /// Measures shown of held-out sets, by name of the set; a set that is not named shows ``defaultMeasures(of:classes:)``.
    public var measures: [String: [SetMetric]]
    /// Models to measure beside the run's results, names unique.
    public var compared: [ComparedModel]
    /// A reward; the run reports how many evaluations it took to reach it first.
    public var target: Double?
    /// Whether a run ends once a candidate has reached the target and the learner's update with it is complete.
    public var stopsAtTarget = false

    public init(
        name: String, problem: EditProblem, heldOut: [NamedSet], learner: any Learner, target: Double? = nil,
        measures: [String: [SetMetric]] = [:], compared: [ComparedModel] = []
    ) {
        self.name = name
        self.problem = problem
        self.heldOut = heldOut
        self.learner = learner
        self.target = target
        self.measures = measures
        self.compared = compared
    }

    /// What is shown of a set unless the task says otherwise: for a set with groups, the measures of bias beside those
    /// that would show a gain bought by predicting one class only.
    public static func defaultMeasures(of set: NamedSet, classes: Int) -> [SetMetric] {
        guard classes == 2, set.examples.groups != nil else { return [.plain(.accuracy), .plain(.loss)] }
        let binary: [BinaryMetric] = [.auc, .fped, .fned, .errorDifferenceAtEER, .finalAUC]
        return [.plain(.accuracy)] + binary.map(SetMetric.binary)
    }
}

/// The best candidate of a run so far.
public struct BestCandidate {
    public let reward: Reward
    /// Empty when the candidate is a policy that is tried on several networks.
    public let edits: [LayerEdit]
    /// Number of its evaluation, from 1.
    public let evaluation: Int
}

/// What a run tells while it goes on, and asks of whoever started it. All calls come from the thread of the loop, in
/// order; each default does nothing.
public protocol RunDelegate: AnyObject {
    /// An update of the learner is complete. Return false to end the run cleanly.
    func didUpdate(_ record: UpdateRecord) throws -> Bool
    /// An episode has ended with this reward at its last step. Return false to end the run cleanly.
    func didEndEpisode(_ episode: Int, reward: Reward) throws -> Bool
    /// A candidate is better than all before. Return false to end the run cleanly.
    func didFindBest(_ best: BestCandidate) throws -> Bool
    /// Something about the run that its user should know, a sentence, told once.
    func didNotice(_ finding: String)
    /// State of the script's own that a checkpoint must hold, in the script's encoding.
    func scriptState() throws -> [UInt8]
    func restoreScriptState(_ bytes: [UInt8]) throws
    /// Polled between steps: a reason to stop now, with a checkpoint.
    var stopRequest: StopReason? { get }
}

/// Why a run ended before its budget was spent.
public enum StopReason: Sendable, Equatable {
    /// The user pressed Ctrl-C.
    case interrupted
    /// `--max-time` has passed.
    case timeLimit
    /// A callback returned false.
    case callback
    /// A candidate reached the target of a task that ends there.
    case target
}

extension RunDelegate {
    public func didUpdate(_ record: UpdateRecord) throws -> Bool { true }
    public func didEndEpisode(_ episode: Int, reward: Reward) throws -> Bool { true }
    public func didFindBest(_ best: BestCandidate) throws -> Bool { true }
    public func didNotice(_ finding: String) {}
    public func scriptState() throws -> [UInt8] { [] }
    public func restoreScriptState(_ bytes: [UInt8]) throws {}
    public var stopRequest: StopReason? { nil }
}
