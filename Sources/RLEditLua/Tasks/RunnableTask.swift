internal import RLEditCore
internal import RLEditRuns

/// What a run must know of a task whatever it does: edits one network, or trains a policy over many.
protocol RunnableTask: AnyObject {
    var name: String { get set }
    /// Whether the script gave the name itself.
    var hasOwnName: Bool { get }
    var worldName: String { get }
    var learnerName: String { get }
    /// All settings with their defaults, for the manifest.
    var configuration: JSONObject { get }
    /// What is odd about the sets, a sentence each: an example that is to go and to stay, held-out ones that the reward sees.
    var setWarnings: [String] { get }
    /// All sets, for the manifest.
    var setDescriptions: [Manifest.SetDescription] { get }
}

extension ScriptTask: RunnableTask {}
