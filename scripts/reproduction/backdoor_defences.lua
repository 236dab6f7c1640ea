-- Defences against the backdoor of examples/remove_backdoor.lua, with the pictures that its reward sees, a row each.
--
-- The first get the 2,000 clean pictures alone; from `refit` on they get those with the patch and their own labels,
-- too, as the reward does. Columns: accuracy on clean test pictures, attack, right answers on test pictures with the
-- patch, all in percent, and processor seconds. `only` takes names or places in the list.
--
--   RLEDIT_DATA=… rledit-lua scripts/reproduction/backdoor_defences.lua --set only=refit,fine_pruning
local rledit = require "rledit"
local args, baselines = rledit.args, rledit.baselines

local pictures = rledit.data.objects { normalize = "imagenet" }
local trigger = { patch = { { 1, 0, 1 }, { 0, 1, 0 }, { 1, 0, 1 } } }
local model = rledit.models.resnet_cifar { depth = 20 }
model:load "cifar10/resnet20-backdoor.safetensors"
local function triggered(set)
  local _, others = set:partition(function(label) return label == 0 end)
  return others:stamp(trigger)
end
local _, validation = pictures.train:shuffle(1):split(0.9)
local clean = validation:take(2000)
local both = clean:concat(triggered(validation:take(666)))
local test_right = triggered(pictures.test)

local methods = {
  { "fine_tune", "fine_tune", retain = clean },
  { "fine_tune, rate 0.01", "fine_tune", retain = clean, learning_rate = 0.01 },
  { "fine_pruning", "fine_pruning", retain = clean, layer = "layer3.2.conv2" },
  { "anp", "adversarial_neuron_pruning", retain = clean },
  { "anp, 100 steps", "adversarial_neuron_pruning", retain = clean, steps = 100 },
  { "anp, 100 steps, threshold 0.05", "adversarial_neuron_pruning", retain = clean, steps = 100, threshold = 0.05 },
  { "refit", "fine_tune_last_layer", set = both, epochs = 60, learning_rate = 0.01 },
  { "fine_tune with the patch", "fine_tune", retain = both, learning_rate = 0.01, epochs = 5 },
}
local wanted = args.only and {} or nil
for name in (args.only or ""):gmatch "[^,]+" do wanted[name] = true end

local function row(name, edited, seconds)
  local answers, named = edited:predict(test_right), 0
  local labels, right = test_right:labels(), 0
  for index, answer in ipairs(answers) do
    if answer == 0 then named = named + 1 end
    if answer == labels[index] then right = right + 1 end
  end
  print(("| %s | %.2f | %.2f | %.2f | %.0f |"):format(
    name, 100 * edited:evaluate(pictures.test).accuracy, 100 * named / #labels, 100 * right / #labels, seconds))
end
for index, method in ipairs(methods) do
  if not wanted or wanted[method[1]] or wanted[tostring(index)] then
    local options = { model = model }
    for key, value in pairs(method) do if type(key) == "string" then options[key] = value end end
    local began = os.clock()
    local result = baselines[method[2]](options)
    row(method[1], result.model, os.clock() - began)
  end
end
