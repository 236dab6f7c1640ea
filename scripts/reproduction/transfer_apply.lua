-- Policies of scripts/reproduction/transfer.lua on networks of other kinds, a line per network, digit and way of
-- applying: kind, network, digit, whether the policy never met the digit, way, forget and retain accuracy in percent
-- before and after. `--set kind=` names what is tried:
--
--   few         the held-out networks, 5 + 50 images, five draws (`--set split=validation`: the networks of seeds 100 to
--               104 on the last 5,000 training images, where settings are chosen, twenty draws)
--   widths      CNNs whose edited layer is 128→32 (twice as many and half as many channels before it), 96→24, 64→16,
--               192→64, 256→48
--   mlp         a perceptron 784→128→32→10
--   generated   the CNN on generated digits
-- Seed 0 also has the policy's rivals: contrast rule, bias edit, SSD.
--
--   rledit-lua scripts/reproduction/transfer_apply.lua --set kind=widths --set fold=3 --allow P --set policy=P
local rledit = require "rledit"
local args = rledit.args

local fold = args.fold or 3
local policy = rledit.load_policy(args.policy)
local digits = args.kind == "generated" and rledit.data.generated_digits() or rledit.data.mnist()
local train = args.kind == "generated" and digits.train or digits.train:take(55000)
local validates = args.split == "validation"
local judged = validates and digits.train:drop(55000) or digits.test
local tests, sets = {}, {}
for class = 0, 9 do
  local function is_class(label) return label == class end
  local forget, retain = judged:partition(is_class)
  tests[class] = { forget = forget, retain = retain }
  forget, retain = train:partition(is_class)
  sets[class] = { forget = forget, retain = retain }
end

local nn = rledit.nn
local function cnn(seed, channels, first, second)
  return nn.sequential {
    name = ("cnn %d-%d-%d"):format(channels, first, second), input = { 1, 28, 28 }, seed = seed,
    { "conv1", nn.conv2d { inputs = 1, outputs = channels, kernel = 3, padding = 1 } }, { "relu1", nn.relu() },
    { "pool1", nn.max_pool2d(2) },
    { "conv2", nn.conv2d { inputs = channels, outputs = 2 * channels, kernel = 3, padding = 1 } },
    { "relu2", nn.relu() }, { "pool2", nn.max_pool2d(2) }, { "flatten", nn.flatten() },
    { "fc1", nn.linear(2 * channels * 49, first) }, { "relu3", nn.relu() },
    { "fc2", nn.linear(first, second) }, { "relu4", nn.relu() }, { "fc3", nn.linear(second, 10) },
  }
end
local function mlp(seed)
  return nn.sequential {
    name = "mlp", input = { 1, 28, 28 }, seed = seed, { "flatten", nn.flatten() },
    { "fc1", nn.linear(784, 128) }, { "relu1", nn.relu() }, { "fc2", nn.linear(128, 32) }, { "relu2", nn.relu() },
    { "fc3", nn.linear(32, 10) },
  }
end

local models = {}
if args.kind == "few" then
  local first, last = 0, 9
  if validates then first, last = 100, 104 end
  for seed = first, last do models[#models + 1] = rledit.models.digit_cnn { seed = seed } end
elseif args.kind == "widths" then
  models = {
    cnn(500, 32, 128, 32), cnn(501, 8, 128, 32), cnn(502, 16, 96, 24), cnn(503, 16, 64, 16), cnn(504, 16, 192, 64),
    cnn(505, 16, 256, 48),
  }
elseif args.kind == "mlp" then
  for seed = 510, 514 do models[#models + 1] = mlp(seed) end
else
  for seed = 520, 524 do models[#models + 1] = rledit.models.digit_cnn { seed = seed } end
end
rledit.nn.fit_all { models = models, set = train, epochs = 2, seed = args.kind ~= "few" and 500 or validates and 100 or 0 }

local function show(index, class, way, before, model)
  local after = { model:evaluate(tests[class].forget).accuracy, model:evaluate(tests[class].retain).accuracy }
  print(("%s,%s %d,%d,%d,%s,%.4f,%.4f,%.4f,%.4f"):format(
    args.kind, models[index].name, index, class, class // 2 == fold and 1 or 0, way, 100 * before[1], 100 * before[2],
    100 * after[1], 100 * after[2]))
end

for index, model in ipairs(models) do
  for class = 0, 9 do
    local before = { model:evaluate(tests[class].forget).accuracy, model:evaluate(tests[class].retain).accuracy }
    for draw = 1, args.kind ~= "few" and 1 or validates and 20 or 5 do
      local forget, retain = sets[class].forget, sets[class].retain
      if args.kind == "few" then
        forget, retain = forget:shuffle(draw):take(5), retain:shuffle(draw):take(50)
      else
        forget, retain = forget:take(500), retain:take(2000)
      end
      local chosen = { forget = forget, retain = retain }
      show(index, class, "zero-shot", before, (rledit.apply { policy = policy, model = model, sets = chosen }))
      show(index, class, "10 evaluations", before,
        (rledit.apply { policy = policy, model = model, sets = chosen, refine = 10 }))
      if rledit.seed == 0 then
        local options = { model = model, forget = forget, retain = retain, layer = "fc2" }
        show(index, class, "contrast rule", before, rledit.baselines.contrast_rule(options).model)
        options.layer = nil
        show(index, class, "bias edit", before, rledit.baselines.bias_edit(options).model)
        show(index, class, "SSD", before, rledit.baselines.ssd(options).model)
      end
    end
  end
end
