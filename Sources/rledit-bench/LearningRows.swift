internal import LuaBridge
internal import RLEditData
internal import RLEditLearners
internal import RLEditLua
internal import RLEditRuns
internal import RLEditTensor
internal import RLEditWorlds

/// Learning steps a second, with rewards in Swift and in Lua.
struct LearningRows {
    let task: ReferenceTask
    let rounds: Int
    static let steps = 2048

    func rows() throws -> [Row] {
        var rows: [Row] = []
        for (name, world) in [
            ("mask", ReferenceTask.mask(rank: 1) as any EditWorld), ("shift", ReferenceTask.shift(rank: 1)),
        ] {
            for workers in [1, 2] {
                let pool = WorkerPool(workers: workers)
                let (learning, adam) = try LearningRows.rate(task.problem(world), pool: pool, rounds: 3 * rounds)
                rows.append(
                    Row(
                        group: "learning", what: "PPO, \(name), \(workers) worker\(workers > 1 ? "s" : "")",
                        figure: learning, unit: "steps/s", ceiling: adam, ceilingName: "stream of Adam's state"))
            }
        }
        return rows + (try scriptRows())
    }

    /// Steps a second of a whole loop, and those that the memory of Adam's state would allow.
    private static func rate(
        _ problem: EditProblem, pool: WorkerPool, rounds: Int
    ) throws -> (learning: Double, adam: Double) {
        var best = (learning: Double.infinity, adam: Double.infinity)
        for _ in 0..<rounds {
            best.learning = min(best.learning, try runSeconds(problem, steps: steps, pool: pool))
            best.adam = min(best.adam, streamAdamState(pool: pool))
        }
        return (Double(steps) / best.learning, Double(steps) / best.adam)
    }

    static func runSeconds(_ problem: EditProblem, steps: Int, pool: WorkerPool) throws -> Double {
        let task = EditTask(
            name: "bench", problem: problem, heldOut: [], learner: ReferenceTask.learner(steps: steps))
        let loop = try EditLoop(task, seed: 0, pool: pool)
        return try seconds { _ = try loop.run() }
    }

    /// Copies the weights and moments of both first layers once for each minibatch of `steps` steps.
    private static func streamAdamState(pool: WorkerPool) -> Double {
        let floats = 2 * 3 * 4096 * 64
        let minibatches = steps / 256 * 10 * (256 / 64)
        let state = StateCopy(count: floats)
        return seconds {
            for _ in 0..<minibatches {
                pool.forEach(24) { piece, _ in state.copy(piece, of: 24) }
            }
        }
    }

    // MARK: - Lua

    static let script = """
        local rledit = require "rledit"
        local digits = rledit.data.digits()
        local forget, retain = digits.train:partition(function(label) return label == 7 end)
        return rledit.task {
          name = "bench",
          model = rledit.models.digit_cnn { seed = 0 },
          world = rledit.MaskWorld { layer = "fc2", rank = 1 },
          sets = { forget = forget:take(500), retain = retain:take(2000) },
          reward = function(m)
            local keep, drop = m.retain.accuracy, 1 - m.forget.accuracy
            return keep + drop, { keep = keep, drop = drop }
          end,
          learner = rledit.PPO { steps = 8192 },
        }
        """

    private func scriptRows() throws -> [Row] {
        let pool = WorkerPool(workers: 1)
        let context = ScriptContext(
            seed: 0, pool: pool, locations: DataLocations(), fits: FitCache(folder: ".", isEnabled: false))
        let session = try ScriptSession(context: context)
        defer { session.close() }
        guard
            let scripted = try session.run(Array(LearningRows.script.utf8), path: "bench.lua")?
                .editingOneNetwork(script: "bench.lua")
        else { return [] }
        let problem = try scripted.makeEditTask().problem
        var inSwift = problem
        // Sets of a script are in the order of their names: forget, then retain.
        inSwift.reward = ReferenceTask.accuracyReward()
        let timing = try PairedTiming(
            rounds: 5 * rounds,
            { _ = try LearningRows.runSeconds(problem, steps: LearningRows.steps, pool: pool) },
            { _ = try LearningRows.runSeconds(inSwift, steps: LearningRows.steps, pool: pool) })
        let calls = 200_000
        guard case .function(let function)? = try session.host.run("return function(x) return x end").first else {
            return []
        }
        var best = Double.infinity
        for _ in 0..<rounds {
            best = min(best, try seconds { for _ in 0..<calls { _ = try function.callNumber(1.0) } })
        }
        return [
            Row(
                group: "Lua", what: "learning with a reward in Lua against Swift, processor time",
                figure: (timing.medianRatio - 1) * 100, unit: "% slower", target: .atMost(3)),
            Row(group: "Lua", what: "call of a function", figure: best / Double(calls) * 1e6, unit: "µs"),
        ]
    }
}

/// Two buffers, one copied to the other in pieces that do not meet.
private final class StateCopy: @unchecked Sendable {
    private let source: UnsafeMutablePointer<Float>
    private let target: UnsafeMutablePointer<Float>
    private let count: Int

    init(count: Int) {
        self.count = count
        source = .allocate(capacity: count)
        target = .allocate(capacity: count)
        source.initialize(repeating: 1, count: count)
        target.initialize(repeating: 0, count: count)
    }

    deinit {
        source.deallocate()
        target.deallocate()
    }

    func copy(_ piece: Int, of pieces: Int) {
        let size = count / pieces
        (target + piece * size).update(from: source + piece * size, count: size)
    }
}
