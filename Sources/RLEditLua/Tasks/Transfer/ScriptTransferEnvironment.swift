internal import LuaBridge
internal import RLEditCore
internal import RLEditLearners
internal import RLEditNN
internal import RLEditRuns
internal import RLEditTensor
internal import RLEditWorlds

/// One environment over the training pairs of a task, for scripts that write their own loop: `reset` draws a pair and shows
/// the features of its units, `step` takes the factors of an edit, and the episode is over.
final class ScriptTransferEnvironment: LuaBound {
    static var luaName: String { "rledit.TransferEnvironment" }

    let name: String
    let actionSize: Int
    let observationSize: Int
    private let pairs: [EditPair]
    private let layers: [(outputs: Int, inputs: Int)]
    private let rank: Int
    private let judge: RewardJudge
    private let random: RandomStream
    /// Pairs drawn so far.
    private var draws = 0
    private var current: EditPair?
    private var edits: [LayerEdit]?
    private(set) var evaluations = 0

    /// - Throws: ``WorldError`` for pairs whose layers are of different sizes.
    init(
        name: String, pairs: [EditPair], rank: Int, judge: RewardJudge, random: RandomStream
    ) throws {
        self.name = name
        self.pairs = pairs
        self.rank = rank
        self.judge = judge
        self.random = random.split("environment")
        layers = (pairs.first?.frames ?? []).map { ($0.layer.rows, $0.inputs) }
        actionSize = pairs.first?.actionSize ?? 0
        observationSize = pairs.first.map { UnitPolicy.observation(of: $0.features).count } ?? 0
        for pair in pairs
        where !zip(pair.frames, layers).allSatisfy({ $0.layer.rows == $1.outputs && $0.inputs == $1.inputs }) {
            throw WorldError.invalidSetting(
                owner: "rledit.env", field: "distribution",
                message: "has networks whose layers are of different sizes ('\(pair.network)' is another one than "
                    + "'\(pairs[0].network)'): an action of an environment has one size")
        }
    }

    /// Draws a pair at random, independently of earlier draws; the same pair for the same seed.
    /// - Returns: the features of its units, `[observationSize]`.
    func reset(seed: Int?) throws -> (observation: Tensor, pair: EditPair) {
        let stream = seed.map { random.split("seed", $0) } ?? random.split("draw", draws)
        if seed == nil { draws += 1 }
        var drawn = stream
        let pair = pairs[drawn.index(below: pairs.count)]
        current = pair
        edits = nil
        return (Tensor(UnitPolicy.observation(of: pair.features)), pair)
    }

    /// Edits the pair's network by the factors of an action, clamped to [−1, 1].
    func step(_ action: Tensor) throws -> Reward {
        guard let pair = current else { throw LuaUsageError("'step' before 'reset': each pair is edited once") }
        guard action.count == actionSize else {
            throw WorldError.actionSize(expected: actionSize, actual: action.count)
        }
        let values = action.scalars
        if let place = values.firstIndex(where: { !$0.isFinite }) { throw WorldError.actionNotFinite(index: place) }
        let factors = values.map { min(max($0, -1), 1) }.withUnsafeBufferPointer {
            UnitPolicy.factors($0, layers: layers, rank: rank)
        }
        let made = try pair.edits(factors)
        let judged = try pair.judge([made], by: judge, episode: evaluations + 1)[0]
        evaluations += 1
        edits = made
        current = nil
        last = pair
        return judged
    }

    private var last: EditPair?

    /// The network that the last step edited; nil before the first and after a reset.
    func editedNetwork() throws -> Network? {
        guard let edits, let last else { return nil }
        return try last.evaluator.editedNetwork(edits)
    }
}
