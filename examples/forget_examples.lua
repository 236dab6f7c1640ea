-- Make a network forget a tenth of its training pictures, drawn by chance, as if it had never seen them.
--
-- No class is to go, and no accuracy tells whether the pictures are gone: a network that never saw them is right about
-- most of them. What tells is confidence. A network is surer of pictures that it was trained on, and a membership
-- attack finds them by that. The reward asks for the loss on the pictures to forget to be that on pictures which the
-- network has never seen, and for the loss on all others to stay low.
--
--   rledit-lua examples/forget_examples.lua
--   rledit-lua examples/forget_examples.lua --set rank=4 --set steps=4000
--
-- The pictures are CIFAR-10 where it is found (scripts/fetch-data --cifar10), coloured shapes elsewhere. The network,
-- and the one to compare with, which is trained without the pictures to forget, are fitted once and then remembered.
local rledit = require "rledit"
local args, metrics = rledit.args, rledit.metrics
local depth = args.depth or 20

local pictures = rledit.data.objects { normalize = "imagenet" }
local shuffled = pictures.train:shuffle(rledit.seed)
local count    = args.train or math.min(5000, #shuffled - 1000)
local train, unseen  = shuffled:take(count), shuffled:drop(count):take(1000)
local forget, retain = train:take(count // 10), train:drop(count // 10)

local function trained(set)
  local model = rledit.models.resnet_cifar { depth = depth, seed = rledit.seed }
  model:fit(set, {
    epochs = args.epochs or 12, batch_size = 64, optimizer = "sgd", momentum = 0.9, weight_decay = 5e-4,
    learning_rate = rledit.schedule.cosine(0.1, 0),
  })
  return model
end
local model, retrained = trained(train), trained(retain)

-- How far a model is from the retrained one: accuracies on the three sets, and a membership attack.
local function report(name, edited)
  local average, gaps = metrics.average_gap {
    model = edited, retrained = retrained, forget = forget, retain = retain, test = pictures.test,
  }
  print(("%-9s average gap %5.2f: forget %5.2f, retain %5.2f, test %5.2f, membership %5.2f"):format(
    name, 100 * average, 100 * gaps.forget, 100 * gaps.retain, 100 * gaps.test, 100 * gaps.membership))
end
report("unedited", model)

local seen                                            -- the best candidate
local layer = ("layer3.%d.conv2"):format((depth - 2) // 6 - 1)   -- the last convolution

return rledit.task {
  name    = "forget-examples",
  model   = model,
  world   = rledit.ShiftWorld { layer = layer, rank = args.rank or 1, scale = args.scale or 1 },
  sets    = { forget = forget, retain = retain:take(math.min(2000, #retain)), unseen = unseen },
  heldout = { test = pictures.test },
  reward  = function(m)
    local gap = math.abs(m.forget.loss - m.unseen.loss)
    return -gap - m.retain.loss, { gap = -gap, keep = -m.retain.loss }
  end,
  learner = rledit.SeparableCMAES { steps = args.steps or 2000 },
  on_best = function(best) seen = best end,
  on_end  = function() report("edited", seen.model) end,
}
