internal import LuaBridge
internal import RLEditBaselines
internal import RLEditCore
internal import RLEditData
internal import RLEditLearners
internal import RLEditNN
package import RLEditRuns
internal import RLEditWorlds

/// What `rledit-lua compare` can try on a task: a learner with its defaults, a baseline with its own, the learner that
/// the task names, or this one on the biases of the scores alone.
package struct ComparedMethod: Sendable {
    package let name: String
    package let kind: ComparisonCell.Kind
    /// Evaluations of a learner by this name, `SeparableCMAES@100`; nil for those of the comparison.
    package private(set) var budget: Int?

    /// The policy of `--policy`; nil for other methods.
    private var policy: ComparedPolicy?

    private init(_ base: String, kind: ComparisonCell.Kind, budget: Int, policy: ComparedPolicy? = nil) {
        name = "\(base)@\(budget)"
        self.kind = kind
        self.budget = budget
        self.policy = policy
    }

    init(name: String, kind: ComparisonCell.Kind, policy: ComparedPolicy? = nil) {
        self.name = name
        self.kind = kind
        self.policy = policy
    }

    /// The world of the method's policy; nil for a method without one.
    var policyWorld: UnitWorld? { policy?.file.world }

    /// The name without a budget.
    private var baseName: String { name.split(separator: "@").first.map(String.init) ?? name }

    enum Form {
        /// A learner for so many evaluations.
        case learner((_ budget: Int) -> ScriptLearner)
        /// A baseline for a network edited in these layers, and its settings.
        case baseline((_ layers: [String]) -> any UnlearningMethod, settings: JSONObject)
        /// The task's own learner with the task's settings.
        case taskLearner
        /// The same in ``LogitBias``, whatever the task's world.
        case logitBias
    }

    /// What the name means. Made when it is asked for: settings that are functions belong to one thread.
    var form: Form {
        if let policy {
            var edit = PolicyEdit(policy.file)
            edit.refinement = budget.map { PolicyEdit.Refinement(count: $0, search: .scale) }
            let chosen = edit
            return .baseline(
                { layers in
                    var edit = chosen
                    edit.layers = layers.isEmpty ? nil : layers
                    return edit
                }, settings: ["policy": .string(policy.hash), "refine": budget.map { .integer($0) } ?? .bool(false)])
        }
        if name == ComparedMethod.logitBiasName { return .logitBias }
        return (ComparedMethod.learners + ComparedMethod.baselines).first { $0.name == baseName }?.form ?? .taskLearner
    }

    /// What the name means beyond itself: all settings that do not depend on the task.
    var settingsText: String {
        switch form {
        case .learner(let make): JSONValue.object(make(1).settings).text
        case .baseline(_, let settings): JSONValue.object(settings).text
        case .taskLearner: "task"
        case .logitBias: "task, \(LogitBias.scale)"
        }
    }

    /// Every learner, the control, then every baseline: the meaning of `all`.
    package static var all: [ComparedMethod] {
        learners.map { ComparedMethod(name: $0.name, kind: .learner) }
            + [ComparedMethod(name: logitBiasName, kind: .learner)]
            + baselines.map { ComparedMethod(name: $0.name, kind: .baseline) }
    }

    /// All names that can be asked for.
    package static var names: [String] { all.map(\.name) + ["task"] }

    private static let logitBiasName = Comparison.control
    private static let policyName = "policy"
    /// Evaluations of the refined policy that `all` includes beside the zero-shot one.
    private static let policyBudget = 10

    /// - Parameter list: names with commas between them; `all` means every learner and baseline.
    /// - Parameter policy: what `policy` and `policy@N` are; without one there are no such methods.
    /// - Returns: each method once, in the order of the list.
    /// - Throws: ``UnknownMethodError``.
    package static func parse(
        _ list: String, policy: ComparedPolicy? = nil
    ) throws(UnknownMethodError) -> [ComparedMethod] {
        var methods: [ComparedMethod] = []
        func add(_ method: ComparedMethod) {
            if !methods.contains(where: { $0.name == method.name }) { methods.append(method) }
        }
        for part in list.split(separator: ",", omittingEmptySubsequences: false) {
            let name = String(part.drop { $0 == " " })
            if name == "all" {
                all.forEach(add)
                if let policy {
                    add(ComparedMethod(name: policyName, kind: .baseline, policy: policy))
                    add(ComparedMethod(policyName, kind: .baseline, budget: policyBudget, policy: policy))
                }
            } else if let policy, name == policyName {
                add(ComparedMethod(name: name, kind: .baseline, policy: policy))
            } else if name == "task" {
                add(ComparedMethod(name: "task", kind: .learner))
            } else if let method = all.first(where: { $0.name == name }) {
                add(method)
            } else if let method = try ComparedMethod(withBudget: name, policy) {
                add(method)
            } else {
                throw UnknownMethodError(name: name)
            }
        }
        return methods
    }

    /// A learner with a budget of its own, `NAME@N`; nil for a name without `@`.
    /// - Throws: ``UnknownMethodError`` when the part before it is not a learner, or the part after it not a number above 0.
    private init?(withBudget name: String, _ policy: ComparedPolicy?) throws(UnknownMethodError) {
        guard let at = name.firstIndex(of: "@") else { return nil }
        let base = String(name[..<at])
        if let policy, base == ComparedMethod.policyName, let count = Int(name[name.index(after: at)...]),
            (1...10_000).contains(count)
        {
            self.init(base, kind: .baseline, budget: count, policy: policy)
            return
        }
        guard ComparedMethod.learners.contains(where: { $0.name == base }),
            let budget = Int(name[name.index(after: at)...]), budget > 0
        else { throw UnknownMethodError(name: name) }
        self.init(base, kind: .learner, budget: budget)
    }

    // MARK: - The methods

    private typealias Entry = (name: String, form: Form)

    private static var learners: [Entry] {
        Learners.forTasks.map { learner in (learner.name, .learner { ScriptLearner(learner, budget: $0) }) }
    }

    private static var baselines: [Entry] {
        Baselines.all.map { method in (method.name, .baseline({ method.editing($0) }, settings: method.json)) }
    }
}

extension UnlearningMethod {
    /// The same method for these layers; itself when it edits the whole network.
    func editing(_ layers: [String]) -> any UnlearningMethod {
        guard var method = self as? any LayerUnlearningMethod else { return self }
        method.layers = layers
        return method
    }
}

/// A policy file as methods of a comparison: `policy`, zero-shot, and `policy@N`, refined by N evaluations of the standard
/// reward.
package struct ComparedPolicy: Sendable {
    let file: PolicyFile
    /// SHA-256 of the file.
    let hash: String

    /// - Throws: what is wrong with the file.
    package init(path: String) throws {
        hash = try SHA256Digest.hex(ofFile: path)
        file = try PolicyFile(SafetensorsFile(path: path))
        try PolicyRequest.requireOwnFeatures(file)
    }
}

/// An unknown method.
package struct UnknownMethodError: Error, Equatable, Sendable, CustomStringConvertible {
    package let name: String

    package var description: String {
        if name == "policy" || name.hasPrefix("policy@") {
            return "'\(name)' needs --policy FILE, and after an @ a number of evaluations from 1 to 10000"
        }
        let names = ComparedMethod.names
        let nearest = NearestName.of(name, among: names)
        // The likeliest first: the list is long.
        let listed = (nearest.map { [$0] } ?? []) + names.filter { $0 != nearest }
        return "there is no method '\(name)'\(NearestName.suggestion(for: name, among: names)); methods: all, "
            + listed.joined(separator: ", ")
    }
}
