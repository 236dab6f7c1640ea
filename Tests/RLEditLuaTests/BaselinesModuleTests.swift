import RLEditCore
import RLEditLua
import RLEditRuns
import Testing

@Suite struct BaselinesModuleTests {
    /// A network of 2 inputs and 3 classes, and sets of which the forget set holds class 2.
    private static let prelude =
        #"local rledit = require "rledit"; local b = rledit.baselines; "#
        + #"local function points(from, n, label) local x, y = {}, {} for i = 1, n do "#
        + #"x[i] = { math.sin(from + i), math.cos(from + 2 * i) } y[i] = label or i % 2 end "#
        + #"return rledit.data.set { inputs = x, labels = y } end; "#
        + #"local model = rledit.models.mlp { widths = { 2, 4, 3 }, seed = 1 }; "#
        + #"local forget, retain = points(0, 6, 2), points(50, 8); "#

    private static func printed(_ text: String) throws -> String { try ModuleScript.printed(prelude + text) }
    private static func message(_ text: String) -> String { ModuleScript.message(prelude + text) }

    @Test("every baseline returns a new model, its name and its cost, and leaves the model alone")
    func all() throws {
        let printed = try Self.printed(
            #"""
            local before = model:parameter("fc1.weight"):clone()
            local names = {}
            for name in pairs(b) do names[#names + 1] = name end
            table.sort(names)
            for _, name in ipairs(names) do
              local set = points(3, 10)
              local options = { model = model, forget = forget, retain = retain, layer = "fc1" }
              -- Those against bias take other sets, and a policy its file.
              local others = { fine_tune_last_layer = 1, threshold = 1, policy_edit = 1, leace = 1, inlp = 1, group_dro = 1,
                logit_pairing = 1, counterfactual_augmentation = 1, adversarial_neuron_pruning = 1 }
              if others[name] then goto continue end
              local edits_layers = name:find("^gradient_[ems]") or name == "greedy_pruning" or name == "contrast_rule"
                or name == "erasure" or name == "neighbour_transport" or name == "fine_pruning"
              if not edits_layers then options.layer = nil end
              local result = b[name](options)
              assert(result.name == name, name)
              assert(result.model:parameter("fc1.weight").shape[1] == 4, name)
              assert(result.cost.kfe == (result.cost.forwards + 2 * result.cost.backwards) / 1000, name)
              assert(result.cost.seconds >= 0)
              assert(tostring(result):find("^" .. name .. ": [%d.]+ kFE in [%d.]+ s$"), tostring(result))
              ::continue::
            end
            assert(model:parameter("fc1.weight"):eq(before):min() == 1)
            print(#names)
            """#)
        #expect(printed == "30")
    }

    @Test("the methods of the catalogue against bias train the last layer or the one that is named")
    func catalogue() throws {
        let printed = try Self.printed(
            #"""
            local model = rledit.models.mlp { widths = { 2, 3, 2 }, seed = 1 }
            local set = points(0, 12)
            local groups = set:with_groups { even = { 2, 4, 6, 7 }, odd = { 1, 3, 5, 8 } }
            local function changed(result)
              local names = {}
              for _, name in ipairs(model:parameter_names()) do
                if result.model:parameter(name):eq(model:parameter(name)):min() == 0 then names[#names + 1] = name end
              end
              return result.name .. ": " .. table.concat(names, " ")
            end
            local all = { model = model, epochs = 2, batch_size = 4 }
            local function with(fields)
              for name, value in pairs(all) do fields[name] = value end
              return fields
            end
            print(changed(b.leace { model = model, set = groups }))
            print(changed(b.inlp { model = model, set = groups, layer = "fc1", rounds = 1 }))
            print(changed(b.group_dro(with { set = groups })))
            print(changed(b.logit_pairing(with { set = set, original = set:take(5), swapped = points(3, 5), layer = "fc1" })))
            print(changed(b.counterfactual_augmentation(with { set = set, swapped = points(3, 5), name = "mine" })))
            """#)
        #expect(
            printed == """
                leace: fc2.weight fc2.bias
                inlp: fc1.weight fc1.bias
                group_dro: fc2.weight fc2.bias
                logit_pairing: fc1.weight fc1.bias fc2.weight fc2.bias
                mine: fc2.weight fc2.bias
                """)
    }

    @Test("the methods against bias take a set with groups")
    func debiasing() throws {
        let printed = try Self.printed(
            #"""
            local two = rledit.models.mlp { widths = { 2, 2 }, seed = 1 }
            local set = points(0, 12):with_groups { even = { 2, 4, 6, 7 }, odd = { 1, 3, 5, 8 } }
            local tuned = b.threshold { model = two, set = set, utility = points(9, 7), maximum_accuracy_loss = 0.5 }
            local weights = tuned.model:parameter("fc1.weight")
            assert(weights:eq(two:parameter("fc1.weight")):min() == 1)
            local layer = b.fine_tune_last_layer { model = two, set = set, balance = "group", epochs = 1, name = "mine" }
            print(tuned.name, layer.name, layer.cost.backwards)
            """#)
        #expect(printed == "threshold\tmine\t12.0")
    }

    @Test("the seed of the run is the default, and another one gives another model")
    func seeds() throws {
        let printed = try Self.printed(
            #"""
            local function bias(seed) return b.fine_tune { model = model, retain = retain, batch_size = 2, seed = seed }
              .model:parameter("fc2.bias") end
            print(bias():eq(bias(0)):min(), bias(1):eq(bias(0)):min())
            """#)
        #expect(printed == "1.0\t0.0")
    }

    @Test(
        "a wrong call is an error at its line",
        arguments: [
            (
                "b.scub {}",
                "module 'rledit.baselines' has no 'scub' (did you mean 'scrub'?); it has: scrub, retrain, "
                    + "fine_tune, gradient_ascent, gradient_ascent_stopped, neg_grad_plus, random_label, salun, "
                    + "l1_sparse, fisher_forgetting, ssd, gradient_edit, gradient_mask, gradient_shift, "
                    + "greedy_pruning, bias_edit, contrast_rule, erasure, neighbour_transport, task_arithmetic and 10 more"
            ),
            ("b.scrub()", "bad argument #1 to 'scrub' (table expected, got no value)"),
            (
                "b.scrub { forget = forget, retain = retain }",
                "missing field 'model' in rledit.baselines.scrub (rledit.Model expected)"
            ),
            (
                "b.scrub { model = model, forget = forget }",
                "missing field 'retain' in rledit.baselines.scrub (rledit.Set expected)"
            ),
            (
                "b.scrub { model = model, forget = forget, retain = retain, epohcs = 3 }",
                "unknown field 'epohcs' in rledit.baselines.scrub (did you mean 'epochs'?); fields: epochs, "
                    + "maximising_epochs, batch_size, learning_rate, temperature, cross_entropy_weight, "
                    + "divergence_weight, model, seed, name, forget, retain"
            ),
            (
                "b.scrub { model = model, forget = forget, retain = retain, maximising_epochs = 9 }",
                "bad field 'maximising_epochs' in rledit.baselines.scrub (must be from 0 to epochs (3), got 9)"
            ),
            (
                "b.scrub { model = model, forget = forget:take(0), retain = retain }",
                "the set 'forget' holds no example"
            ),
            (
                "b.gradient_edit { model = model, forget = forget, retain = retain, layer = 'fc3' }",
                "unknown layer 'fc3' (did you mean 'fc1'?); layers that can be edited: fc1, fc2"
            ),
            (
                "b.gradient_edit { model = model, forget = forget, retain = retain }",
                "missing field 'layer' in rledit.baselines.gradient_edit (name of a layer expected)"
            ),
            (
                "b.bias_edit { model = model, forget = points(0, 9, 3) }",
                "the set 'forget': example 1 has the label 3, but the network scores 3 classes: labels begin at 0 and go to 2"
            ),
            (
                "b.logit_pairing { model = model, set = retain, original = retain }",
                "missing field 'swapped' in rledit.baselines.logit_pairing (rledit.Set expected)"
            ),
            (
                "b.leace { model = model, set = retain, layer = 'fc9' }",
                "unknown layer 'fc9' (did you mean 'fc1'?); layers that can be edited: fc1, fc2"
            ),
            (
                "b.adversarial_neuron_pruning { model = model, retain = retain }",
                "the network has no batch norm whose channels could be pruned"
            ),
            (
                "b.threshold { model = model, set = retain }",
                "the network's output of shape [3] per example is not a decision between two classes"
            ),
            (
                "b.fine_tune_last_layer { model = model, set = retain, balance = 'groups' }",
                "bad field 'balance' in rledit.baselines.fine_tune_last_layer (one of 'label', 'group' expected, got "
                    + "'groups' (did you mean 'group'?))"
            ),
            (
                "b.fine_tune { model = model, retain = retain, name = '' }",
                "bad field 'name' in rledit.baselines.fine_tune (1 to 64 printable characters expected)"
            ),
        ])
    func errors(text: String, message: String) {
        #expect(Self.message(text) == "task.lua:1: \(message)")
    }

    @Test("a result is remembered under the method, its settings, the model, the sets and the seed")
    func remembered() throws {
        var script = ModuleScript()
        script.remembersFits = true
        defer { script.remove() }
        let text =
            Self.prelude
                + #"""
                local function tune(options)
                  options.model = options.model or model
                  options.retain = options.retain or retain
                  local result = b.fine_tune(options)
                  return ("%.17g %.17g %.17g"):format(
                    result.cost.seconds, result.cost.forwards, result.model:parameter("fc1.weight"):sum())
                end
                print(tune {}, tune { seed = 1 }, tune { epochs = 9 }, tune { retain = retain:take(7) },
                  tune { model = rledit.models.mlp { widths = { 2, 4, 3 }, seed = 2 } }, tune { forget = forget })
                """#
        // The seconds tell a result that was made from one that was kept.
        let first = try script.run(text).printed
        #expect(try script.run(text).printed == first)
        let parts = first.split(separator: "\t").map { String($0.filter { $0 != "\n" }) }
        #expect(Set(parts.prefix(5)).count == 5)
        #expect(parts[5] == parts[0], "the forget set decides nothing here")
    }

    @Test("the measures of depth take models and sets")
    func depth() throws {
        let printed = try Self.printed(
            #"""
            local m = rledit.metrics
            local other = rledit.models.mlp { widths = { 2, 4, 3 }, seed = 2 }
            local all = forget:concat(retain)
            print(m.total_variation { model = model, reference = model, set = all },
              m.agreement { model = model, reference = model, set = all }, m.weight_distance { model = model, reference = model })
            assert(m.total_variation { model = model, reference = other, set = all } > 0)
            assert(m.membership_auc { model = model, members = forget, others = forget } == 0.5)
            local rate = m.membership_rate { model = model, examples = forget, trained = retain, untrained = forget }
            assert(rate >= 0 and rate <= 1)
            local steps = m.relearn_steps { model = model, forget = forget, test = forget, learning_rate = 0.5, cap = 50 }
            assert(steps <= 50)
            local recall = m.probe_recall { model = model, layer = "fc1", train = all, test = forget }
            assert(recall >= 0 and recall <= 1)
            assert(m.prediction_entropy { model = model, set = all } <= math.log(3) + 1e-6)
            """#)
        #expect(printed == "0.0\t1.0\t0.0\t0.0")
        #expect(
            Self.message("rledit.metrics.relearn_steps { model = model, forget = forget, test = forget, cap = 0 }")
                == "task.lua:1: bad field 'cap' in rledit.metrics.relearn_steps (must be at least 1, got 0)")
        #expect(
            Self.message("rledit.metrics.probe_recall { model = model, layer = 'fc9', train = forget, test = forget }")
                == "task.lua:1: unknown layer 'fc9' (did you mean 'fc1'?); layers that can be edited: fc1, fc2")
    }

    @Test("a reward and on_best get the candidate as a model")
    func candidates() throws {
        let outcome = try TaskScript.run(
            #"""
            local seen, best
            return task {
              reward = function(m)
                local distance = rledit.metrics.weight_distance { model = m.edit.model, reference = model }
                assert(math.abs(distance - m.edit.norm) < 1e-4 * (1 + m.edit.norm))
                return m.retain.accuracy
              end,
              on_best = function(b)
                local scores = b.model:forward(sets.retain:inputs())
                assert(math.abs(rledit.metrics.accuracy(scores, sets.retain:labels()) - b.reward) < 1e-9)
                print("best")
              end,
            }
            """#
        ) { session, task in _ = try TaskScript.loop(session, task) }
        #expect(outcome.printed.hasPrefix("best\n"))
    }

    @Test("sets that overlap are worth a warning with the count")
    func overlap() throws {
        let outcome = try TaskScript.run(
            #"local all = points(0, 9); rledit.baselines.fine_tune { model = model, forget = all:take(5), "#
                + #"retain = all:drop(3), epochs = 1 }"#)
        #expect(
            outcome.warnings == [
                "warning: rledit.baselines.fine_tune: the sets 'forget' and 'retain' share 2 of 5 examples"
            ])
    }
}

@Suite struct ComparedModelsTests {
    private static let baselines =
        #"local function tuned(name) return rledit.baselines.fine_tune { model = model, retain = sets.retain, "#
        + #"epochs = 1, name = name } end; "#

    @Test("a task measures baselines beside its own result, results first, then what has a name")
    func measured() throws {
        let text =
            Self.baselines
            + #"return task { heldout = sets, baselines = { tuned(), tuned('again'), mine = model, best = tuned() } }"#
        try TaskScript.run(text) { session, task in
            let outcome = try RunOutcome(of: try TaskScript.loop(session, task), pool: session.context.pool)
            let names = outcome.heldOut.first?.stages.stages.map(\.name).suffix(4)
            #expect(names == ["fine_tune", "again", "best", "mine"])
            // The unedited model under another name.
            for set in outcome.heldOut { #expect(set[Stage("mine")] == set[.before]) }
            #expect(outcome.heldOut[0][Stage("fine_tune")] != outcome.heldOut[0][.before])
            #expect(outcome.costs.stages.map(\.name) == ["fine_tune", "again", "best"])
            #expect(outcome.costs[Stage("fine_tune")]?.kfe == 0.036)
            #expect(
                task.configuration["baselines"]?.array?.compactMap(\.string) == ["fine_tune", "again", "best", "mine"])
        }
    }

    @Test("a baseline of another architecture is measured too")
    func otherArchitecture() throws {
        let text =
            #"return task { heldout = sets, baselines = { wide = rledit.models.mlp { widths = { 2, 9, 5, 3 } } } }"#
        try TaskScript.run(text) { session, task in
            let outcome = try RunOutcome(of: try TaskScript.loop(session, task), pool: session.context.pool)
            #expect(outcome.heldOut.first?[Stage("wide")] != nil)
        }
    }

    @Test(
        "what cannot be compared is refused",
        arguments: [
            (
                "{ tuned(), tuned() }",
                "two are named 'fine_tune'; name = \"…\" gives a result another name"
            ),
            ("{ before = model }", "'before' cannot name a baseline: results have that name already"),
            (
                "{ model }",
                "rledit.Baseline expected at [1], got rledit.Model; give a model a name, as in [\"my own\"] = model"
            ),
            ("{ mine = 3 }", "rledit.Model or rledit.Baseline expected for 'mine', got number"),
        ])
    func errors(list: String, message: String) {
        let found = TaskScript.message(Self.baselines + "return task { baselines = \(list) }")
        #expect(found.hasSuffix("bad field 'baselines' in rledit.task (\(message))"), "\(found)")
    }
}
