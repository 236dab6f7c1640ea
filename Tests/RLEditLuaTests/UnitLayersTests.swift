import Testing

/// Policies over units of convolutions, inside residual blocks and over tokens, from Lua.
@Suite struct UnitLayersTests {
    /// Pictures of bright quarters and small networks with a residual block on them.
    private static let setUp = """
        local rledit = require "rledit"
        local nn = rledit.nn
        local inputs, labels = {}, {}
        for i = 1, 200 do
          local label = i % 4
          local row = {}
          for y = 0, 5 do for x = 0, 5 do
            row[#row + 1] = 0.4 * math.random() + ((y // 3) * 2 + x // 3 == label and 0.8 or 0)
          end end
          inputs[i], labels[i] = row, label
        end
        local tensor = rledit.tensor.new(inputs):reshape { 200, 1, 6, 6 }
        local set = rledit.data.set { inputs = tensor, labels = labels, name = "quarters" }
        local function network(seed)
          local g = nn.graph { name = "residual", seed = seed }
          local x = g:input("image", { 1, 6, 6 })
          x = g:conv2d(x, { outputs = 6, kernel = 3, padding = 1, bias = false, name = "conv1" })
          x = g:relu(g:batch_norm(x))
          local y = g:batch_norm(g:conv2d(x, { outputs = 6, kernel = 3, padding = 1, bias = false, name = "conv2" }))
          x = g:relu(g:add(y, x))
          x = g:relu(g:conv2d(x, { outputs = 8, kernel = 3, stride = 3, name = "conv3" }))
          local model = g:network { scores = g:linear(g:flatten(x), { outputs = 4, name = "fc" }) }
          return model:fit(set, { epochs = 10, batch_size = 16, learning_rate = 0.01, seed = seed, remember = false })
        end
        local function sets(_, class)
          local forget, retain = set:partition(function(label) return label == class end)
          return { forget = forget, retain = retain }
        end
        local function reward(m)
          return m.retain.accuracy + m.retain.true_probability - m.forget.accuracy - m.forget.true_probability
        end

        """

    @Test("an edit of a convolution moves its weights and the bias of the batch norm that reads it, and nothing else")
    func convolutions() throws {
        let text = try ModuleScript.printed(
            Self.setUp + """
                local policy, info = rledit.train_policy(rledit.task {
                  distribution = rledit.TaskDistribution {
                    networks = { training = { network(1) }, validation = { network(4) } },
                    classes = { 0, 1 }, sets = sets },
                  world = rledit.ShiftWorld { layer = "conv2" }, reward = reward, pairs_per_step = 2,
                  learner = rledit.EvolutionStrategy { steps = 64, population_size = 16 },
                }, { seeds = 2 })
                print(policy.policies, info.evaluations, #info.validation_rewards, info.average_reward ~= nil)
                print(info.summary)
                local model, own = network(3), sets(nil, 3)
                local edited, applied = rledit.apply { policy = policy, model = model, sets = own }
                local changed = {}
                for _, name in ipairs(model:parameter_names()) do
                  if edited:parameter(name):eq(model:parameter(name)):min() ~= 1 then changed[#changed + 1] = name end
                end
                print(#changed, changed[1], changed[2]:find "bias$" ~= nil, applied.distance ~= nil, #applied.advice)
                """)
        let lines = text.split(separator: "\n")
        #expect(lines.first == "2\t256\t2\ttrue", "\(text)")
        #expect(text.contains("\nvalidation reward by seed: ") && text.contains("; of the mean of their edits "))
        #expect(lines.last == "2\tconv2.weight\ttrue\ttrue\t2", "\(text)")
    }

    @Test("layers of other names, drawn images and their mistakes")
    func drawnAndMixed() throws {
        let text = try ModuleScript.printed(
            Self.setUp + """
                local function perceptron(seed)
                  local model = nn.sequential { input = { 1, 6, 6 }, seed = seed, { "flat", nn.flatten() },
                    { "a", nn.linear(36, 12) }, { "r", nn.relu() }, { "b", nn.linear(12, 8) }, { "s", nn.relu() },
                    { "c", nn.linear(8, 4) } }
                  return model:fit(set,
                { epochs = 10, batch_size = 16, learning_rate = 0.01, seed = seed, remember = false })
                end
                local nets = { network(1), perceptron(2) }
                local function layers(model) return model.name == "residual" and "fc" or { "b" } end
                local function task(options)
                  options.distribution = rledit.TaskDistribution {
                    networks = nets, classes = { 0, 1 }, sets = sets, layers = options.layers }
                  options.layers = nil
                  options.world, options.reward = rledit.ShiftWorld { layer = "fc" }, reward
                  return rledit.task(options)
                end
                print(task { layers = layers, draw_images = { 5, 30 } })
                local policy = rledit.train_policy(task {
                  layers = layers, draw_images = { 5, 30 }, pairs_per_step = 2,
                  learner = rledit.EvolutionStrategy { steps = 64, population_size = 16 } }, { seeds = 1 })
                print(policy, policy.policies)
                for _, options in ipairs {
                  { layers = function() return "b" end }, { layers = function() return { "fc", "conv3" } end },
                  { layers = function() return nil end }, { draw_images = { 5 } }, { draw_images = { 5, 50 } },
                  { draw_images = { 5, 30 }, policy = rledit.UnitPolicy { custom_features = print } },
                } do print((select(2, pcall(task, options)))) end
                print(select(2, pcall(rledit.train_policy, task { layers = layers }, { seeds = 0 })))
                """)
        for message in [
            "task 'transfer': a policy in ShiftWorld",
            "policy: ShiftWorld on fc, rank 1, 11 features, ",
            "network 'training 1', class '0': unknown layer 'b'",
            "rledit.TaskDistribution.layers gave 2 layers, and the world has 1",
            "rledit.TaskDistribution.layers must return a name or a list of names",
            "two whole numbers expected, the least and the most images of an episode",
            "set 'forget': holds 50 examples: drawing up to 50 to look at takes 50 of them, and the reward needs",
            "needs a policy without custom_features: they see all images at once",
            "bad field 'seeds' in rledit.train_policy (must be from 1 to 100, got 0)",
        ] { #expect(text.contains(message), "\(message) in \(text)") }
    }

    @Test("a policy edits a linear layer over tokens, padding left out")
    func tokens() throws {
        let text = try ModuleScript.printed(
            """
            local rledit = require "rledit"
            local nn = rledit.nn
            local rows, labels = {}, {}
            for i = 1, 160 do
              local label, row = i % 4, {}
              for place = 1, 6 do
                row[place] = place > 3 + i % 3 and -1
                  or math.random() < 0.7 and 3 * label + math.random(0, 2) or math.random(0, 11)
              end
              rows[i], labels[i] = row, label
            end
            local set = rledit.data.set { inputs = rows, labels = labels, name = "texts" }
            local function network(seed)
              local g = nn.graph { name = "texts", seed = seed }
              local ids = g:input("tokens", { 6 })
              local x = g:token_embedding(ids, { tokens = 12, features = 10 })
              x = g:relu(g:linear(x, { outputs = 12, name = "up" }))
              x = g:linear(g:token_mean(x, ids), { outputs = 4, name = "scores" })
              return g:network { scores = x }
                :fit(set, { epochs = 20, batch_size = 16, learning_rate = 0.02, seed = seed, remember = false })
            end
            local function sets(_, class)
              local forget, retain = set:partition(function(label) return label == class end)
              return { forget = forget, retain = retain }
            end
            local policy = rledit.train_policy(rledit.task {
              distribution = rledit.TaskDistribution {
                networks = { network(1), network(2) }, classes = { 0, 1, 2 }, sets = sets },
              world = rledit.ShiftWorld { layer = "up" }, pairs_per_step = 3,
              reward = function(m)
                return m.retain.accuracy + m.retain.true_probability - m.forget.accuracy - m.forget.true_probability
              end,
              learner = rledit.EvolutionStrategy {
                steps = 480, population_size = 16, standard_deviation = 0.02, learning_rate = 0.03 },
            }, { seeds = 1 })
            local model, own = network(3), sets(nil, 3)
            local edited = rledit.apply { policy = policy, model = model, sets = own }
            print(model:evaluate(own.forget).accuracy > 0.8, edited:evaluate(own.forget).accuracy < 0.3,
              edited:evaluate(own.retain).accuracy > model:evaluate(own.retain).accuracy - 0.1)
            """)
        #expect(text == "true\ttrue\ttrue", "\(text)")
    }
}
