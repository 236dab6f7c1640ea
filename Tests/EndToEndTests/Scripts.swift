/// Scripts that tests run: points on a ring in three classes and a small network, so that a run takes milliseconds.
enum Scripts {
    /// Sets `forget`, `retain`, `test_forget`, `test_retain` and a fitted `model`; ten lines.
    static let setting = """
        local rledit = require "rledit"
        local points, labels = {}, {}
        for i = 1, 160 do
          local angle = 2.1 * (i % 3) + 1.2 * (math.random() - 0.5)
          points[i], labels[i] = { math.cos(angle), math.sin(angle) }, i % 3
        end
        local train, test = rledit.data.set { inputs = points, labels = labels, name = "points" }:split(0.75)
        local model = rledit.models.mlp { widths = { 2, 8, 3 } }:fit(train, { epochs = 20, batch_size = 16, learning_rate = 0.02 })
        local forget, retain = train:partition(function(label) return label == 1 end)
        local test_forget, test_retain = test:partition(function(label) return label == 1 end)

        """

    /// A task after the setting; `line 11` begins it.
    /// - Parameters:
    ///   - reward: the body of the reward.
    ///   - more: further fields.
    static func task(
        world: String = #"rledit.MaskWorld { layer = "fc2" }"#,
        reward: String = "return m.retain.accuracy - m.forget.accuracy",
        steps: Int = 256, heldOut: Bool = true, more: String = ""
    ) -> String {
        setting + """
            return rledit.task {
              model = model, world = \(world),
              sets = { forget = forget, retain = retain },
              \(heldOut ? "heldout = { forget = test_forget, retain = test_retain }," : "")
              reward = function(m) \(reward) end,
              learner = rledit.PPO { steps = \(steps), rollout_length = 64 },
              \(more)
            }

            """
    }

    /// A task whose learner and state take part in checkpoints: several steps an episode, state of the script's, draws.
    static func stateful(steps: Int) -> String {
        task(
            world: #"rledit.ShiftWorld { layers = { "fc1", "fc2" }, horizon = 2 }"#,
            reward: """
                local noise = 0.001 * math.random()
                calls.count = calls.count + 1
                return m.retain.accuracy - m.forget.accuracy + noise, { loss = m.forget.loss, calls = calls.count }
                """,
            steps: steps, more: "state = calls,"
        ).replacing("return rledit.task", with: "local calls = { count = 0 }\nreturn rledit.task")
    }
}
