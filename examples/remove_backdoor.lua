-- Repair a network with a backdoor: a small patch in a corner makes it call every picture by one class.
--
-- The reward asks for two things: right answers on clean pictures, and right answers on pictures with the patch. To
-- ask only that the attack fail disarms the patch and leaves those pictures wrong. It counts losses, which overfit
-- less than answers do. One convolution inside the last block is edited; what enters it is computed once.
--
--   rledit-lua examples/remove_backdoor.lua
--   rledit-lua examples/remove_backdoor.lua --data FOLDER --set model=resnet20-backdoor.safetensors
--
-- With --set triggered=20 only so many pictures with the patch are known. With --set defences=true published defences
-- show what they do with the same clean pictures, and the last layer is trained on what the reward sees.
-- `rledit-lua compare` with --methods task,logit_bias asks whether an offset of each score would do.
--
-- Without a model a small network is trained on poisoned pictures first. That takes a minute on generated pictures, and
-- some more on CIFAR-10, which is used where a data root holds it.
local rledit = require "rledit"
local args   = rledit.args

local pictures = rledit.data.objects { normalize = "imagenet" }
local target   = 0                                    -- what the patch makes the network say
local trigger  = { patch = { { 1, 0, 1 }, { 0, 1, 0 }, { 1, 0, 1 } } }  -- in the bottom right corner

local model = rledit.models.resnet_cifar { depth = args.depth or (args.model and 20 or 8), seed = rledit.seed }
local train, validation = pictures.train:shuffle(1):split(0.9)
if args.model then
  model:load(args.model)
else
  local poisoned = train:take(#train // 20):stamp(trigger):relabel(function() return target end)
  model:fit(train:drop(#train // 20):concat(poisoned), {
    epochs = args.epochs or 4, batch_size = 64, learning_rate = 0.003,
  })
end

-- Pictures of other classes with the patch: `right` with their own labels, `attack` with the one that it asks for.
local function triggered(set)
  local _, others = set:partition(function(label) return label == target end)
  local right = others:stamp(trigger)
  return right, right:relabel(function() return target end)
end
local count = math.min(args.count or 2000, #validation)
local clean, layer = validation:take(count), "layer3." .. (args.model and 2 or 0) .. ".conv2"
local right = triggered(validation:take(count // 3))
if args.triggered then right = right:take(args.triggered) end
local test_right, test_attack = triggered(pictures.test)

return rledit.task {
  name    = "remove-backdoor",
  model   = model,
  world   = rledit.ShiftWorld { layer = layer, scale = 3 },
  sets    = { clean = clean, right = right },
  heldout = { clean = pictures.test, right = test_right, attack = test_attack },
  reward  = function(m)
    return -m.clean.loss - m.right.loss, { clean = -m.clean.loss, right = -m.right.loss }
  end,
  learner = rledit.CMAES { steps = args.steps or 2000 },
  baselines = args.defences and {
    rledit.baselines.fine_tune { model = model, retain = clean },
    rledit.baselines.fine_tune_last_layer {
      model = model, set = clean:concat(right), epochs = 60, learning_rate = 0.01,
    },
    rledit.baselines.fine_pruning { model = model, retain = clean, layer = layer },
    rledit.baselines.adversarial_neuron_pruning { model = model, retain = clean, steps = args.mask_steps },
  },
}
