-- Makes ResNet-20 forget the cats while PPO sees statistics of the edited weights, to compare its settings
-- (docs/learners.md): four convolutions, 147,456 weights, or one of them by `layer`. What judges the edits are training
-- pictures, too, which no reward sees.
--
--   rledit-lua scripts/reproduction/large_layers.lua --seeds 3 --set rate=6e-3
--   rledit-lua scripts/reproduction/large_layers.lua --seeds 3 --set layer=layer3.2.conv2 --set hidden=none
local rledit = require "rledit"
local args = rledit.args

local objects = rledit.data.objects { normalize = "imagenet" }
local model = rledit.models.resnet_cifar { depth = 20 }
model:load "cifar10/resnet20.safetensors"
local pictures = objects.train:shuffle(1)
if not args.layer then pictures = pictures:take(8000) end
local forget, retain = pictures:partition(function(label) return objects.classes[label + 1] == "cat" end)

local layers, sets, heldout
if args.layer then
  layers, sets = { args.layer }, { forget = forget:take(150), retain = retain:take(600) }
  heldout = { forget = forget:drop(2000):take(1000), retain = retain:drop(20000):take(3000) }
else
  layers = { "layer3.2.conv1", "layer3.2.conv2", "layer3.1.conv1", "layer3.1.conv2" }
  sets = { forget = forget:take(100), retain = retain:take(400) }
  heldout = { forget = forget:drop(200):take(400), retain = retain:drop(1000):take(1200) }
end

return rledit.task {
  name        = "large-layers",
  model       = model,
  world       = rledit[args.world or "ShiftWorld"] { layers = layers },
  sets        = sets,
  heldout     = heldout,
  reward      = function(m) return m.retain.accuracy + 1 - m.forget.accuracy end,
  observation = args.observation or "statistics",
  learner     = rledit.PPO {
    steps = args.steps or 1000,
    learning_rate = args.rate and rledit.schedule.linear(args.rate, 0),
    hidden_sizes = args.hidden == "none" and {} or nil,
  },
}
