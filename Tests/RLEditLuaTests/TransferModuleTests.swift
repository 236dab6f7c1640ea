import LuaBridge
import RLEditLua
import Testing

@Suite struct TransferModuleTests {
    /// Small networks on points around four centres, and a policy's task over them.
    private static let setUp = """
        local rledit = require "rledit"
        local inputs, labels = {}, {}
        for i = 1, 160 do
          local angle = math.pi / 2 * (i % 4)
          inputs[i] = { math.cos(angle) + 0.2 * math.random(), math.sin(angle) + 0.2 * math.random(), math.random() }
          labels[i] = i % 4
        end
        local set = rledit.data.set { inputs = inputs, labels = labels, name = "points" }
        local function network(seed)
          return rledit.models.mlp { widths = { 3, 12, 8, 4 }, seed = seed }
            :fit(set, { epochs = 15, batch_size = 16, learning_rate = 0.02, seed = seed, remember = false })
        end
        local function sets(_, class)
          local forget, retain = set:partition(function(label) return label == class end)
          return { forget = forget, retain = retain }
        end
        local function reward(m) return m.retain.accuracy - m.forget.accuracy end

        """

    private static func printed(_ text: String) throws -> String { try ModuleScript.printed(setUp + text) }

    private static func fault(_ text: String) throws -> String {
        try printed("print(select(2, pcall(function() \(text) end)))")
    }

    @Test("a distribution says what it holds, and `rledit.transfer` and `rledit` give the same functions")
    func distribution() throws {
        let text = try Self.printed(
            """
            local d = rledit.TaskDistribution {
              networks = { training = { network(1), network(2) }, heldout = { network(3) } },
              classes = { training = { 0, 1, 2 }, heldout = { 3 } }, sets = sets,
            }
            print(#d, d)
            print(type(rledit.transfer.apply) == type(rledit.apply), rledit.UnitPolicy { hidden = 3, features = "label_free" })
            """)
        #expect(
            text.hasPrefix(
                "10\tdistribution: 2 training, 1 heldout networks, 3 training and 1 unseen classes\ntrue\tUnitPolicy"))
    }

    @Test(
        "what a distribution cannot be is refused by the field",
        arguments: [
            (
                "networks = {}, classes = { 1 }",
                "bad field 'networks' in rledit.TaskDistribution (hold no training network)"
            ),
            ("networks = { network(1) }, classes = {}", "(hold no training class)"),
            (
                "networks = { network(1) }, classes = { 1, 1 }",
                "bad field 'classes' in rledit.TaskDistribution ('1' is there twice)"
            ),
            (
                "networks = { network(1) }, classes = { training = { 1 }, heldout = { 1 } }",
                "bad field 'classes.heldout' in rledit.TaskDistribution ('1' is there twice)"
            ),
            (
                "networks = { training = { network(1) }, heldout = { network(1) } }, classes = { 1 }",
                "(heldout[1] is the same network as training[1])"
            ),
            ("networks = { network(1) }, classes = { 1.5 }", "(whole numbers or names expected, got a number)"),
            ("networks = { network(1) }", "missing field 'classes' in rledit.TaskDistribution"),
            ("networks = { trainig = { network(1) } }, classes = { 1 }", "unknown field 'trainig'"),
        ])
    func refusedDistribution(fields: String, message: String) throws {
        let fault = try Self.fault("rledit.TaskDistribution { sets = sets, \(fields) }")
        #expect(fault.contains(message), "\(fault)")
    }

    @Test(
        "what a policy and its task cannot be is refused by the field",
        arguments: [
            ("rledit.UnitPolicy { hidden = -1 }", "bad field 'hidden' in rledit.UnitPolicy"),
            ("rledit.UnitPolicy { features = { 'contrst' } }", "(did you mean 'contrast'?)"),
            ("rledit.UnitPolicy { features = 'aware' }", "one of 'label_aware', 'label_free' expected"),
            ("rledit.UnitPolicy { retain = 'forget' }", "names the same set as 'forget'"),
            (
                "rledit.task { distribution = d, reward = reward, world = rledit.ShiftWorld { layer = 'fc2', horizon = 2 } }",
                "horizon must be 1"
            ),
            (
                "rledit.task { distribution = d, reward = reward, world = rledit.ShiftWorld { layer = 'fc2', full = true } }",
                "makes low-rank edits"
            ),
            (
                "rledit.task { distribution = d, reward = reward, world = rledit.ShiftWorld { layer = 'fc9' } }",
                "network 'training 1', class '0': unknown layer 'fc9'"
            ),
            (
                "rledit.task { distribution = d, reward = reward, world = rledit.ShiftWorld { layer = 'fc2' }, "
                    + "pairs_per_step = 5 }",
                "must be from 1 to the number of training pairs, 4, got 5"
            ),
            (
                "rledit.task { distribution = d, reward = reward, world = rledit.ShiftWorld { layer = 'fc2' }, "
                    + "horizon = 0 }",
                "bad field 'horizon' in rledit.task (must be from 1 to 100, got 0)"
            ),
            (
                "rledit.task { distribution = d, reward = reward, world = rledit.ShiftWorld { layer = 'fc2' }, "
                    + "blind = true }",
                "bad field 'blind' in rledit.task (needs a 'horizon' of 2 or more)"
            ),
            (
                "rledit.task { distribution = d, reward = reward, world = rledit.ShiftWorld { layer = 'fc2' }, "
                    + "every_step = true }",
                "bad field 'every_step' in rledit.task (needs a 'horizon' of 2 or more)"
            ),
            (
                "rledit.task { distribution = d, reward = reward, world = rledit.ShiftWorld { layers = { 'fc1', 'fc2' } }, "
                    + "horizon = 1, in_turn = true }",
                "needs a 'horizon' of at least 2, so that each layer has its turn"
            ),
            (
                "rledit.task { distribution = d, reward = reward, world = rledit.ShiftWorld { layer = 'fc2' }, "
                    + "horizon = 2, policy = rledit.UnitPolicy { custom_features = print } }",
                "bad field 'horizon' in rledit.task (needs a policy without custom_features"
            ),
            (
                "rledit.env(rledit.task { distribution = d, reward = reward, world = rledit.ShiftWorld { layer = 'fc2' }, "
                    + "horizon = 2 })",
                "rledit.env: horizon must be 1"
            ),
            (
                "rledit.task { distribution = d, reward = reward, world = rledit.ShiftWorld { layer = 'fc2' }, "
                    + "on_best = print }",
                "is never called where a policy is trained"
            ),
            (
                "rledit.task { distribution = d, reward = reward, world = rledit.ShiftWorld { layer = 'fc2' }, "
                    + "model = network(1) }",
                "unknown field 'model' in rledit.task"
            ),
        ])
    func refusedTask(text: String, message: String) throws {
        let fault = try Self.fault(
            """
            local d = rledit.TaskDistribution {
              networks = { network(1), network(2) }, classes = { 0, 1 }, sets = sets }
            \(text)
            """)
        #expect(fault.contains(message), "\(fault)")
    }

    @Test("sets that a pair lacks, and an empty one, name the pair")
    func refusedSets() throws {
        for (sets, message) in [
            ("function() return {} end", "rledit.TaskDistribution.sets(training 1, 0) returned no set"),
            ("function() end", "must return a table of sets, got nothing"),
            ("function(_, c) return { forget = sets(_, c).forget } end", "set 'retain': is needed"),
            ("function(_, c) return sets(_, c + 7) end", "set 'forget' holds no example"),
            (
                "function(_, c) local s = sets(_, c); if c == 0 then s.more = s.retain end; return s end",
                "rledit.TaskDistribution.sets(training 1, 1) returned the sets forget, retain, but the pairs before it have "
                    + "forget, more, retain"
            ),
        ] {
            let fault = try Self.fault(
                """
                rledit.task {
                  distribution = rledit.TaskDistribution { networks = { network(1) }, classes = { 0, 1 }, sets = \(sets) },
                  reward = reward, world = rledit.ShiftWorld { layer = "fc2" },
                }
                """)
            #expect(fault.contains(message), "\(fault)")
        }
    }

    @Test("custom features are called with the layer's activations, and their sizes are checked")
    func customFeatures() throws {
        let text = try Self.printed(
            """
            local seen
            local function features(layer)
              seen = layer.name .. " " .. tostring(layer.weights.shape[1])
              return layer.weights:abs():mean(2):reshape({ 8, 1 }), layer.weights:abs():mean(1):reshape({ 12, 1 })
            end
            local task = rledit.task {
              distribution = rledit.TaskDistribution { networks = { network(1) }, classes = { 0, 1 }, sets = sets },
              reward = reward, world = rledit.ShiftWorld { layer = "fc2" },
              policy = rledit.UnitPolicy { features = {}, custom_features = features },
            }
            print(seen, task)
            print(select(2, pcall(rledit.task, {
              distribution = rledit.TaskDistribution { networks = { network(1) }, classes = { 0 }, sets = sets },
              reward = reward, world = rledit.ShiftWorld { layer = "fc2" },
              policy = rledit.UnitPolicy { custom_features = function() return 1 end },
            })))
            """)
        let lines = text.split(separator: "\n")
        #expect(lines[0].hasPrefix("fc2 8\ttask 'transfer': a policy in ShiftWorld, EvolutionStrategy"), "\(text)")
        #expect(lines[1].contains("custom_features must return two tensors"), "\(text)")
    }

    @Test("an environment over pairs draws one with each reset, takes one step, and wants to be reset")
    func environment() throws {
        let text = try Self.printed(
            """
            local env = rledit.env(rledit.task {
              distribution = rledit.TaskDistribution { networks = { network(1), network(2) }, classes = { 0, 1, 2 }, sets = sets },
              reward = reward, world = rledit.ShiftWorld { layer = "fc2" },
            })
            print(env.action_size, env.observation_size, env)
            local seen = {}
            for _ = 1, 60 do
              local _, info = env:reset()
              seen[info.network .. " " .. info.class] = true
            end
            local count = 0
            for _ in pairs(seen) do count = count + 1 end
            local first, second = select(2, env:reset(5)), select(2, env:reset(5))
            print(count, first.network == second.network and first.class == second.class)
            local zeros = {}
            for i = 1, env.action_size do zeros[i] = 0 end
            local _, value, terminated, truncated = env:step(zeros)
            print(value == value, terminated, truncated, env.evaluations, env:edited_model() ~= nil)
            print(select(2, pcall(env.step, env, zeros)))
            """)
        let lines = text.split(separator: "\n")
        #expect(lines[0].hasPrefix("21\t224\tenvironment 'transfer': action size 21"), "\(text)")
        #expect(lines[1] == "6\ttrue")
        #expect(lines[2] == "true\ttrue\tfalse\t1\ttrue")
        #expect(lines[3].contains("'step' before 'reset'"))
    }

    @Test("a policy of several steps is trained and applied, at once and with its own edit as the one candidate alike")
    func horizon() throws {
        let text = try Self.printed(
            """
            local function train(fields)
              local options = {
                distribution = rledit.TaskDistribution { networks = { network(1), network(2) }, classes = { 0, 1 }, sets = sets },
                reward = reward, world = rledit.ShiftWorld { layer = "fc2" },
                learner = rledit.EvolutionStrategy { steps = 64, population_size = 8 },
              }
              for name, value in pairs(fields) do options[name] = value end
              return rledit.train_policy(rledit.task(options), { seeds = 2 })
            end
            local model = network(3)
            local function weights(policy, refine)
              local edited, info = rledit.apply { policy = policy, model = model, sets = sets(nil, 2), refine = refine }
              return edited:parameter("fc2.weight"), info
            end
            for _, fields in ipairs { { horizon = 3 }, { horizon = 3, blind = true }, {} } do
              local policy = train(fields)
              local own, info = weights(policy, false)
              print(policy.horizon, policy, (own - weights(policy, 1)):abs():max() < 1e-6,
                (own - model:parameter("fc2.weight")):abs():max() > 1e-3, info.evaluations)
            end
            """)
        let lines = text.split(separator: "\n")
        #expect(lines.count == 3, "\(text)")
        for (line, start) in zip(
            lines,
            [
                "3\tpolicy: ShiftWorld on fc2, rank 1, 11 features, 110 parameters, 3 steps, the mean of 2",
                "3\tpolicy: ShiftWorld on fc2, rank 1, 11 features, 110 parameters, 3 steps, the mean of 2",
                "1\tpolicy: ShiftWorld on fc2, rank 1, 11 features, 95 parameters, the mean of 2",
            ])
        {
            #expect(line == "\(start)\ttrue\ttrue\t0", "\(line)")
        }
    }

    @Test("the seeds that follow the largest are counted on from the smallest")
    func seeds() throws {
        var script = ModuleScript()
        script.seed = .max
        defer { script.remove() }
        let text = try script.run(
            Self.setUp + """
                local policy, info = rledit.train_policy(rledit.task {
                  distribution = rledit.TaskDistribution {
                    networks = { training = { network(1) }, validation = { network(2) } }, classes = { 0, 1 }, sets = sets },
                  reward = reward, world = rledit.ShiftWorld { layer = "fc2" },
                  learner = rledit.EvolutionStrategy { steps = 16, population_size = 8 },
                }, { seeds = 3 })
                print(policy.policies, #info.validation_rewards, policy.training.policies[1].seed == math.maxinteger,
                  policy.training.policies[2].seed == math.mininteger)
                """
        ).printed
        #expect(text.hasPrefix("3\t3\ttrue\ttrue"), "\(text)")
    }

    @Test("models trained side by side are those of model:fit")
    func fitAll() throws {
        let text = try Self.printed(
            """
            local options = { epochs = 3, batch_size = 16, learning_rate = 0.02, seed = 5, remember = false }
            local models, single = {}, rledit.models.mlp { widths = { 3, 12, 8, 4 }, seed = 2 }
            for i = 1, 3 do models[i] = rledit.models.mlp { widths = { 3, 12, 8, 4 }, seed = i } end
            single:fit(set, { epochs = 3, batch_size = 16, learning_rate = 0.02, seed = 6, remember = false })
            options.models, options.set = models, set
            print(rledit.nn.fit_all(options) == models, models[2]:parameter("fc2.weight"):eq(single:parameter("fc2.weight")):min())
            print(select(2, pcall(rledit.nn.fit_all, { models = models, set = set, on_epoch = print })))
            print(select(2, pcall(rledit.nn.fit_all, { models = { models[1], models[1] }, set = set })))
            """)
        let lines = text.split(separator: "\n")
        #expect(lines[0] == "true\t1.0")
        #expect(lines[1].contains("use model:fit for those"))
        #expect(lines[2].contains("[2] is there twice"))
    }

    @Test("a hand-made rule and erasure take what they should from small networks")
    func rules() throws {
        let text = try Self.printed(
            """
            local model, s = network(1), sets(nil, 2)
            for _, name in ipairs { "contrast_rule", "erasure" } do
              local result = rledit.baselines[name] { model = model, forget = s.forget, retain = s.retain, layer = "fc2" }
              print(result.name, result.model:evaluate(s.forget).accuracy <= 0.1, result.model:evaluate(s.retain).accuracy > 0.8,
                result.cost.forwards > 0)
            end
            """)
        #expect(text == "contrast_rule\ttrue\ttrue\ttrue\nerasure\ttrue\ttrue\ttrue", "\(text)")
    }
}
