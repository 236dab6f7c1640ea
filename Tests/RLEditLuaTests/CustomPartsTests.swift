import LuaBridge
import RLEditLua
import RLEditRuns
import Testing

@Suite struct CustomPartsTests {
    @Test("a table with action_size and apply is a world, with one layer or several")
    func worlds() throws {
        let text = """
            local one = {
              layer = "fc1", name = "Scale", action_size = 1,
              apply = function(weights, action) return weights * (1 + action[1]) end,
            }
            local env = rledit.env { model = model, sets = sets, world = one, reward = function(m) return m.edit.relative_norm end }
            env:reset()
            print(string.format("%.4f", select(2, env:step { 0.5 })), env:edited_model():parameter("fc1.weight"):is_close(model:parameter("fc1.weight") * 1.5))
            local two = { layers = { "fc1", "fc2" }, horizon = 2 }
            function two:action_size(weights) return weights.fc1.count end
            function two:apply(weights, action)
              return { fc1 = weights.fc1 + action:reshape(weights.fc1.shape), fc2 = weights.fc2 }
            end
            print(rledit.env { model = model, sets = sets, world = two, reward = function(m) return 0 end })
            """
        #expect(
            try TaskScript.printed(text) == """
                0.5000\ttrue
                environment 'environment': action size 8, observation size 20, horizon 2
                """)
    }

    @Test(
        "a custom world or learner that breaks its contract gets an error",
        arguments: [
            ("world = { layer = 'fc1' }", "a world that is a table needs a function 'apply(weights, action)'"),
            (
                "world = { layer = 'fc1', apply = print }",
                "a world that is a table needs 'action_size', an integer or a function of the weights, got nil"
            ),
            (
                "world = { layer = 'fc1', action_size = 1, apply = function() return 3 end }",
                "'apply' of the world 'custom world': tensor expected for layer 'fc1', got number"
            ),
            (
                "world = { layer = 'fc1', action_size = 1, apply = function(w) return w:reshape { 8 } end }",
                "'apply' of the world 'custom world': weights of shape [4, 2] expected for layer 'fc1', got [8]"
            ),
            ("learner = { ask = print }", "a learner that is a table needs a function 'tell(actions, rewards)'"),
            ("learner = { ask = print, tell = print }", "a learner that is a table needs 'steps'"),
            (
                "learner = { steps = 2, ask = function() return {} end, tell = print }",
                "'ask' of the learner 'custom learner': 1 action expected (the batch size), got 0"
            ),
        ])
    func faults(_ field: String, _ message: String) {
        let found = TaskScript.message("return rledit.task(fields { \(field) })")
        #expect(found.contains(message), "\(found)")
        #expect(found.contains("examples/toy.lua:2"), "\(found)")
    }

    @Test("a table with ask and tell is a learner")
    func learner() throws {
        let text = """
            local Climber = { steps = 12, batch_size = 3, name = "Climber" }
            Climber.__index = Climber
            function Climber:begin(problem) self.size, self.best = problem.action_size, -math.huge end
            function Climber:ask()
              local actions = {}
              for i = 1, self.batch_size do
                actions[i] = {}
                for j = 1, self.size do actions[i][j] = math.random() end
              end
              return actions
            end
            function Climber:tell(actions, rewards)
              for i, reward in ipairs(rewards) do
                if reward > self.best then self.best, self.action = reward, actions[i] end
              end
              return { best = self.best }
            end
            function Climber:mean_action() return self.action end
            local updates = {}
            local result = rledit.run.task(task {
              learner = setmetatable({}, Climber), heldout = { test = sets.retain },
              on_update = function(u) updates[#updates + 1] = u.learner.best end,
            })
            print(#updates, updates[4] == result.best.reward, result.evaluations, result.model ~= nil)
            print(result.heldout.test.mean_policy.accuracy == result.best.reward, result.heldout.test.before.loss > 0)
            """
        #expect(try TaskScript.printed(text) == "4\ttrue\t12\ttrue\ntrue\ttrue")
    }

    @Test("callbacks get plain tables, and returning false stops the run cleanly")
    func callbacks() throws {
        let text = """
            return task {
              learner = rledit.RandomSearch { steps = 40, batch_size = 4 },
              on_update = function(u)
                assert(u.evaluations == 4 * u.update and u.reward.max >= u.reward.median and u.best_reward >= u.reward.max)
                return u.update < 3
              end,
              on_best = function(b) assert(b.reward and b.evaluation >= 1) end,
              on_end = function(e) print(e.reason, e.evaluations, e.best_evaluation <= 12) end,
            }
            """
        #expect(try TaskScript.printed(text) == "callback\t12\ttrue")
    }

    @Test("stop_at_target ends the run with the update that reached it, and needs a target")
    func stopAtTarget() throws {
        let text = """
            return task {
              reward = function(m) return m.episode >= 6 and 2 or m.episode / 10 end,
              target = 2, stop_at_target = true,
              learner = rledit.RandomSearch { steps = 40, batch_size = 4 },
              on_end = function(e) print(e.reason, e.evaluations, e.evaluations_to_target) end,
            }
            """
        #expect(try TaskScript.printed(text) == "target\t8\t6")
        let whole = text.replacing(", stop_at_target = true", with: "")
        #expect(try TaskScript.printed(whole) == "finished\t40\t6")
        #expect {
            _ = try TaskScript.printed("return task { stop_at_target = true }")
        } throws: { "\($0)".contains("bad field 'stop_at_target' in rledit.task (needs a 'target' to stop at)") }
    }

    @Test("task.state, a learner's save() and math.random survive a checkpoint; equal state has equal bytes")
    func state() throws {
        let text = """
            local learner = { steps = 1, count = 0, ask = function() return { {0, 0, 0, 0, 0, 0} } end, tell = function() end }
            function learner:save() return { count = self.count, mean = rledit.tensor.ones(2) } end
            function learner:load(t) self.count, self.mean = t.count, t.mean end
            local state = { seen = { 1, 2.5, "x" }, on = true }
            function change() learner.count, state.seen, state.extra = 5, {}, 1 math.random() end
            function show() print(learner.count, state.seen[2], state.seen[3], state.on, state.extra, math.random()) end
            return task { state = state, learner = learner }
            """
        try TaskScript.run(text) { session, task in
            let run = try task.makeEditTask()
            defer { withExtendedLifetime(run) {} }
            let host = session.host
            func call(_ name: String) throws {
                guard case .function(let function) = try host.global(name) else { throw LuaUsageError("no \(name)") }
                try function.call()
            }
            let saved = try task.scriptState()
            #expect(try task.scriptState() == saved)
            try call("change")
            #expect(try task.scriptState() != saved)
            try task.restoreScriptState(saved)
            #expect(try task.scriptState() == saved)
            #expect(throws: (any Error).self) { try task.restoreScriptState(Array(saved.dropLast(3))) }
        }
    }

    @Test("state that a checkpoint cannot hold is named by its path")
    func unsavable() throws {
        try TaskScript.run("return task { state = { a = { print } } }") { _, task in
            #expect(throws: (any Error).self) { try task.scriptState() }
            do { _ = try task.scriptState() } catch {
                #expect("\(error)" == "task.state.a[1]: a function cannot be saved")
            }
        }
    }
}
