-- A policy over units for text classifiers: trained on the classifiers of seeds 0 to 4 of the bias task, judged on those
-- of seeds 5 to 9, on identity terms that neither reward nor features have seen.
--
--   rledit-lua scripts/reproduction/transfer_bias.lua --seed 0 --out runs/bias-policy
--   rledit-lua scripts/reproduction/transfer_bias.lua --seed 0 --allow P --set policy=P     (P: its policy.safetensors)
--
-- The second prints a line per classifier and way of applying: seed, way, accuracy on held-out comments and on the
-- sentences about held-out terms, FPED, FNED, how much lower FPED + FNED is, final AUC.
local rledit = require "rledit"
local args = rledit.args

local comments = rledit.data.comments()
local templates = rledit.data.templates()
local words = rledit.data.vocabulary(comments.train, { maximum_size = 5000 })

local function classifiers(first, count)
  local models = {}
  for i = 1, count do models[i] = rledit.models.bag_of_words { vocabulary = words, seed = first + i - 1 } end
  return rledit.nn.fit_all {
    models = models, set = words:encode(comments.train), epochs = 4, batch_size = 256, weight_decay = 1e-5,
    seed = first,
  }
end

-- Half of the terms for reward and features, the other half to judge; another half for each seed.
local terms = table.move(templates.terms, 1, #templates.terms, 1, {})
for i = #terms, 2, -1 do
  local j = math.random(i)
  terms[i], terms[j] = terms[j], terms[i]
end
local middle = #terms // 2
local tuning_terms = table.move(terms, 1, middle, 1, {})
local heldout_terms = table.move(terms, middle + 1, #terms, 1, {})

local sentences = words:encode(templates.sentences)
local utility = words:encode(comments.train:concat(comments.validation))
local tuning = sentences:in_groups(tuning_terms)
local harmless = tuning:partition(function(label) return label == 0 end)
local judged = { comments = words:encode(comments.test), identity = sentences:in_groups(heldout_terms) }

local function reward(m)
  local fair = 1 - m.identity.equality_difference / m.base.identity.equality_difference
  local lost = math.max(0, m.base.comments.accuracy - 0.013 - m.comments.accuracy)
  local blurred = math.max(0, m.base.identity.accuracy - 0.02 - m.identity.accuracy)
  return fair - 30 * lost - 10 * blurred, { fair = fair, lost = lost, blurred = blurred }
end
local sets = { comments = utility, identity = tuning, harmless = harmless }

if args.policy then
  local policy = rledit.load_policy(args.policy)
  local function show(seed, way, model, before)
    local fairness = rledit.metrics.fairness(model, judged.identity)
    local difference = fairness.fped + fairness.fned
    print(("%d,%s,%.2f,%.2f,%.3f,%.3f,%.1f,%.3f"):format(
      seed, way, 100 * model:evaluate(judged.comments).accuracy, 100 * model:evaluate(judged.identity).accuracy,
      fairness.fped, fairness.fned, before and 100 * (1 - difference / before) or 0, fairness.final_auc))
    return difference
  end
  for index, model in ipairs(classifiers(5, 5)) do
    local seed = 4 + index
    local before = show(seed, "original", model)
    show(seed, "zero-shot", (rledit.apply { policy = policy, model = model, sets = sets }), before)
    show(seed, "10 evaluations",
      (rledit.apply { policy = policy, model = model, sets = sets, refine = 10, reward = reward }), before)
    show(seed, "threshold", rledit.baselines.threshold { model = model, set = tuning, utility = utility }.model, before)
    for _, steps in ipairs { 10, 100, 500 } do
      local result = rledit.run.task(rledit.task {
        model = model, sets = { comments = utility, identity = tuning }, reward = reward,
        world = rledit.ShiftWorld { layer = "fc2", bias = true },
        learner = rledit.SeparableCMAES { steps = steps, population_size = 10 },
      })
      show(seed, "search " .. steps, result.model, before)
    end
  end
  return
end

return rledit.task {
  name = "transfer-bias",
  distribution = rledit.TaskDistribution {
    networks = { training = classifiers(0, 5), validation = classifiers(20, 2), heldout = classifiers(5, 5) },
    classes = { "terms" },
    sets = function() return sets end,
    test_sets = function() return judged end,
  },
  world = rledit.ShiftWorld { layer = args.layer or "fc2", rank = 1 },
  policy = rledit.UnitPolicy { forget = "harmless", retain = "comments" },
  pairs_per_step = 5,
  reward = reward,
  learner = rledit.EvolutionStrategy {
    steps = args.steps or 3200, population_size = 32, standard_deviation = 0.01,
    learning_rate = rledit.schedule.linear(0.006, 0.0006), adam_beta2 = 0.99,
  },
}
