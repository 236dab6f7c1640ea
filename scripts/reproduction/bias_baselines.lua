-- Methods against bias on Jigsaw's comments and the template sentences: a line per method and set of terms.
--
-- The classifier of each seed (5000 → 64 → 16 → 2, Adam 1e-3, weight decay 1e-5, 4 epochs) learns from the first
-- 70 % of the comments. Half of the identity terms, drawn by the seed, may be tuned on; the other half judge. Columns:
-- accuracy on held-out comments in percent, FPED, FNED, error difference at equal error rate, accuracy on the
-- sentences in percent, final AUC; then kFE and seconds.
--
--   rledit-lua scripts/reproduction/bias_baselines.lua --seeds 5
local rledit = require "rledit"
local baselines, metrics = rledit.baselines, rledit.metrics

local comments, templates = rledit.data.comments(), rledit.data.templates()
local words = rledit.data.vocabulary(comments.train, { maximum_size = 5000 })
local train, test = words:encode(comments.train), words:encode(comments.test)
local model = rledit.models.bag_of_words { vocabulary = words, seed = rledit.seed }
model:fit(train, { epochs = 4, weight_decay = 1e-5 })

local sentences = words:encode(templates.sentences)
local terms = sentences.groups
for index = #terms, 2, -1 do                            -- a random half of the terms to tune on
  local other = math.random(index)
  terms[index], terms[other] = terms[other], terms[index]
end
local half = #terms // 2
local tuning = sentences:in_groups(table.move(terms, 1, half, 1, {}))
local judging = sentences:in_groups(table.move(terms, half + 1, #terms, 1, {}))

local function show(name, edited, cost)
  local utility = metrics.fairness(edited, test)
  local bias = metrics.fairness { model = edited, set = judging, tuning = tuning }
  print(("%d,%s,%.2f,%.3f,%.3f,%.3f,%.2f,%.4f,%.2f,%.2f"):format(
    rledit.seed, name, 100 * utility.accuracy, bias.fped, bias.fned, bias.error_difference_at_eer,
    100 * bias.accuracy, bias.final_auc, cost and cost.kfe or 0, cost and cost.seconds or 0))
end

show("original", model)
for _, result in ipairs {
  baselines.threshold { model = model, set = tuning, utility = words:encode(comments.validation) },
  baselines.fine_tune_last_layer { model = model, set = train },
  baselines.fine_tune_last_layer {
    model = model, set = tuning, balance = "group", name = "fine_tune_last_layer (groups)",
  },
} do show(result.name, result.model, result.cost) end
