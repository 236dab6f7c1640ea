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
-- the digits 2 fold and 2 fold + 1; `--set images=all` trains with all images in each episode, as before;
-- `--set learner=gradient` trains by gradients through the edit.
local rledit = require "rledit"
local args = rledit.args
local shared = require "digit_networks"

local fold = args.fold or 3
local digits, train = shared.digits, shared.train

local cnn, perceptron, family, sgd = shared.cnn, shared.perceptron, shared.family, shared.sgd
local layers_of, by_class = shared.layers_of, shared.by_class

if args.policy then
  local policy = rledit.load_policy(args.policy)
  local families = {
    { "four layers", family(3, 800, perceptron { 784, 200, 100, 50, 10 }, { "fc3" }) },
    { "SGD", family(4, 810, perceptron { 784, 300, 100, 10 }, { "fc2" }, sgd) },
    { "four layers SGD", family(2, 820, perceptron { 784, 256, 128, 64, 10 }, { "fc3" }, sgd) },
    { "tanh", family(3, 830, perceptron({ 784, 128, 32, 10 }, "tanh"), { "fc2" }) },
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
            local options = { policy = policy, model = model, sets = chosen, layers = layers_of[model.name] }
            local zero, info = rledit.apply(options)
            show("zero-shot", zero, info.distance)
            options.refine = 10
            show("10 evaluations", (rledit.apply(options)))
            if args.rivals then
              local rule = {
                model = model, forget = chosen.forget, retain = chosen.retain, layers = layers_of[model.name],
              }
              show("contrast rule", rledit.baselines.contrast_rule(rule).model)
              rule.layers = nil
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
local training = shared.joined {
  family(3, 900, cnn, { "fc2" }, { set = train:take(20000) }),
  family(3, 1028, perceptron { 784, 128, 32, 10 }, { "fc2" }),
  family(3, 1156, perceptron { 784, 256, 64, 10 }, { "fc2" }),
}
return rledit.task {
  name = "transfer-families",
  distribution = rledit.TaskDistribution {
    networks = {
      training = training,
      validation = family(2, 950, perceptron({ 784, 200, 60, 10 }, "gelu"), { "fc2" }),
    },
    -- 500 + 2,000 images are drawn from, the reward sees 128 + 384 others.
    classes = seen, sets = by_class(train, 628, 2384), layers = function(model) return layers_of[model.name] end,
  },
  world = rledit.ShiftWorld { layer = "fc2" },
  draw_images = args.images ~= "all" and { 5, 500 } or nil,
  reward = shared.reward,
  learner = args.learner == "gradient" and rledit.PathwiseGradient {
    steps = args.steps or 300, learning_rate = rledit.schedule.linear(args.rate or 0.02, (args.rate or 0.02) / 10),
  } or rledit.EvolutionStrategy {
    steps = args.steps or 9600, population_size = 32, standard_deviation = 0.01,
    learning_rate = rledit.schedule.linear(0.006, 0.0006), adam_beta2 = 0.99,
  },
}
