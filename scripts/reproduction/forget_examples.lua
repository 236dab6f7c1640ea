-- Methods of unlearning at their defaults, beside examples/forget_examples.lua: the same network, pictures and gaps to a
-- retrained network. Prints a row for each method; the example prints its own.
--
--   RLEDIT_DATA=… rledit-lua scripts/reproduction/forget_examples.lua
local rledit = require "rledit"
local args, metrics = rledit.args, rledit.metrics

local pictures = rledit.data.objects { normalize = "imagenet" }
local shuffled = pictures.train:shuffle(rledit.seed)
local train = shuffled:take(args.train or 5000)
local forget, retain = train:take(#train // 10), train:drop(#train // 10)

local function trained(set)
  local model = rledit.models.resnet_cifar { depth = 20, seed = rledit.seed }
  model:fit(set, {
    epochs = args.epochs or 12, batch_size = 64, optimizer = "sgd", momentum = 0.9, weight_decay = 5e-4,
    learning_rate = rledit.schedule.cosine(0.1, 0),
  })
  return model
end
local model, retrained = trained(train), trained(retain)

local function row(name, edited, seconds)
  local average, gaps = metrics.average_gap {
    model = edited, retrained = retrained, forget = forget, retain = retain, test = pictures.test,
  }
  print(("| `%s` | %.2f | %.2f | %.2f | %.2f | %.2f | %.0f |"):format(
    name, 100 * average, 100 * gaps.forget, 100 * gaps.retain, 100 * gaps.test, 100 * gaps.membership, seconds))
end
row("unedited", model, 0)
for _, name in ipairs { "neg_grad_plus", "scrub", "random_label", "salun", "fine_tune", "l1_sparse" } do
  local result = rledit.baselines[name] { model = model, forget = forget, retain = retain }
  row(name, result.model, result.cost.seconds)
end
