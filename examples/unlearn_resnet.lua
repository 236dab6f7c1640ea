-- Make a residual network forget a class by an edit of one convolution inside a block.
--
--   rledit-lua examples/unlearn_resnet.lua
--   rledit-lua examples/unlearn_resnet.lua --set world=MaskWorld --set layer=layer3.2.conv1 --set class=dog
--   rledit-lua examples/unlearn_resnet.lua --set weights=cifar10/resnet20.safetensors
--
-- The pictures are CIFAR-10 where it is found (scripts/fetch-data --cifar10), coloured shapes elsewhere. The third line
-- takes a network that was trained before, by the usual names of CIFAR's ResNets, from a data root; else one is fitted,
-- for a minute or two, to a part of the pictures. Whether the class is gone or only hidden says, beside a network that
-- is trained on the same pictures without the class,
--
--   rledit-lua compare examples/unlearn_resnet.lua --set retrain=true --depth --methods task,bias_edit,retrain
local rledit = require "rledit"
local args = rledit.args

local objects = rledit.data.objects { normalize = "imagenet" }
local model = rledit.models.resnet_cifar { depth = 20, seed = rledit.seed }
local pictures = objects.train:shuffle(1)              -- files may be in the order of their classes
local trained, epochs = pictures:take(args.train or 4000), args.epochs or 4
if args.weights then model:load(args.weights) else model:fit(trained, { epochs = epochs }) end
print(("%s: %.2f %% right before the edit"):format(objects.source, 100 * model:evaluate(objects.test).accuracy))

local label
for place, name in ipairs(objects.classes) do
  if name == (args.class or objects.classes[1]) then label = place - 1 end
end
assert(label, ("no class '%s'; there are %s"):format(args.class, table.concat(objects.classes, ", ")))

local function is_forgotten(l) return l == label end
local forget, retain = (args.retrain and trained or pictures):partition(is_forgotten)
local test_forget, test_retain = objects.test:partition(is_forgotten)

-- The last convolution: what enters it, and what the shortcut carries past it, is computed once.
local world = assert(rledit[args.world or "ShiftWorld"], "world: MaskWorld or ShiftWorld expected")
return rledit.task {
  name    = "unlearn-resnet-" .. objects.classes[label + 1],
  model   = model,
  world   = world { layer = args.layer or "layer3.2.conv2", rank = args.rank or 1, scale = 2 },
  sets    = { forget = forget:take(args.examples or 200), retain = retain:take(4 * (args.examples or 200)) },
  heldout = { forget = test_forget, retain = test_retain },
  reward  = function(m)
    local keep, drop = m.retain.accuracy, 1 - m.forget.accuracy
    return keep + drop, { keep = keep, drop = drop }
  end,
  learner = rledit.CMAES { steps = args.steps or 1000 },
  baselines = args.retrain and { rledit.baselines.retrain { model = model, retain = retain, epochs = epochs } } or nil,
}
