import LuaBridge
import RLEditCore
import RLEditLua
import RLEditRuns
import RLEditWorlds
import Testing

@Suite struct ScriptTaskTests {
    @Test("a script's task runs to its budget, and the best candidate's reward is known")
    func run() throws {
        try TaskScript.run("return task { name = 'toy', target = 0 }") { session, task in
            #expect(task.name == "toy")
            #expect(task.worldName == "MaskWorld" && task.learnerName == "RandomSearch")
            let loop = try TaskScript.loop(session, task)
            #expect(loop.evaluations == 8)
            #expect(loop.best.map { $0.reward.value > 0 } == true)
            #expect(loop.evaluationsToTarget == 1)
        }
    }

    @Test("a task without a name is called like its file")
    func name() throws {
        try TaskScript.run("return task {}") { _, task in #expect(task.name == "toy") }
    }

    @Test("a script may return nothing; anything but a task is refused")
    func results() throws {
        let outcome = try TaskScript.run("print 'done'")
        #expect(outcome.printed == "done\n")
        #expect(
            TaskScript.message("return { name = 'x' }")
                == "examples/toy.lua: the script returned a plain table: return rledit.task { … } instead")
        #expect(
            TaskScript.message("return 7")
                == "examples/toy.lua: the script must return a task of rledit.task, or nothing, got number")
    }

    @Test(
        "a wrong field of a task is named at its line",
        arguments: [
            ("return rledit.task { world = world }", "missing field 'model' in rledit.task (rledit.Model expected)"),
            (
                "return rledit.task(fields { lerner = 1 })",
                "unknown field 'lerner' in rledit.task (did you mean 'learner'?); fields: name, model, world, sets, "
                    + "reward, observation, metrics, on_invalid_reward, heldout, measures, baselines, learner, "
                    + "target, stop_at_target, state, on_update, on_episode, on_best, on_end"
            ),
            (
                "return rledit.task(fields { model = 3 })",
                "bad field 'model' in rledit.task (rledit.Model expected, got number)"
            ),
            ("return rledit.task(fields { sets = {} })", "bad field 'sets' in rledit.task (holds no set)"),
            (
                "return rledit.task(fields { sets = { base = sets.forget } })",
                "bad field 'sets' in rledit.task ('base' cannot name a set: the metrics have a field of that name)"
            ),
            (
                "return rledit.task(fields { sets = { forget = 3 } })",
                "bad field 'forget' in rledit.task.sets (rledit.Set expected, got number)"
            ),
            (
                "return rledit.task(fields { observation = 'row' })",
                "bad field 'observation' in rledit.task (one of 'standardized', 'raw', 'statistics' expected, got 'row' "
                    + "(did you mean 'raw'?))"
            ),
            (
                "return rledit.task(fields { world = rledit.MaskWorld { layer = 'fc3' } })",
                "unknown layer 'fc3' (did you mean 'fc1'?); layers that can be edited: fc1, fc2"
            ),
            (
                "return rledit.task(fields { world = rledit.MaskWorld { layer = 'fc1', rank = 3 } })",
                "rank 3 does not fit layer 'fc1' of 4×2: expected 1 to 2"
            ),
            ("return rledit.MaskWorld {}", "missing field 'layer' in rledit.MaskWorld (name of a layer expected)"),
            (
                "return rledit.ShiftWorld { layer = 'fc1', unit = 'rsm' }",
                "bad field 'unit' in rledit.ShiftWorld (one of 'rms', 'relative', 'absolute' expected, got 'rsm' "
                    + "(did you mean 'rms'?))"
            ),
            (
                "return rledit.PPO { learning_rat = 1 }",
                "unknown field 'learning_rat' in rledit.PPO (did you mean 'learning_rate'?); fields: learning_rate, "
                    + "steps, rollout_length, minibatch_size, epochs, discount, gae_lambda, bootstrap_truncated, "
                    + "clip_range, value_clip_range, entropy_coefficient, value_coefficient, max_gradient_norm, "
                    + "target_kl, normalize_advantage, normalize_observation, observation_clip, hidden_sizes, "
                    + "value_hidden_sizes, orthogonal_initialization and 4 more"
            ),
            (
                "return rledit.PPO { minibatch_size = 0, rollout_length = 256 }",
                "bad field 'minibatch_size' in rledit.PPO (must be from 1 to rollout_length (256), got 0)"
            ),
            (
                "return rledit.PPO { steps = 3.5 }",
                "bad field 'steps' in rledit.PPO (number has no integer representation)"
            ),
            ("return rledit.require_version '9.0'", "this script needs rledit 9.0, and this is 0.1.0"),
            (
                "return rledit.MaskWord",
                "module 'rledit' has no 'MaskWord' (did you mean 'MaskWorld'?); it has: MaskWorld, version, seed, "
            ),
        ])
    func errors(_ text: String, _ message: String) {
        let expected = "examples/toy.lua:2: " + message
        let raised = TaskScript.message(text)
        // A list of the module's names ends where it ends.
        #expect(message.hasSuffix(", ") ? raised.hasPrefix(expected) : raised == expected)
    }

    @Test("a run does not see what the script does to its model and sets after the task was made")
    func snapshot() throws {
        let text = """
            local made = task { reward = function(m) return m.base.retain.loss end }
            local expected = rledit.run.task(made).best.reward
            model:set_parameter("fc2.bias", { 50, 0, 0 })
            sets.retain = sets.forget
            print(rledit.run.task(made).best.reward == expected)
            """
        #expect(try TaskScript.printed(text) == "true")
    }

    @Test("the resolved configuration holds every setting, defaults included, in a fixed order")
    func configuration() throws {
        let text = "return task { learner = rledit.PPO { clip_range = rledit.schedule.linear(0.2, 0.1) } }"
        try TaskScript.run(text) { _, task in
            #expect(
                task.configuration.keys == [
                    "world", "learner", "observation", "sets", "heldout", "metrics", "on_invalid_reward", "target",
                ])
            let learner = try #require(task.configuration["learner"]?.object)
            #expect(learner["clip_range"] == .string("linear(0.2, 0.1)"))
            #expect(learner["name"] == .string("PPO") && learner["gae_lambda"]?.double != nil)
            #expect(task.configuration["sets"] == ["forget": 9, "retain": 12])
            #expect(task.configuration["world"]?["layers"] == .array(["fc1"]))
        }
    }

    @Test("--set values reach rledit.args as numbers, booleans or text; unread ones are an error")
    func arguments() throws {
        let outcome = try TaskScript.run(
            "local a = rledit.args print(a.digit, math.type(a.digit), a.rate, a.on, a.name, a.missing)",
            arguments: ["digit": "7", "rate": "1e-3", "on": "true", "name": "x"])
        #expect(outcome.printed == "7\tinteger\t0.001\ttrue\tx\tnil\n")
        #expect(
            TaskScript.message("return rledit.args.digit and nil", arguments: ["digt": "7"])
                == "examples/toy.lua: --set digt=7: the script never reads rledit.args.digt (did you mean 'digit'?)")
    }
}
