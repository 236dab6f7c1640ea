-- Make a classifier of comments treat sentences about people alike, whoever they are about, and stay as good as it was.
--
--   rledit-lua examples/debias_comments.lua
--   rledit-lua examples/debias_comments.lua --set aim=ranking --set layer=fc1 --set rank=8
--   rledit-lua examples/debias_comments.lua --set words=half --seeds 5
--
-- Half of the identity terms may be tuned on; the other half judge. With words=half the sentences about the first half
-- use one half of the other words too, and the held-out set `strict` only the other: nothing it says was seen.
local rledit = require "rledit"
local args = rledit.args

local comments  = rledit.data.comments()               -- Jigsaw's if found, else generated; comments.source says which
local templates = rledit.data.templates()
local words     = rledit.data.vocabulary(comments.train, { maximum_size = 5000 })
local model     = rledit.models.bag_of_words { vocabulary = words, seed = rledit.seed }   -- 5000 → 64 → 16 → 2
model:fit(words:encode(comments.train), { epochs = 4, batch_size = 256, weight_decay = 1e-5 })

-- Splits --------------------------------------------------------------------------------------------------------------

local function halves(list)                             -- in an order drawn by the run's seed
  local shuffled = table.move(list, 1, #list, 1, {})
  for i = #shuffled, 2, -1 do
    local j = math.random(i)
    shuffled[i], shuffled[j] = shuffled[j], shuffled[i]
  end
  local middle = #shuffled // 2
  return table.move(shuffled, 1, middle, 1, {}), table.move(shuffled, middle + 1, #shuffled, 1, {})
end

local tuning_terms, heldout_terms = halves(templates.terms)

-- The words of a sentence that neither grammar nor the term itself puts there: names, adjectives, verbs.
local others = { a = true, am = true, are = true, being = true, i = true, is = true, you = true }
for _, term in ipairs(templates.terms) do
  for word in term:gmatch "%S+" do others[word] = true end
end
local function content(text)
  local list = {}
  for word in text:lower():gmatch "[^%s%.]+" do
    if not others[word] then list[#list + 1] = word end
  end
  return list
end

-- Words of toxic sentences, of harmless ones, and of both are halved apart, so that each half has as many of each kind.
local labels, kinds = templates.sentences:labels(), {}
for i, text in ipairs(templates.sentences:texts()) do
  for _, word in ipairs(content(text)) do kinds[word] = (kinds[word] or 0) | (labels[i] + 1) end
end
local in_first = {}
for kind = 1, 3 do
  local list = {}
  for word, its_kind in pairs(kinds) do
    if its_kind == kind then list[#list + 1] = word end
  end
  for _, word in ipairs((halves(list))) do in_first[word] = true end
end
local function all_words(in_half)
  return function(text)
    for _, word in ipairs(content(text)) do
      if (in_first[word] or false) ~= in_half then return false end
    end
    return true
  end
end

local sentences = words:encode(templates.sentences)
local seen = args.words == "half" and words:encode((templates.sentences:filter(all_words(true)))) or sentences
local unseen = words:encode((templates.sentences:filter(all_words(false))))
local utility, tuning = words:encode(comments.train:concat(comments.validation)), seen:in_groups(tuning_terms)

-- The task ------------------------------------------------------------------------------------------------------------

-- What an edit is to achieve: the same error rates for every term at the classifier's threshold, or that toxic
-- sentences score above harmless ones whatever they are about.
local aims = {
  equality = function(m) return 1 - m.identity.equality_difference / m.base.identity.equality_difference end,
  ranking  = function(m) return 2 * (m.identity.final_auc - m.base.identity.final_auc) end,
}
local fairness = aims[args.aim or "equality"] or error("--set aim: equality or ranking expected")
local tolerance = args.tolerance or 0.013              -- accuracy on comments that may be lost at no cost
local weight = rledit.schedule.linear(5, 30)          -- what a lost share of accuracy costs: little at first

local World = rledit[args.world or "MaskWorld"]
local Learner = rledit[args.learner or "PPO"]

return rledit.task {
  name     = "debias-comments",
  model    = model,
  world    = World { layer = args.layer or "fc2", rank = args.rank or 1, bias = true },
  sets     = { comments = utility, identity = tuning },
  heldout  = {
    comments = words:encode(comments.test),
    identity = sentences:in_groups(heldout_terms),
    strict   = unseen:in_groups(heldout_terms),
  },
  measures = {
    comments = { "accuracy", "auc" },
    identity = { "accuracy", "fped", "fned", "equality_difference", "error_difference_at_eer", "final_auc" },
    strict   = { "accuracy", "equality_difference", "final_auc" },
  },
  reward   = function(m)
    local fair = fairness(m)
    local lost = math.max(0, m.base.comments.accuracy - tolerance - m.comments.accuracy)
    local blurred = math.max(0, m.base.identity.accuracy - 0.02 - m.identity.accuracy)
    return fair - weight(m.progress) * lost - 10 * blurred, { fair = fair, lost = lost, blurred = blurred }
  end,
  learner  = Learner { steps = args.steps or 8192 },
  baselines = {
    rledit.baselines.threshold { model = model, set = tuning, utility = utility },
    rledit.baselines.fine_tune_last_layer { model = model, set = words:encode(comments.train) },
  },
}
