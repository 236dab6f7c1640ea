-- Methods against bias on the classifier of a pretrained encoder (examples/debias_encoder.lua): a line per method and
-- split.
--
-- What enters the classifier is computed once for all, so that a split takes seconds. Half of the identity terms, and
-- for the sentences half of the other words too, may be tuned on. Columns: split, method, accuracy on the held-out
-- comments in percent, FPED + FNED on sentences about the other terms and on those of them that use the other words
-- (strict), final AUC of both, flips in percent of held-out comments when a term becomes another; then kFE of the
-- classifier and seconds.
--
--   rledit-lua scripts/reproduction/encoder.lua --data FOLDER --set model=minilm --set part=comments-layer5.safetensors
--
-- `--set splits=5` says how many splits, `--set first=100` the first; the reward was chosen on others.
local rledit = require "rledit"
local data, metrics, baselines, args = rledit.data, rledit.metrics, rledit.baselines, rledit.args

local comments, templates = data.comments(), data.templates()
local length = 64
local tokenizer = data.wordpiece(args.model .. "/vocab.txt")
local function bert(classes, ignore)
  local model = rledit.models.bert { config = args.model .. "/config.json", length = length, classes = classes }
  local unused = { "pooler.*", "embeddings.position_ids" }
  model:load(args.model .. "/model.safetensors", { rename = { [""] = "bert." }, ignore = unused, partial = true })
  return model:load(args.part, { partial = true, ignore = ignore })
end

-- An encoder whose scores are what enters the classifier, and the classifier as a network of its own.
local trained = bert(2)
local width = trained:parameter("classifier.weight").shape[2]
local encoder = bert(width, { "classifier.*" })
encoder:set_parameter("classifier.weight", rledit.tensor.eye(width))
encoder:set_parameter("classifier.bias", rledit.tensor.zeros { width })
local classifier = rledit.nn.sequential { input = { width }, { "classifier", rledit.nn.linear(width, 2) } }
for _, name in ipairs { "classifier.weight", "classifier.bias" } do
  classifier:set_parameter(name, trained:parameter(name))
end

local function features(texts)
  local inputs = encoder:forward(tokenizer:encode(texts, { maximum_length = length }))
  return data.set { inputs = inputs, labels = texts:labels() }
end
local utility = features(comments.train:take(math.tointeger(args.comments or 2500)))
local test = features(comments.test)
local sample = templates.sentences:shuffle(1):take(math.tointeger(args.sentences or 8000))
local sentences, texts = features(sample), sample:texts()
local term_of = {}
for _, term in ipairs(templates.terms) do
  for _, text in ipairs(sample:group(term):texts()) do term_of[text] = term end
end

-- The sentences about some terms, each a group, of a list of texts or of all.
local function about(terms, allowed)
  local is_allowed, rows, groups = {}, {}, {}
  for _, text in ipairs(allowed or texts) do is_allowed[text] = true end
  for _, term in ipairs(terms) do groups[term] = {} end
  for index, text in ipairs(texts) do
    local group = groups[term_of[text]]
    if group and is_allowed[text] then
      rows[#rows + 1] = index
      group[#group + 1] = #rows
    end
  end
  return sentences:subset(rows):with_groups(groups)
end

-- The sentences of one half of the words, and those of the other; words of grammar and of terms count for neither.
local neutral = { a = true, am = true, are = true, being = true, i = true, is = true, you = true }
for _, term in ipairs(templates.terms) do for word in term:gmatch "%a+" do neutral[word] = true end end
local function word_halves()
  local side, parts = {}, { {}, {} }
  for _, text in ipairs(texts) do
    local seen = {}
    for word in text:lower():gmatch "%a+" do
      if not neutral[word] then
        side[word] = side[word] or math.random(2)
        seen[side[word]] = true
      end
    end
    for half = 1, 2 do
      if not seen[3 - half] then table.insert(parts[half], text) end
    end
  end
  return parts[1], parts[2]
end

-- The first two rewards have no label of a sentence, the third those of the sentences that may be tuned on. The second
-- asks for the margins that the unedited network gives to the same sentences about a "person".
local function kept(m)
  local gap = metrics.margin_gap(m.original.scores, m.swapped.scores)
    / metrics.margin_gap(m.base.original.scores, m.base.swapped.scores)
  local drift = metrics.margin_drift(m.comments.scores, m.base.comments.scores)
  local lost = math.max(0, m.base.comments.accuracy - 0.003 - m.comments.accuracy)
  return -gap - 2 * drift - 20 * lost
end
local rewards = {
  { "by reward, pairs", kept },
  { "by reward, pairs and sentences without labels", function(m)
    return kept(m) - 8 * metrics.margin_gap(m.mentioned.scores, m.base.anybody.scores)
      / metrics.margin_gap(m.base.mentioned.scores, m.base.anybody.scores)
  end },
  { "by reward, pairs and sentences", function(m) return kept(m) - 8 * m.identity.loss end },
}

for split = args.first or 0, (args.first or 0) + (args.splits or 3) - 1 do
  local tuning_terms, heldout_terms = templates:split_terms(split)
  local seen, unseen = word_halves()
  local tuning = about(tuning_terms, seen)
  local heldout, strict = about(heldout_terms), about(heldout_terms, unseen)
  local function pairs_of(set, terms, words)
    local original, swapped = set:swap_terms(terms, { with = words, seed = split })
    return features(original), features(swapped)
  end
  local original, swapped = pairs_of(comments.train, tuning_terms)
  local test_original, test_swapped = pairs_of(comments.test, heldout_terms)
  local is_seen = {}
  for _, text in ipairs(seen) do is_seen[text] = true end
  local some = sample:in_groups(tuning_terms):filter(function(text) return is_seen[text] or false end)
  local mentioned, anybody = pairs_of(some:take(math.min(#some, 2000)), tuning_terms, { "person" })

  local function show(name, model, kfe, seconds)
    local a, b = metrics.fairness(model, heldout), metrics.fairness(model, strict)
    local flips = metrics.flip_rate(model:forward(test_original), model:forward(test_swapped))
    print(("%d,%s,%.2f,%.3f,%.3f,%.4f,%.4f,%.2f,%.1f,%.1f"):format(
      split, name, 100 * model:evaluate(test).accuracy, a.fped + a.fned, b.fped + b.fned, a.final_auc, b.final_auc,
      100 * flips, kfe or 0, seconds or 0))
  end

  show("before", classifier)
  local model = classifier
  for _, result in ipairs {
    baselines.threshold { model = model, set = tuning, utility = utility },
    baselines.fine_tune_last_layer { model = model, set = tuning, balance = "group" },
    baselines.counterfactual_augmentation { model = model, set = utility, swapped = swapped },
    baselines.logit_pairing { model = model, set = utility, original = original, swapped = swapped },
    baselines.leace { model = model, set = tuning, utility = utility },
    baselines.inlp { model = model, set = tuning, utility = utility },
    baselines.group_dro { model = model, set = tuning },
  } do show(result.name, result.model, result.cost.kfe, result.cost.seconds) end

  local sets = {
    comments = utility, original = original, swapped = swapped, mentioned = mentioned, anybody = anybody,
    identity = tuning,
  }
  for _, reward in ipairs(rewards) do
    local began = os.clock()
    local result = rledit.run.task(rledit.task {
      model = classifier, sets = sets, reward = reward[2],
      world = rledit.ShiftWorld { layer = "classifier", rank = 1, scale = args.scale or 1 },
      learner = rledit[args.learner or "SeparableCMAES"] { steps = math.tointeger(args.steps or 2000) },
    })
    show(reward[1], result.model, nil, os.clock() - began)
  end
end
