import LuaBridge
import RLEditLua
import Testing

@Suite struct ScriptEnvironmentTests {
    /// An environment of two steps whose reward is the retain loss.
    private let setUp = """
        local env = rledit.env(fields {
          world = rledit.MaskWorld { layer = "fc1", horizon = 2 },
          reward = function(m) return -m.retain.loss, { step = m.step } end, learner = nil,
        })
        local half = {} for i = 1, env.action_size do half[i] = 0.5 end

        """

    /// `fields` names a learner, which an environment does not have.
    private func script(_ text: String) -> String {
        "local function fields(t) t.model, t.sets = model, sets return t end\n" + setUp + text
    }

    @Test("an episode goes as Gymnasium's do: reset, step, truncation at the horizon, reset")
    func episode() throws {
        let text = script(
            """
            local shown, info = env:reset(3)
            print(shown.shape[1] == env.observation_size, type(info), env.horizon, env.action_size)
            local first, reward, terminated, truncated, info = env:step(half)
            print(reward < 0, terminated, truncated, info.episode, info.step, info.terms.step, info.metrics.retain.loss == -reward)
            local last, _, _, truncated = env:step(rledit.tensor.zeros(env.action_size))
            print(truncated, last:equal(shown), pcall(env.step, env, half))
            print(env:reset():equal(shown), select(5, env:step(half)).episode, env.evaluations)
            """)
        let printed = try TaskScript.printed(text)
        #expect(
            printed == """
                true\ttable\t2\t6
                true\tfalse\tfalse\t1\t1\t1.0\ttrue
                true\tfalse\tfalse\texamples/toy.lua:13: the episode has ended: call 'reset' before the next 'step'
                true\t2\t3
                """)
    }

    @Test("evaluating a batch judges from the unedited weights and leaves the episode alone")
    func evaluation() throws {
        let text = script(
            """
            env:reset()
            local ones = {} for i = 1, env.action_size do ones[i] = 1 end
            local before = env:edited_model():parameter("fc1.weight")
            local results = env:evaluate { half, ones }
            print(#results, results[1].reward ~= results[2].reward, results[2].metrics.retain.loss == -results[2].reward)
            print(env:edited_model():parameter("fc1.weight"):equal(before), before:equal(model:parameter("fc1.weight")))
            local _, reward = env:step(half)
            print(reward == results[1].reward, env:edited_model():parameter("fc1.weight"):equal(before))
            local best = env:best()
            print(best.reward == math.max(results[1].reward, results[2].reward), best.evaluation <= 2, best.terms.step)
            print(#env:evaluate {}, #env:evaluate(rledit.tensor.zeros { 3, env.action_size }))
            """)
        let printed = try TaskScript.printed(text)
        #expect(printed == "2\ttrue\ttrue\ntrue\ttrue\ntrue\tfalse\ntrue\ttrue\t1.0\n0\t3")
    }

    @Test(
        "wrong use of an environment is an error at its line",
        arguments: [
            ("env:step(half)", "'step' before the first 'reset'"),
            ("env:reset() env:step { 1 }", "bad argument #1 to 'step' (action of 6 numbers expected, got 1)"),
            ("env:evaluate { { 1 } }", "bad argument #1 to 'evaluate' (action 1: action of 6 numbers expected, got 1)"),
            (
                "env:reset() env:step(7)",
                "bad argument #1 to 'step' (action expected (a tensor or a table of numbers), got number)"
            ),
            ("env.progress = 2", "progress must be in 0 … 1, got 2.0"),
            (
                "env:evaluat()",
                "rledit.Environment has no field 'evaluat' (did you mean 'evaluate'?); fields and "
                    + "methods: action_size, observation_size, horizon, evaluations, progress, reset, step, "
                    + "evaluate, edited_model, best"
            ),
        ])
    func errors(_ text: String, _ message: String) {
        #expect(TaskScript.message(script(text)) == "examples/toy.lua:8: " + message)
    }

    @Test("a reward that steps the environment which asks it is refused")
    func reentry() throws {
        let text = """
            local env
            env = rledit.env { model = model, sets = sets, world = world, reward = function() env:reset() return 1 end }
            env:reset()
            env:evaluate { rledit.tensor.zeros(env.action_size) }
            """
        #expect(TaskScript.message(text).contains("rledit.Environment is in use by its method 'evaluate'"))
        let calls = "env:reset()\nenv:evaluate { rledit.tensor.zeros(env.action_size) }"
        let checked = text.replacing(calls, with: "print(rledit.check_environment(env)[1].message)")
        #expect(
            try TaskScript.printed(checked).contains("rledit.Environment is in use by 'rledit.check_environment'"))
    }

    @Test("the checker finds nothing wrong with a good task and says what is suspicious in another")
    func checker() throws {
        let text = """
            print(#rledit.check_environment(task {}))
            local found = rledit.check_environment(task { reward = function() return 1 end })
            print(#found, found[1].severity)
            """
        let printed = try TaskScript.printed(text).split(separator: "\n")
        #expect(printed.first == "0")
        #expect(printed.last == "1\twarning")
    }
}
