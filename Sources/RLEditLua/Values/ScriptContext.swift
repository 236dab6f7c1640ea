internal import RLEditCore
public import RLEditData
public import RLEditRuns
public import RLEditTensor
package import RLEditWorlds

/// What the modules of one script run share: one seed, one state, one context.
///
/// Used on the script's thread only.
public final class ScriptContext {
    /// The run's seed: `rledit.seed` in scripts.
    public let seed: Int
    public let pool: WorkerPool
    /// Where data paths that a script names are looked up.
    public let locations: DataLocations
    /// Remembered fits.
    public let fits: FitCache
    /// `--set name=value` pairs: `rledit.args` in scripts.
    public let arguments: [String: String]
    /// Shows what takes long before the run itself begins, for example training.
    public let progress: (String) -> ProgressReporter
    /// Asked by long computations: true when the user wants to stop.
    public let isInterrupted: @Sendable () -> Bool
    /// What the command line says of candidates without a valid reward; nil leaves it to the task.
    package var invalidRewards: InvalidRewardRule?
    /// Most bytes of what enters the edited layers that are kept between evaluations.
    var prefixLimit = Evaluator.defaultPrefixBytes
    /// Arguments that the script has read.
    public internal(set) var readArguments: Set<String> = []
    /// Whether the script was told which arguments it has not read so far.
    var hasNotedUnreadArguments = false
    /// Data that the script has loaded, in order, for the manifest.
    public internal(set) var usedData: [Manifest.DataSource] = []
    /// Tasks that the script has made, in order.
    var madeTasks: [MadeTask] = []
    /// Whether generated digits replace an MNIST that was not found.
    var hasStandInDigits = false
    /// Whether generated pictures replace a CIFAR-10 that was not found.
    var hasStandInObjects = false
    /// Whether generated comments or templates replace Jigsaw's that were not found.
    var hasStandInComments = false
    /// The root of all random numbers of this script.
    public let random: RandomStream
    /// Version of this program: `rledit.version`, and part of every remembered fit's name.
    public let engineVersion: String
    /// Where `model:save` and the like may write: the run folder, made when it is first asked for. Throws when there is none.
    public var outputFolder: () throws -> String = {
        throw ConfigurationError("rledit", "output folder", "is not there: this script is not run in a run folder")
    }
    /// Folder of the script, where policies may lie that are shared with it; nil before it runs.
    var scriptFolder: String?
    /// Policies that were read there, by their path in the folder: a run keeps copies, as of modules.
    var policiesBeside: [(name: String, bytes: [UInt8])] = []
    /// Bytes that the script itself may still write into that folder.
    var savedBytesLeft = Int.max
    /// What `rledit.tensor` draws from.
    var tensorRandom: RandomStream
    /// What `math.random` draws from.
    var luaRandom: RandomStream

    public init(
        seed: Int, pool: WorkerPool, locations: DataLocations, fits: FitCache, arguments: [String: String] = [:],
        progress: @escaping (String) -> ProgressReporter = { ProgressReporter.standardError(label: $0, quiet: true) },
        isInterrupted: @escaping @Sendable () -> Bool = { false },
        engineVersion: String = ProductVersion.current.description
    ) {
        self.seed = seed
        self.pool = pool
        self.locations = locations
        self.fits = fits
        self.arguments = arguments
        self.progress = progress
        self.isInterrupted = isInterrupted
        self.engineVersion = engineVersion
        random = RandomStream(seed: UInt64(bitPattern: Int64(seed)))
        tensorRandom = random.split("tensor")
        luaRandom = random.split("lua")
    }

    /// Does what may be remembered: in process 0 first, then in the others, which find its result.
    func remembering<Result>(_ body: () throws -> Result) throws -> Result {
        guard let processes = pool.processes, processes.isTogether, fits.isEnabled else { return try body() }
        if !processes.isFirst { _ = try processes.first(0, for: .fit) }
        processes.isTogether = false
        defer { processes.isTogether = true }
        let result = try body()
        if processes.isFirst { _ = try processes.first(0, for: .fit) }
        return result
    }
}

/// What a session remembers of a task without keeping it alive: whether the script did anything with it.
final class MadeTask {
    /// As the script gave it.
    let name: String?
    /// Whether the task was run, played with, or returned.
    var isUsed = false

    init(name: String?) { self.name = name }
}
