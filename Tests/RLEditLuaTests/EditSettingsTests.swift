import RLEditLua
import Testing

/// Settings of the worlds and of the learners that search, as scripts write them.
@Suite struct EditSettingsTests {
    @Test("every learner runs a task to its budget and names its mean and its best edit")
    func learners() throws {
        for learner in [
            "PPO { steps = 16, rollout_length = 8, minibatch_size = 4 }",
            "Reinforce { steps = 16, rollout_length = 8 }",
            "EvolutionStrategy { steps = 16, population_size = 8 }", "CMAES { steps = 16, population_size = 8 }",
            "SeparableCMAES { steps = 16, population_size = 8 }", "HillClimber { steps = 16, population_size = 8 }",
            "RandomSearch { steps = 16, batch_size = 8 }",
        ] {
            let text = """
                local result = rledit.run.task(task { learner = rledit.\(learner), heldout = sets })
                local mean, best = result.heldout.retain.mean_policy, result.heldout.retain.best_seen
                print(result.evaluations, mean.accuracy <= 1, best.accuracy == result.best.reward)
                """
            #expect(try TaskScript.printed(text) == "16\ttrue\ttrue", "\(learner)")
        }
    }

    @Test("worlds print the settings that they were given")
    func shown() throws {
        let text = """
            print(rledit.MaskWorld { layers = { 'fc1', 'fc2' }, scale = { fc2 = 0.5, fc1 = 1 } })
            print(rledit.ShiftWorld { layers = { 'fc1', 'fc2' }, scale = { 2, rledit.schedule.linear(2, 1) }, top_k = 3 })
            print(rledit.MaskWorld { layer = 'fc1', units = 'outputs', density = 0.25 })
            print(rledit.ShiftWorld { layer = 'fc1', units = 'inputs', scale = rledit.schedule.cosine(2, 1) })
            print(rledit.MaskWorld { layer = 'fc1', full = true, density = 1 })
            print(rledit.ShiftWorld { layer = 'fc1', rank = 1, bias = true })
            print(rledit.ShiftWorld { layer = 'fc1', rank = 1, bias = false })
            print(rledit.MaskWorld { layer = 'fc1', rows = { 3, 0 } })
            """
        #expect(
            try TaskScript.printed(text) == """
                MaskWorld { layers = [fc1, fc2], rank = 1, scale = [1.0, 0.5], offset = 0.5, horizon = 1 }
                ShiftWorld { layers = [fc1, fc2], rank = 1, scale = [2.0, linear(2, 1)], offset = 0.5, top_k = 3, \
                unit = rms, horizon = 1 }
                MaskWorld { layers = [fc1], units = outputs, scale = 2.0, density = 0.25, horizon = 1 }
                ShiftWorld { layers = [fc1], units = inputs, scale = cosine(2, 1), unit = rms, horizon = 1 }
                MaskWorld { layers = [fc1], full = true, scale = 2.0, horizon = 1 }
                ShiftWorld { layers = [fc1], rank = 1, bias = true, scale = 2.0, offset = 0.5, unit = rms, horizon = 1 }
                ShiftWorld { layers = [fc1], rank = 1, scale = 2.0, offset = 0.5, unit = rms, horizon = 1 }
                MaskWorld { layers = [fc1], rank = 1, rows = [3, 0], scale = 2.0, offset = 0.5, horizon = 1 }
                """)
    }

    @Test("an environment edits as its world's settings say, and an annealed scale ends where it should")
    func effects() throws {
        let text = """
            local function edited(options)
              local norm
              local env = rledit.env { model = model, sets = sets, world = rledit.ShiftWorld(options),
                reward = function(m) norm = m.edit.relative_norm return 0 end }
              env:reset()
              env:step(rledit.tensor.ones { env.action_size })
              return ('%d %.3f'):format(env.action_size, norm)
            end
            -- All weights move by one root mean square.
            print(edited { layer = 'fc1', units = 'outputs', scale = 1 })
            print(edited { layer = 'fc1', units = 'inputs', scale = { fc1 = 0.5 } })
            -- A quarter of the weights move by four halves: 2 √(1/4).
            print(edited { layer = 'fc1', full = true, scale = 2, density = 0.25 })
            -- 4 × (2 + 1) numbers.
            print(edited { layer = 'fc1', full = true, scale = 1, bias = true })
            local world = rledit.ShiftWorld { layer = 'fc1', full = true, unit = 'relative',
              scale = function(progress) return 1 - progress / 2 end }
            local norms = {}
            rledit.run.task(task { world = world, learner = rledit.RandomSearch { steps = 4, batch_size = 1 },
              reward = function(m) norms[#norms + 1] = ('%.3f'):format(m.edit.relative_norm) return 0 end })
            print(table.concat(norms, ' ', 1, 4))
            """
        #expect(try TaskScript.printed(text) == "4 1.000\n2 0.500\n8 1.000\n12 1.000\n1.000 0.875 0.750 0.625")
    }

    @Test("a task with bias = true edits weights and bias, and rewards get the model with both")
    func bias() throws {
        let text = """
            local function same(candidate, name)
              return candidate:parameter(name):equal(model:parameter(name))
            end
            local result = rledit.run.task(task { world = rledit.ShiftWorld { layer = 'fc1', bias = true },
              heldout = sets })
            print(result.evaluations, same(result.best_model, 'fc1.weight'), same(result.best_model, 'fc1.bias'),
              same(result.best_model, 'fc2.bias'))
            """
        let printed = try TaskScript.printed(text)
        #expect(printed == "8\tfalse\tfalse\ttrue")
    }

    @Test(
        "a wrong setting of a world or a learner is named at its line",
        arguments: [
            (
                "return rledit.MaskWorld { layers = { 'fc1', 'fc2' }, scale = { fc1 = 1 } }",
                "bad field 'scale' in rledit.MaskWorld (has no entry for the layer 'fc2')"
            ),
            (
                "return rledit.MaskWorld { layers = { 'fc1', 'fc2' }, scale = { fc1 = 1, fc3 = 2 } }",
                "bad field 'scale' in rledit.MaskWorld (names the layer 'fc3', which is not edited (did you mean 'fc1'?); "
                    + "edited layers: fc1, fc2)"
            ),
            (
                "return rledit.ShiftWorld { layer = 'fc1', scale = { 1, 2 } }",
                "bad field 'scale' in rledit.ShiftWorld (has 2 entries for 1 edited layers (fc1))"
            ),
            (
                "return rledit.ShiftWorld { layer = 'fc1', scale = {} }",
                "bad field 'scale' in rledit.ShiftWorld (number, function of progress, or a table of them by layer "
                    + "expected, got an empty table)"
            ),
            (
                "return rledit.ShiftWorld { layer = 'fc1', scale = 'big' }",
                "bad field 'scale' in rledit.ShiftWorld (number, function of progress, or a table of them by layer "
                    + "expected, got string)"
            ),
            (
                "return rledit.MaskWorld { layer = 'fc1', rank = 1, units = 'outputs' }",
                "bad field 'units' in rledit.MaskWorld (give either 'rank' or 'units')"
            ),
            (
                "return rledit.MaskWorld { layer = 'fc1', units = 'rows' }",
                "bad field 'units' in rledit.MaskWorld (one of 'outputs', 'inputs' expected, got 'rows')"
            ),
            (
                "return rledit.MaskWorld { layer = 'fc1', full = true, units = 'inputs' }",
                "bad field 'units' in rledit.MaskWorld (give either 'full' or 'units')"
            ),
            (
                "return rledit.MaskWorld { layer = 'fc1', density = 1.5 }",
                "bad field 'density' in rledit.MaskWorld (must be above 0 and at most 1, got 1.5)"
            ),
            (
                "return rledit.MaskWorld { layer = 'fc1', density = 0.5, top_k = 2 }",
                "bad field 'top_k' in rledit.MaskWorld (give either 'density' or 'top_k')"
            ),
            (
                "return rledit.MaskWorld { layer = 'fc1', top_k = 0 }",
                "bad field 'top_k' in rledit.MaskWorld (must be at least 1, got 0)"
            ),
            (
                "return rledit.task(fields { world = rledit.MaskWorld { layer = 'fc1', top_k = 9 } })",
                "the 9 largest changes do not fit layer 'fc1' of 8 weights: expected 1 to 8"
            ),
            (
                "return rledit.MaskWorld { layer = 'fc1', bias = 1 }",
                "bad field 'bias' in rledit.MaskWorld (boolean expected, got number)"
            ),
            (
                "return rledit.MaskWorld { layer = 'fc1', rows = { 1.5 } }",
                "bad field 'rows' in rledit.MaskWorld (bad element #1 (number has no integer representation))"
            ),
            (
                "return rledit.MaskWorld { layer = 'fc1', rows = {} }",
                "bad field 'rows' in rledit.MaskWorld (names no row)"
            ),
            (
                "return rledit.MaskWorld { layers = { 'fc1', 'fc2' }, rows = { 1 } }",
                "bad field 'rows' in rledit.MaskWorld (edit one layer alone to choose rows of it)"
            ),
            (
                "return rledit.task(fields { world = rledit.MaskWorld { layer = 'fc1', rows = { 4 } } })",
                "MaskWorld: rows names row 4, and layer 'fc1' has the rows 0 to 3"
            ),
            (
                "return rledit.task(fields { model = rledit.nn.sequential { { 'only', rledit.nn.linear { inputs = 2, "
                    + "outputs = 3, bias = false } }, input = { 2 } }, world = rledit.MaskWorld { layer = 'only', "
                    + "bias = true } })",
                "layer 'only' cannot be edited: it has no bias, and the world edits layers with their bias"
            ),
            (
                "return rledit.EvolutionStrategy { population_size = 7 }",
                "bad field 'population_size' in rledit.EvolutionStrategy (must be even, for mirrored pairs, got 7)"
            ),
            (
                "return rledit.CMAES { populationsize = 7 }",
                "unknown field 'populationsize' in rledit.CMAES (did you mean 'population_size'?); fields: steps, "
                    + "population_size, initial_standard_deviation, restarts"
            ),
            (
                "return rledit.SeparableCMAES { initial_standard_deviation = 0 }",
                "bad field 'initial_standard_deviation' in rledit.SeparableCMAES (must be positive, got 0.0)"
            ),
            (
                "return rledit.Reinforce { discount = 2 }",
                "bad field 'discount' in rledit.Reinforce (must be from 0 to 1, got 2.0)"
            ),
        ])
    func errors(_ text: String, _ message: String) {
        #expect(TaskScript.message(text) == "examples/toy.lua:2: " + message)
    }

    @Test("a full covariance matrix for too long an action is refused with the learner that takes it")
    func tooLong() {
        let text = """
            local wide = rledit.models.mlp { widths = { 2, 600, 3 } }
            return task { model = wide, world = rledit.MaskWorld { layers = { 'fc1', 'fc2' } }, learner = rledit.CMAES() }
            """
        #expect(
            TaskScript.message(text).hasSuffix(
                "CMAES: an action of 1205 numbers is too long for a full covariance matrix (at most 1024); "
                    + "use SeparableCMAES, whose matrix is diagonal, or a lower rank"))
    }
}
