package import LuaBridge
package import RLEditRuns
package import RLEditTensor
package import RLEditWorlds

/// What the command line asks of a run.
package struct RunOptions: Sendable {
    /// Seeds to run, each in a script state of its own.
    package var seeds: [Int] = [0]
    /// Pieces of work that may run at the same time; changes no result.
    package var workers: Int
    /// The processes that make this run together; nil for one.
    package var processes: ProcessGroup?
    /// The run folder; nil for a new one under `runs`.
    package var out: String?
    /// The first data root.
    package var data: String?
    /// `--set` pairs: `rledit.args` in the script.
    package var arguments: [String: String] = [:]
    /// What follows `--`: `...` in the script.
    package var scriptArguments: [String] = []
    /// Seconds for the whole run; nil for no limit.
    package var maxSeconds: Double?
    /// Whether remembered fits are used and written.
    package var usesCache = true
    /// Files outside the data roots that the script may read.
    package var allowedFiles: [String] = []
    package var savedEdit = SavedEdit.meanPolicy
    /// Whether the run folder and the report show some held-out examples.
    package var keepsExamples = true
    /// Whether the run leaves a file for TensorBoard.
    package var writesEvents = false
    package var isQuiet = false
    /// Whether warnings are errors.
    package var isStrict = false
    /// What becomes of candidates without a valid reward; nil leaves it to the task.
    package var invalidRewards: InvalidRewardRule?
    /// Most bytes of what enters the edited layers that are kept between evaluations.
    package var prefixLimit = Evaluator.defaultPrefixBytes
    /// Whether standard output is kept for the JSON line.
    package var json = false
    /// Whether the script runs without the sandbox.
    package var isTrusted = false
    /// Whether the script runs only where all walls of the process are up.
    package var requiresWalls = false
    package var limits = LuaLimits()
    /// Bytes that the run may write into its folder.
    package var folderBytes = RunLogs.defaultSizeLimit
    /// Seconds between checkpoints.
    package var checkpointSeconds = RunLogs.defaultCheckpointInterval

    /// The walls around the process; nil before they are raised and with `--trust`.
    package var walls: ProcessWalls?
    /// The folder that was made for the results before the walls were raised.
    package var reserved: ReservedFolder?

    package init(workers: Int) { self.workers = workers }

    /// Whether this process does as another does, and leaves nothing.
    package var isFollower: Bool { processes?.isFirst == false }

    package static var invalidRewardWords: [String] { InvalidRewardRule.allCases.map(\.rawValue) }

    /// Sets ``invalidRewards`` by a word.
    /// - Returns: false for a word that is none of ``invalidRewardWords``.
    package mutating func setInvalidRewards(_ word: String) -> Bool {
        invalidRewards = InvalidRewardRule(rawValue: word)
        return invalidRewards != nil
    }

    /// The walls around the script, as manifests name them; none with `--trust`.
    var wallNames: [String] { isTrusted ? [] : ["library", "limits"] + (walls?.names ?? []) }
}

/// How a run ended, for the exit code.
package enum RunEnd: Sendable, Equatable {
    case finished
    /// Ctrl-C: a checkpoint is there.
    case interrupted
    /// `--max-time` has passed: what was found is saved.
    case timeLimit
}
