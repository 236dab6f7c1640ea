internal import LuaBridge
internal import RLEditBaselines
internal import RLEditLearners
package import RLEditRuns

/// What `rledit-lua compare` can try on a task: a learner with its defaults, a baseline with its own, or the learner that
/// the task names.
package struct ComparedMethod: Sendable {
    package let name: String
    package let kind: ComparisonCell.Kind

    enum Form {
        /// A learner for so many evaluations.
        case learner((_ budget: Int) -> ScriptLearner)
        /// A baseline for a network edited in these layers.
        case baseline((_ layers: [String]) -> any UnlearningMethod)
        /// The task's own learner with the task's settings.
        case taskLearner
    }

    /// What stands behind the name. Made when it is asked for: settings that are functions belong to one thread.
    var form: Form {
        (ComparedMethod.learners + ComparedMethod.baselines).first { $0.name == name }?.form ?? .taskLearner
    }

    /// What the name means beyond itself: all settings that do not depend on the task.
    var settingsText: String {
        switch form {
        case .learner(let make): JSONValue.object(make(1).settings).text
        case .baseline(let make): "\(make([]))"
        case .taskLearner: "task"
        }
    }

    /// Every learner, then every baseline: what `all` stands for.
    package static var all: [ComparedMethod] {
        learners.map { ComparedMethod(name: $0.name, kind: .learner) }
            + baselines.map { ComparedMethod(name: $0.name, kind: .baseline) }
    }

    /// All names that can be asked for.
    package static var names: [String] { all.map(\.name) + ["task"] }

    /// - Parameter list: names with commas between them; `all` stands for every learner and baseline.
    /// - Returns: each method once, in the order of the list.
    /// - Throws: ``UnknownMethodError``.
    package static func parse(_ list: String) throws(UnknownMethodError) -> [ComparedMethod] {
        var methods: [ComparedMethod] = []
        func add(_ method: ComparedMethod) {
            if !methods.contains(where: { $0.name == method.name }) { methods.append(method) }
        }
        for part in list.split(separator: ",", omittingEmptySubsequences: false) {
            let name = String(part.drop { $0 == " " })
            if name == "all" {
                all.forEach(add)
            } else if name == "task" {
                add(ComparedMethod(name: "task", kind: .learner))
            } else if let method = all.first(where: { $0.name == name }) {
                add(method)
            } else {
                throw UnknownMethodError(name: name)
            }
        }
        return methods
    }

    // MARK: - The methods

    private typealias Entry = (name: String, form: Form)

    private static var learners: [Entry] {
        [
            learner("PPO", LearnerFields.ppo, PPO.Configuration(), { $0.steps = $1 }) { PPO($0) },
            learner("Reinforce", LearnerFields.reinforce, Reinforce.Configuration(), { $0.steps = $1 }) {
                Reinforce($0)
            },
            learner(
                "EvolutionStrategy", LearnerFields.evolutionStrategy, EvolutionStrategy.Configuration(),
                { $0.steps = $1 }
            ) { EvolutionStrategy($0) },
            learner("CMAES", LearnerFields.cmaes, CMAES.Configuration(), { $0.steps = $1 }) { CMAES($0) },
            learner("SeparableCMAES", LearnerFields.cmaes, SeparableCMAES.Configuration(), { $0.steps = $1 }) {
                SeparableCMAES($0)
            },
            learner("HillClimber", LearnerFields.hillClimber, HillClimber.Configuration(), { $0.steps = $1 }) {
                HillClimber($0)
            },
            learner(
                "RandomSearch", LearnerFields.randomSearch, RandomSearch.Configuration(),
                {
                    $0.steps = $1
                    // Its batch is only a matter of speed, and must not buy it more candidates than the others get.
                    $0.batchSize = min($0.batchSize, max($1, 1))
                }
            ) { RandomSearch($0) },
        ]
    }

    private static func learner<Configuration>(
        _ name: String, _ fields: [SettingField<Configuration>], _ defaults: Configuration,
        _ spend: @escaping (inout Configuration, _ budget: Int) -> Void,
        _ make: @escaping (Configuration) -> any Learner
    ) -> Entry {
        let form = Form.learner { budget in
            var configuration = defaults
            spend(&configuration, budget)
            let chosen = configuration
            return ScriptLearner(name: name, settings: fields.json(chosen)) { make(chosen) }
        }
        return (name, form)
    }

    private static var baselines: [Entry] {
        func method(_ make: @escaping (_ layers: [String]) -> any UnlearningMethod) -> Entry {
            (make([]).name, .baseline(make))
        }
        return [
            method { _ in Retrain() }, method { _ in FineTune() }, method { _ in GradientAscent() },
            method { _ in GradientAscent.stopped }, method { _ in NegGradPlus() }, method { _ in RandomLabel() },
            method { _ in SalUn() }, method { _ in L1Sparse() }, method { _ in FisherForgetting() },
            method { _ in SelectiveSynapticDampening() }, method { _ in SCRUB() },
            method { GradientEdit(.weights, layers: $0) }, method { GradientEdit(.mask, layers: $0) },
            method { GradientEdit(.shift, layers: $0) }, method { GreedyPruning(layers: $0) },
            method { _ in BiasEdit() },
        ]
    }
}

/// A method that there is not.
package struct UnknownMethodError: Error, Equatable, Sendable, CustomStringConvertible {
    package let name: String

    package var description: String {
        let names = ComparedMethod.names
        let nearest = NearestName.of(name, among: names)
        // The likeliest first: the list is long.
        let listed = (nearest.map { [$0] } ?? []) + names.filter { $0 != nearest }
        return "there is no method '\(name)'\(NearestName.suggestion(for: name, among: names)); methods: all, "
            + listed.joined(separator: ", ")
    }
}
