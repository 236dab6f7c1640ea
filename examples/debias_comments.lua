-- Make a classifier of comments treat sentences about different groups of people equally, and keep its accuracy.
--
--   rledit-lua examples/debias_comments.lua
--   rledit-lua examples/debias_comments.lua --set aim=ranking --set layer=fc1 --set rank=8
--   rledit-lua examples/debias_comments.lua --set words=half --seeds 5
--
-- With aim=halves the terms to tune on are halved once more, and the half that gains less counts. That is safer: an
-- edit that fits some terms and harms others is then worth nothing.
--
-- Half of the identity terms may be tuned on; the other half judge. With words=half the sentences about the first half
-- use one half of the other words too, and the held-out set `strict` only the other: nothing it says was seen.
local rledit = require "rledit"
local args = rledit.args

local comments, templates = rledit.data.comments(), rledit.data.templates()   -- Jigsaw's if found, else generated
local words = rledit.data.vocabulary(comments.train, { maximum_size = 5000 })
local model = rledit.models.bag_of_words { vocabulary = words, seed = rledit.seed }   -- 5000 → 64 → 16 → 2
model:fit(words:encode(comments.train), { epochs = 4, batch_size = 256, weight_decay = 1e-5 })

local tuning_terms, heldout_terms = templates:split_terms(rledit.seed)
local seen, unseen = templates:split_words(rledit.seed)
local sentences = words:encode(templates.sentences)
local tuning = (args.words == "half" and words:encode(seen) or sentences):in_groups(tuning_terms)

local sets = { comments = words:encode(comments.train:concat(comments.validation)), identity = tuning }
if args.aim == "halves" then
  local halves = { {}, {} }
  for index, term in ipairs(tuning_terms) do table.insert(halves[index % 2 + 1], term) end
  sets.first, sets.second = tuning:in_groups(halves[1]), tuning:in_groups(halves[2])
end

-- What an edit is to achieve: the same error rates for every term at the classifier's threshold, or that toxic
-- sentences score above harmless ones whatever they are about.
local function gain(set, base)
  local before, after = base.equality_difference, set.equality_difference
  return before > 0 and 1 - after / before or -after
end
local aims = {
  equality = function(m) return gain(m.identity, m.base.identity) end,
  halves   = function(m) return math.min(gain(m.first, m.base.first), gain(m.second, m.base.second)) end,
  ranking  = function(m) return 2 * (m.identity.final_auc - m.base.identity.final_auc) end,
}
local fairness = aims[args.aim or "equality"] or error("--set aim: equality, halves or ranking expected")
local tolerance = args.tolerance or 0.013             -- accuracy on comments that may be lost at no cost
local weight = rledit.schedule.linear(5, 30)          -- what a lost share of accuracy costs: little at first
local shown = { "accuracy", "fped", "fned", "equality_difference", "error_difference_at_eer", "final_auc" }

return rledit.task {
  name     = "debias-comments",
  model    = model,
  world    = rledit[args.world or "MaskWorld"] { layer = args.layer or "fc2", rank = args.rank or 1, bias = true },
  sets     = sets,
  heldout  = {
    comments = words:encode(comments.test), identity = sentences:in_groups(heldout_terms),
    strict = words:encode(unseen):in_groups(heldout_terms),
  },
  measures = { comments = { "accuracy", "auc" }, identity = shown, strict = shown },
  reward   = function(m)
    local fair = fairness(m)
    local lost = math.max(0, m.base.comments.accuracy - tolerance - m.comments.accuracy)
    local blurred = math.max(0, m.base.identity.accuracy - 0.02 - m.identity.accuracy)
    return fair - weight(m.progress) * lost - 10 * blurred, { fair = fair, lost = lost, blurred = blurred }
  end,
  learner  = rledit[args.learner or "PPO"] { steps = args.steps or 8192 },
  baselines = {
    rledit.baselines.threshold { model = model, set = tuning, utility = sets.comments },
    rledit.baselines.fine_tune_last_layer { model = model, set = words:encode(comments.train) },
  },
}
