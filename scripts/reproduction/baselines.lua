-- The baselines of docs/results.md: every method on the reference task, judged on the 10,000 test images.
--
-- A line per method: seed, name, forget and retain accuracy in percent, thousand forward equivalents, seconds; then
-- what tells hiding from forgetting: membership AUC, membership in percent, steps to relearn, recall of a linear probe
-- after the edited layer in percent, total variation from the retrained network, lowest accuracy of a class to keep
-- in percent. The network of each seed is its own, trained on the first 55,000 images of MNIST; methods see 500 forget
-- and 2,000 retain images of them, but for `retrain`, which sees all that are to be kept. `--set validation=true`
-- judges on the last 5,000 training images instead, which is where defaults are chosen, on seeds from 100 on;
-- `--set only=ssd --set options=selection:3,dampening:1` runs one method with other settings,
-- `--set only=erasure,neighbour_transport --set digit=1` some on another digit.
--
--   rledit-lua scripts/reproduction/baselines.lua --seeds 5
local rledit = require "rledit"
local baselines = rledit.baselines

local args = rledit.args
local digit = math.tointeger(args.digit or 7)
local only
for name in (args.only or ""):gmatch "[^,]+" do
  only = only or {}
  only[name] = true
end

local digits = rledit.data.mnist()
local train = digits.train:take(55000)
local judged = args.validation and digits.train:drop(55000) or digits.test
local model = rledit.models.digit_cnn { seed = rledit.seed }
model:fit(train, { epochs = 2, batch_size = 128 })

local function is_digit(label) return label == digit end
local all_forget, all_retain = train:partition(is_digit)
local forget, retain = all_forget:take(500), all_retain:take(2000)
local test_forget, test_retain = judged:partition(is_digit)

-- What all are compared with: a network that never saw the digit.
local retrained = rledit.baselines.retrain { model = model, retain = all_retain }

local metrics = rledit.metrics
local function show(name, edited, cost)
  local scores, labels = edited:forward(test_retain:inputs()), test_retain:labels()
  local lowest = 1
  for _, accuracy in pairs(metrics.per_class_accuracy(scores, labels)) do lowest = math.min(lowest, accuracy) end
  local columns = {
    100 * metrics.accuracy(edited:forward(test_forget:inputs()), test_forget:labels()),
    100 * metrics.accuracy(scores, labels), cost and cost.kfe or 0, cost and cost.seconds or 0,
    metrics.membership_auc { model = edited, members = all_forget, others = test_forget },
    100 * metrics.membership_rate {
      model = edited, examples = forget, trained = retain, untrained = test_retain,
    },
    metrics.relearn_steps { model = edited, forget = forget, test = test_forget },
    100 * metrics.probe_recall { model = edited, layer = "fc2", train = forget:concat(retain), test = test_forget },
    metrics.total_variation { model = edited, reference = retrained.model, set = test_forget }, 100 * lowest,
  }
  for index, column in ipairs(columns) do columns[index] = ("%.3f"):format(column) end
  print(rledit.seed .. "," .. name .. "," .. table.concat(columns, ","))
end

if not only then show("original", model) end
for _, name in ipairs {
  "retrain", "bias_edit", "gradient_edit", "gradient_mask", "gradient_shift", "greedy_pruning", "fine_tune",
  "gradient_ascent", "gradient_ascent_stopped", "neg_grad_plus", "random_label", "salun", "l1_sparse",
  "fisher_forgetting", "ssd", "scrub", "contrast_rule", "erasure", "neighbour_transport",
} do
  local options = { model = model, forget = forget, retain = retain }
  if name:find("^gradient_[ems]") or name == "greedy_pruning" or name == "contrast_rule" then options.layer = "fc2" end
  if name == "erasure" or name == "neighbour_transport" then options.layer = args.layer or "fc1" end
  for key, value in (args.options or ""):gmatch("([%w_]+):([^,]+)") do options[key] = tonumber(value) end
  if not only or only[name] then
    local result = name == "retrain" and retrained or baselines[name](options)
    show(name, result.model, result.cost)
  end
end
