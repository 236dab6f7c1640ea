internal import LuaBridge
internal import RLEditData
internal import RLEditLua
internal import RLEditRuns
internal import RLEditTensor

/// What the sandbox costs: loops of nothing but Lua under its limits against `--trust`, and a reward's share of a run.
struct SandboxRows {
    let rounds: Int

    /// Loops of nothing but Lua, of about 0.05 s.
    private static let loops = [
        ("arithmetic", "local s = 0.0 for i = 1, 8e6 do s = s + i * 0.5 end return s"),
        (
            "a table's numbers",
            "local t = {} for i = 1, 1000 do t[i] = i end local s = 0 for _ = 1, 4000 do for i = 1, 1000 do s = s + t[i] end end return s"
        ),
        ("calls", "local function f(x) return x + 1 end local s = 0 for _ = 1, 2e6 do s = f(s) end return s"),
        (
            "closures and fields",
            "local s = 0 for i = 1, 4e5 do local o = { x = i, get = function(self) return self.x end } s = s + o:get() end return s"
        ),
        (
            "strings",
            "local s = 0 for i = 1, 1e5 do s = s + #(('%d:%s'):format(i, 'x')):gsub('x', 'yy'):upper() end return s"
        ),
        (
            "sums over pairs",
            "local t = { a = 1, b = 2, c = 3, d = 4 } local s = 0 for _ = 1, 1e5 do for _, v in pairs(t) do s = s + v end end return s"
        ),
    ]

    func rows() throws -> [Row] { try loopRows() + rewardRows() }

    private func loopRows() throws -> [Row] {
        let (sandboxed, trusted) = (try LuaHost(), try LuaHost(mode: .trusted))
        defer {
            sandboxed.close()
            trusted.close()
        }
        func function(_ text: String, in host: LuaHost) throws -> LuaFunction {
            guard case .function(let function)? = try host.run("return function() \(text) end").first else {
                throw ProcessFailure(description: "no function")
            }
            return function
        }
        return try SandboxRows.loops.map { name, text in
            let (held, free) = (try function(text, in: sandboxed), try function(text, in: trusted))
            let timing = try PairedTiming(rounds: 4 * rounds, { try held.call() }, { try free.call() })
            return Row(
                group: "sandbox", what: "pure Lua, \(name), against --trust, processor time",
                figure: timing.medianRatio, unit: "×", target: .atMost(2.5))
        }
    }

    private func rewardRows() throws -> [Row] {
        let pool = WorkerPool(workers: 1)
        func session(_ mode: LuaHost.Mode) throws -> ScriptSession {
            let context = ScriptContext(
                seed: 0, pool: pool, locations: DataLocations(), fits: FitCache(folder: ".", isEnabled: false))
            return try ScriptSession(context: context, mode: mode)
        }
        let (held, free) = (try session(.sandboxed), try session(.trusted))
        defer {
            held.close()
            free.close()
        }
        let source = Array(LearningRows.script.utf8)
        guard let first = try held.run(source, path: "bench.lua")?.editingOneNetwork(script: "bench.lua"),
            let second = try free.run(source, path: "bench.lua")?.editingOneNetwork(script: "bench.lua")
        else { return [] }
        let (problem, other) = (try first.makeEditTask().problem, try second.makeEditTask().problem)
        var (whole, lua) = (0.0, 0.0)
        let timing = try PairedTiming(
            rounds: 5 * rounds,
            {
                let before = held.host.callbackSeconds
                whole += try LearningRows.runSeconds(problem, steps: LearningRows.steps, pool: pool)
                lua += held.host.callbackSeconds - before
            }, { _ = try LearningRows.runSeconds(other, steps: LearningRows.steps, pool: pool) })
        return [
            Row(
                group: "sandbox", what: "learning with a reward in Lua, against --trust, processor time",
                figure: (timing.medianRatio - 1) * 100, unit: "% slower", target: .atMost(3)),
            Row(
                group: "sandbox", what: "the reward's share of that run", figure: lua / whole * 100, unit: "%",
                target: .atMost(3)),
        ]
    }
}
