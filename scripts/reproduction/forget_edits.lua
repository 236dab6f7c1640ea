-- Edits of other kinds on the task of examples/forget_examples.lua, where those of one layer lose to SalUn and SCRUB
-- (docs/results.md): other layers, ranks, worlds and learners, a reward that is the measurable part of the average gap,
-- and edits that begin where a method of unlearning ended. A row for each.
--
-- With `--set split=validation`, on which the kinds were looked at, pictures of the training set that no reward sees
-- are in place of the test pictures.
--
--   RLEDIT_DATA=… rledit-lua scripts/reproduction/forget_edits.lua --set split=validation
--   RLEDIT_DATA=… rledit-lua scripts/reproduction/forget_edits.lua --seed 1 --set only=salun,scrub
local rledit = require "rledit"
local args, metrics, baselines = rledit.args, rledit.metrics, rledit.baselines

local pictures = rledit.data.objects { normalize = "imagenet" }
local shuffled = pictures.train:shuffle(rledit.seed)
local train, unseen = shuffled:take(5000), shuffled:drop(5000):take(1000)
local forget, retain = train:take(500), train:drop(500)
local judged = args.split == "validation" and shuffled:drop(6000):take(3000) or pictures.test

local function trained(set)
  local model = rledit.models.resnet_cifar { depth = 20, seed = rledit.seed }
  model:fit(set, {
    epochs = 12, batch_size = 64, optimizer = "sgd", momentum = 0.9, weight_decay = 5e-4,
    learning_rate = rledit.schedule.cosine(0.1, 0),
  })
  return model
end
local model, retrained = trained(train), trained(retain)

local function row(name, edited, seconds)
  local average, gaps = metrics.average_gap {
    model = edited, retrained = retrained, forget = forget, retain = retain, test = judged,
  }
  print(("| %s | %.2f | %.2f | %.2f | %.2f | %.2f | %.0f |"):format(
    name, 100 * average, 100 * gaps.forget, 100 * gaps.retain, 100 * gaps.test, 100 * gaps.membership, seconds))
end
row("unedited", model, 0)

local last = "layer3.2.conv2"
local block = {}
for index = 0, 5 do block[#block + 1] = ("layer3.%d.conv%d"):format(index // 2, index % 2 + 1) end

-- What the unedited network keeps is what is known of a retrained one; what the example's reward asks is `loss`.
local whole = model:evaluate(retain:take(2000)).accuracy
local rewards = {
  loss = function(m) return -math.abs(m.forget.loss - m.unseen.loss) - m.retain.loss end,
  parts = function(m)
    return -math.abs(m.forget.accuracy - m.unseen.accuracy)
      - math.abs(m.forget.true_probability - m.unseen.true_probability)
      - math.max(0, whole - m.retain.accuracy) - 0.3 * m.retain.loss
  end,
}
-- name, what the world takes, and what differs: world, learner, steps, reward, pictures to keep, start.
local kinds = {
  conv = { { layer = last } },
  conv_parts = { { layer = last }, reward = "parts" },
  conv_rank4 = { { layer = last, rank = 4 } },
  conv_rank16 = { { layer = last, rank = 16 } },
  conv_mask = { { layer = last, rank = 4 }, world = "MaskWorld" },
  conv_snes = { { layer = last, rank = 4 }, learner = "SNES" },
  conv_full = { { layer = last, full = true }, learner = "EvolutionStrategy", steps = 4000 },
  linear_full = { { layer = "linear", full = true, bias = true } },
  linear_parts = { { layer = "linear", full = true, bias = true }, reward = "parts" },
  linear_rank4 = { { layer = "linear", rank = 4, bias = true } },
  block = { { layers = block }, steps = 600, keep = 500 },
  early = { { layer = "layer1.0.conv1" }, steps = 200, keep = 500 },
  salun = { { layer = last }, reward = "parts", start = "salun" },
  salun_linear = { { layer = "linear", full = true, bias = true }, reward = "parts", start = "salun" },
  scrub = { { layer = last }, reward = "parts", start = "scrub" },
  scrub_linear = { { layer = "linear", full = true, bias = true }, reward = "parts", start = "scrub" },
  random_label = { { layer = last }, reward = "parts", start = "random_label" },
}
local order = {
  "conv", "conv_parts", "conv_rank4", "conv_rank16", "conv_mask", "conv_snes", "conv_full", "linear_full",
  "linear_parts", "linear_rank4", "scrub", "scrub_linear", "salun", "salun_linear", "random_label", "block", "early",
}
if args.only then
  order = {}
  for name in args.only:gmatch "[%w_]+" do order[#order + 1] = name end
end

local starts = {}
local function start(name)
  if not name then return model end
  if not starts[name] then
    local result = baselines[name] { model = model, forget = forget, retain = retain }
    row(name .. ", before the edit", result.model, result.cost.seconds)
    starts[name] = result.model
  end
  return starts[name]
end
for _, name in ipairs(order) do
  local kind = assert(kinds[name], name)
  local options, begins = kind[1], start(kind.start)
  local began = os.clock()
  options.scale = args.scale or (kind.start and 0.5) or 1
  local result = rledit.run.task(rledit.task {
    model = begins,
    world = rledit[kind.world or "ShiftWorld"](options),
    sets = { forget = forget, retain = retain:take(kind.keep or 2000), unseen = unseen },
    reward = rewards[kind.reward or "loss"],
    learner = rledit[kind.learner or "SeparableCMAES"] { steps = args.steps or kind.steps or 2000 },
  })
  row(name, result.model, os.clock() - began)
end
