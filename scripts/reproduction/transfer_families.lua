-- A policy for networks of other families (docs/transfer.md): trained on CNNs and perceptrons of two widths, with 5 to
-- 500 images of the digit to forget in each episode, chosen on perceptrons with GELU, and judged on perceptrons of
-- other depths and optimizers and on tanh networks, for digits that it never met.
--
--   rledit-lua scripts/reproduction/transfer_families.lua --seeds 3 --out runs/families
--   P=runs/families/policy.safetensors        (the mean of the three; those of each seed are in seed-0, ...)
--   rledit-lua scripts/reproduction/transfer_families.lua --allow $P --set policy=$P
--
-- The second prints a line per network, digit, number of images and draw: family, network, digit, images, draw, way,
-- forget and retain accuracy in percent before and after, distance from the training. `--set fold=0` to 4 leaves out
-- the digits 2 fold and 2 fold + 1; `--set images=all` trains with all images in each episode, as before.
local rledit = require "rledit"
local args = rledit.args
local nn = rledit.nn

local fold = args.fold or 3
local digits = rledit.data.mnist()
local train = digits.train:take(55000)

-- A perceptron: its widths, its activation, and the layer before the last hidden one, which is edited.
local function perceptron(seed, widths, activation)
  local name = ("perceptron %s %s %d"):format(table.concat(widths, "-"), activation or "relu", seed)
  local layers = { name = name, input = { 1, 28, 28 }, seed = seed, { "flatten", nn.flatten() } }
  for i = 1, #widths - 1 do
    layers[#layers + 1] = { "fc" .. i, nn.linear(widths[i], widths[i + 1]) }
    if i < #widths - 1 then layers[#layers + 1] = { "act" .. i, nn[activation or "relu"]() } end
  end
  return nn.sequential(layers), "fc" .. #widths - 2
end

local edited = {}
local function family(count, first, make, options)
  local models = {}
  for i = 1, count do
    local model, layer = make(first + i - 1)
    models[i] = model
    edited[model.name] = layer
  end
  local fit = { models = models, set = train, epochs = 2, seed = first }
  for name, value in pairs(options or {}) do fit[name] = value end
  return nn.fit_all(fit)
end
local sgd = { optimizer = "sgd", learning_rate = 0.05, momentum = 0.9, batch_size = 64 }

local function by_class(set, forget_count, retain_count)
  local known = {}
  return function(_, class)
    if not known[class] then
      local forget, retain = set:partition(function(label) return label == class end)
      known[class] = {
        forget = forget_count and forget:take(forget_count) or forget,
        retain = retain_count and retain:take(retain_count) or retain,
      }
    end
    return known[class]
  end
end

if args.policy then
  local policy = rledit.load_policy(args.policy)
  local families = {
    { "four layers", family(3, 800, function(seed) return perceptron(seed, { 784, 200, 100, 50, 10 }) end) },
    { "SGD", family(4, 810, function(seed) return perceptron(seed, { 784, 300, 100, 10 }) end, sgd) },
    { "four layers SGD", family(2, 820, function(seed) return perceptron(seed, { 784, 256, 128, 64, 10 }) end, sgd) },
    { "tanh", family(3, 830, function(seed) return perceptron(seed, { 784, 128, 32, 10 }, "tanh") end) },
  }
  local tests, sets = by_class(digits.test), by_class(train)
  local function measured(model, class)
    local set = tests(nil, class)
    return model:evaluate(set.forget).accuracy, model:evaluate(set.retain).accuracy
  end
  for _, entry in ipairs(families) do
    for index, model in ipairs(entry[2]) do
      for class = 2 * fold, 2 * fold + 1 do
        local forget, retain = measured(model, class)
        local set = sets(nil, class)
        for _, images in ipairs { 500, 5 } do
          for draw = 1, images == 5 and 5 or 1 do
            local chosen = {
              forget = set.forget:shuffle(draw):take(images),
              retain = set.retain:shuffle(draw):take(images == 5 and 50 or 2000),
            }
            local function show(way, after, distance)
              local left, kept = measured(after, class)
              print(("%s,%d,%d,%d,%d,%s,%.3f,%.3f,%.3f,%.3f,%s"):format(
                entry[1], index, class, images, draw, way, 100 * forget, 100 * retain, 100 * left, 100 * kept,
                distance and ("%.2f"):format(distance) or ""))
            end
            local options = { policy = policy, model = model, sets = chosen, layer = edited[model.name] }
            local zero, info = rledit.apply(options)
            show("zero-shot", zero, info.distance)
            options.refine = 10
            show("10 evaluations", (rledit.apply(options)))
            if args.rivals then
              local rule = { model = model, forget = chosen.forget, retain = chosen.retain, layer = edited[model.name] }
              show("contrast rule", rledit.baselines.contrast_rule(rule).model)
              rule.layer = nil
              show("bias edit", rledit.baselines.bias_edit(rule).model)
            end
          end
        end
      end
    end
  end
  return
end

local seen = {}
for class = 0, 9 do if class // 2 ~= fold then seen[#seen + 1] = class end end

-- The same networks for each seed of the policy.
local training = family(3, 900, function(seed) return rledit.models.digit_cnn { seed = seed }, "fc2" end,
  { set = train:take(20000) })
for _, widths in ipairs { { 784, 128, 32, 10 }, { 784, 256, 64, 10 } } do
  for _, model in ipairs(family(3, 900 + widths[2], function(seed) return perceptron(seed, widths) end)) do
    training[#training + 1] = model
  end
end
return rledit.task {
  name = "transfer-families",
  distribution = rledit.TaskDistribution {
    networks = {
      training = training,
      validation = family(2, 950, function(seed) return perceptron(seed, { 784, 200, 60, 10 }, "gelu") end),
    },
    -- 500 + 2,000 images are drawn from, the reward sees 128 + 384 others.
    classes = seen, sets = by_class(train, 628, 2384), layers = function(model) return edited[model.name] end,
  },
  world = rledit.ShiftWorld { layer = "fc2" },
  draw_images = args.images ~= "all" and { 5, 500 } or nil,
  reward = function(m)
    local keep = (m.retain.accuracy + m.retain.true_probability) / 2
    local drop = 1 - (m.forget.accuracy + m.forget.true_probability) / 2
    return keep + drop, { keep = keep, drop = drop }
  end,
  learner = rledit.EvolutionStrategy {
    steps = args.steps or 9600, population_size = 32, standard_deviation = 0.01,
    learning_rate = rledit.schedule.linear(0.006, 0.0006), adam_beta2 = 0.99,
  },
}
