-- A policy for a convolution inside a residual block (docs/transfer.md): trained by gradients through the edit on
-- fine-tunes of a published ResNet-20 and eight classes of CIFAR-10, the layer `layer3.2.conv2`, and applied to other
-- ResNet-20s and to the last block of a ResNet-56, for the classes 6 and 7, which it never met.
--
--   RLEDIT_DATA=... rledit-lua scripts/reproduction/transfer_blocks.lua
--
-- It prints a line per network, class and way: network, class, way, forget and retain accuracy in percent before and
-- after, distance from the training. Rewards see 100 training pictures of each class, edits of held-out networks 300.
local rledit = require "rledit"
local args = rledit.args
local unseen = { 6, 7 }

local objects = rledit.data.objects { normalize = "imagenet" }
local shuffled = objects.train:shuffle(1)

local function resnet(depth, file)
  return rledit.models.resnet_cifar { depth = depth, seed = 1 }:load("cifar10/" .. file)
end
local function finetuned(seed)
  return resnet(20, "resnet20.safetensors"):fit(objects.train:shuffle(1000 + seed):take(8000), {
    epochs = 1, batch_size = 64, learning_rate = rledit.schedule.linear(0.02, 0.001), optimizer = "sgd", momentum = 0.9,
    seed = seed,
  })
end

-- So many pictures of each class, and of the unseen classes.
local function some(set, count, of_unseen)
  local chosen
  for class = 0, 9 do
    local own = set:partition(function(label) return label == class end)
    own = own:take((class == 6 or class == 7) and of_unseen or count)
    chosen = chosen and chosen:concat(own) or own
  end
  return chosen
end
local seen_pictures, pictures = some(shuffled, args.pictures or 100, 100), some(shuffled, 300, 300)
local tests = some(objects.test, 125, 500)
local function cut(set, class)
  local forget, retain = set:partition(function(label) return label == class end)
  return { forget = forget, retain = retain:shuffle(7) }
end

local training = {}
for seed = 1, args.networks or 3 do training[seed] = finetuned(seed) end

local policy, info = rledit.train_policy(rledit.task {
  name = "transfer-blocks",
  distribution = rledit.TaskDistribution {
    networks = { training = training, validation = { finetuned(5) } },
    classes = { 0, 1, 2, 3, 4, 5, 8, 9 },
    sets = function(_, class) return cut(seen_pictures, class) end,
  },
  world = rledit.ShiftWorld { layer = "layer3.2.conv2" },
  reward = function(m)
    local keep = (m.retain.accuracy + m.retain.true_probability) / 2
    local drop = 1 - (m.forget.accuracy + m.forget.true_probability) / 2
    return keep + drop, { keep = keep, drop = drop }
  end,
  validation_interval = 25,
  learner = rledit.PathwiseGradient { steps = args.steps or 150 },
}, { seeds = args.seeds or 1 })
print(info.summary)
print(policy:save "blocks.safetensors")

local function measured(model, class)
  local own = cut(tests, class)
  return 100 * model:evaluate(own.forget).accuracy, 100 * model:evaluate(own.retain).accuracy
end
local function judge(name, model, layer)
  for _, class in ipairs(unseen) do
    local sets = cut(pictures, class)
    local forget, retain = measured(model, class)
    local function show(way, after, distance)
      local left, kept = measured(after, class)
      print(("%s,%d,%s,%.2f,%.2f,%.2f,%.2f,%s"):format(
        name, class, way, forget, retain, left, kept, distance and ("%.2f"):format(distance) or ""))
    end
    local edited, applied = rledit.apply { policy = policy, model = model, sets = sets, layer = layer }
    show("zero-shot", edited, applied.distance)
    local few = { forget = sets.forget:take(5), retain = sets.retain:take(50) }
    show("zero-shot 5 + 50", (rledit.apply { policy = policy, model = model, sets = few, layer = layer }))
    local refined = rledit.apply { policy = policy, model = model, sets = sets, layer = layer, refine = 10 }
    show("best of 10 scales", refined)
    local options = { model = model, forget = sets.forget, retain = sets.retain }
    show("logit bias", rledit.baselines.bias_edit(options).model)
  end
end
judge("resnet56", resnet(56, "resnet56.safetensors"), "layer3.8.conv2")
judge("resnet20", resnet(20, "resnet20.safetensors"), "layer3.2.conv2")
judge("resnet20-jpeg", resnet(20, "resnet20-jpeg.safetensors"), "layer3.2.conv2")
judge("resnet20-backdoor", resnet(20, "resnet20-backdoor.safetensors"), "layer3.2.conv2")
for seed = 6, 5 + (args.heldout or 6) do judge("fine-tune " .. seed, finetuned(seed), "layer3.2.conv2") end
