internal import Foundation
internal import RLEditRuns

/// What the command line asks of a comparison.
package struct CompareOptions: Sendable {
    /// Seeds, data, arguments of the script, limits; `out` is the comparison's folder.
    package var run: RunOptions
    package var methods: [ComparedMethod]
    /// Names that the user wrote out: what they cannot do is an error; of `all` it is skipped.
    package var demanded: Set<String> = []
    /// Evaluations of each learner; nil for those of the task's own.
    package var budget: Int?
    /// The method that the others are compared with; nil for the first.
    package var reference: String?
    /// Whether the measures of depth are taken, which train and cost a while.
    package var measuresDepth = false
    /// The options above as words of the command line, for the command that makes the comparison again.
    package var words: [String] = []

    package init(run: RunOptions, methods: [ComparedMethod]) {
        self.run = run
        self.methods = methods
    }

    /// The folder of a script's comparison, unless the user names another: the same each time, so that cells are found
    /// again.
    package static func folder(forScript path: String) -> String {
        "runs/compare-\(((path as NSString).lastPathComponent as NSString).deletingPathExtension)"
    }
}

/// What a comparison cannot do.
package enum CompareError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The script does its own work: there is nothing to hand to another method.
    case noTask(path: String)
    /// A baseline that was asked for by name, and a task that does not say what to forget and what to retain.
    case missingSet(method: String, set: String, known: [String])
    /// A method for linear layers, and a task that edits another one.
    case layerNotLinear(method: String, layer: String)
    /// A baseline that can do nothing with the task's network.
    case unfitNetwork(method: String, reason: String)
    /// A method that moves the biases of the last layer, and a network that has none there.
    case noOutputBias(method: String, layer: String)
    /// The policy of `--policy` edits in another world than the task.
    case otherWorld(method: String, policy: String, task: String)
    /// `--reference` names a method that has no result.
    case noReference(String)

    package var description: String {
        switch self {
        case .noTask(let path): "'\(path)' returned no task: only tasks can be compared"
        case .missingSet(let method, let set, let known):
            "the method '\(method)' needs a set named '\(set)'; the task has \(known.joined(separator: ", "))"
        case .layerNotLinear(let method, let layer):
            "the method '\(method)' edits linear layers only, and '\(layer)' is none"
        case .unfitNetwork(let method, let reason): "the method '\(method)': \(reason)"
        case .noOutputBias(let method, let layer):
            "the method '\(method)' moves the biases of the network's last layer, and '\(layer)' has none"
        case .otherWorld(let method, let policy, let task):
            "the method '\(method)': the policy of --policy is one for \(policy), and the task is in \(task)"
        case .noReference(let name): "--reference \(name): that method has no result"
        }
    }
}
