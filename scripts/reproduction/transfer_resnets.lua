-- A policy for ResNets on CIFAR-10 (docs/transfer.md): trained on fine-tunes of a published ResNet-20 and eight classes
-- and applied to other ResNet-20s and to a ResNet-56, for the classes 6 and 7, which it never met. It edits `linear`.
--
--   RLEDIT_DATA=... rledit-lua scripts/reproduction/transfer_resnets.lua
--
-- Only the last layer changes, so what enters it is computed once for each network, and the policy is trained and
-- judged on the last layers alone; one whole ResNet-56 is edited too, and must agree. Prints a line per network, class
-- and way: network, class, way, forget and retain accuracy in percent before and after, distance from the training.
local rledit = require "rledit"
local args = rledit.args
local nn = rledit.nn
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

-- So many pictures of each class: those to learn from, and those to judge by (more of the unseen classes).
local function some(set, count)
  local chosen
  for class = 0, 9 do
    local own = set:partition(function(label) return label == class end):take(count(class))
    chosen = chosen and chosen:concat(own) or own
  end
  return chosen
end
local pictures = some(shuffled, function() return args.pictures or 300 end)
local tests = some(objects.test, function(class) return (class == 6 or class == 7) and 500 or 125 end)

-- A network that gives what enters `linear`: the same with a last layer that changes nothing.
local function entering(model, depth, set)
  local body = rledit.models.resnet_cifar { depth = depth, classes = 64, seed = 1 }
  for name, value in pairs(model:parameters()) do
    if not name:find "^linear" then body:set_parameter(name, value) end
  end
  local identity = {}
  for i = 1, 64 do
    identity[i] = {}
    for j = 1, 64 do identity[i][j] = i == j and 1 or 0 end
  end
  body:set_parameter("linear.weight", identity)
  body:set_parameter("linear.bias", rledit.tensor.zeros { 64 })
  local labels = {}
  for class = 0, 9 do
    for _ = 1, set:partition(function(label) return label == class end).count do labels[#labels + 1] = class end
  end
  return rledit.data.set { inputs = body:forward(set), labels = labels, name = "features" }
end

-- The last layer of a network as a network of its own, with its examples.
local known, count = {}, 0
local function head(model, depth, judged)
  count = count + 1
  local last = nn.sequential { name = "head " .. count, input = { 64 }, { "linear", nn.linear(64, 10) } }
  last:set_parameter("linear.weight", model:parameter "linear.weight")
  last:set_parameter("linear.bias", model:parameter "linear.bias")
  known[last.name] = { train = entering(model, depth, pictures), test = judged and entering(model, depth, tests) }
  return last
end
local function cut(set, class)
  local forget, retain = set:partition(function(label) return label == class end)
  return { forget = forget, retain = retain:shuffle(7) }
end

local training, validation = {}, {}
for seed = 1, 4 do training[seed] = head(finetuned(seed), 20) end
validation[1] = head(finetuned(5), 20)

local function reward(m)
  local keep = (m.retain.accuracy + m.retain.true_probability) / 2
  local drop = 1 - (m.forget.accuracy + m.forget.true_probability) / 2
  return keep + drop, { keep = keep, drop = drop }
end

local policy, info = rledit.train_policy(rledit.task {
  name = "transfer-resnets",
  distribution = rledit.TaskDistribution {
    networks = { training = training, validation = validation }, classes = { 0, 1, 2, 3, 4, 5, 8, 9 },
    sets = function(model, class) return cut(known[model.name].train, class) end,
  },
  world = rledit.ShiftWorld { layer = "linear" },
  draw_images = { 5, 200 },
  reward = reward,
  learner = rledit.EvolutionStrategy {
    steps = args.steps or 9600, population_size = 32, standard_deviation = 0.01,
    learning_rate = rledit.schedule.linear(0.006, 0.0006), adam_beta2 = 0.99,
  },
}, { seeds = 3 })
print(info.summary)
print(policy:save "resnets.safetensors")

local function measured(model, set, class)
  local own = cut(set, class)
  return 100 * model:evaluate(own.forget).accuracy, 100 * model:evaluate(own.retain).accuracy
end

local function judge(name, whole, depth)
  local last = head(whole, depth, true)
  local own = known[last.name]
  for _, class in ipairs(unseen) do
    local sets = cut(own.train, class)
    local forget, retain = measured(last, own.test, class)
    local function show(way, after, distance)
      local left, kept = measured(after, own.test, class)
      print(("%s,%d,%s,%.2f,%.2f,%.2f,%.2f,%s"):format(
        name, class, way, forget, retain, left, kept, distance and ("%.2f"):format(distance) or ""))
    end
    local edited, applied = rledit.apply { policy = policy, model = last, sets = sets }
    show("zero-shot", edited, applied.distance)
    show("10 evaluations", (rledit.apply { policy = policy, model = last, sets = sets, refine = 10 }))
    local few = { forget = sets.forget:take(5), retain = sets.retain:take(50) }
    show("zero-shot 5 + 50", (rledit.apply { policy = policy, model = last, sets = few }))
    local options = { model = last, forget = sets.forget, retain = sets.retain, layer = "linear" }
    show("contrast rule", rledit.baselines.contrast_rule(options).model)
    options.layer = nil
    show("logit bias", rledit.baselines.bias_edit(options).model)
    for _, steps in ipairs { 100, 1000 } do
      local found = rledit.run.task(rledit.task {
        model = last, sets = sets, reward = reward, world = rledit.ShiftWorld { layer = "linear", bias = true },
        learner = rledit.CMAES { steps = steps, population_size = 10 },
      })
      show("CMA-ES " .. steps, found.model)
    end
    if depth == 56 and class == unseen[1] then
      local sets_of_pictures = cut(pictures, class)
      local edited_whole = rledit.apply { policy = policy, model = whole, sets = sets_of_pictures }
      local left, kept = measured(edited_whole, tests, class)
      local of_head, kept_by_head = measured(edited, own.test, class)
      print(("the whole network: forget %.2f, retain %.2f; its last layer alone: %.2f, %.2f"):format(
        left, kept, of_head, kept_by_head))
    end
  end
end

judge("resnet56", resnet(56, "resnet56.safetensors"), 56)
judge("resnet20", resnet(20, "resnet20.safetensors"), 20)
judge("resnet20-jpeg", resnet(20, "resnet20-jpeg.safetensors"), 20)
judge("resnet20-backdoor", resnet(20, "resnet20-backdoor.safetensors"), 20)
for seed = 6, 5 + (args.heldout or 6) do judge("fine-tune " .. seed, finetuned(seed), 20) end
