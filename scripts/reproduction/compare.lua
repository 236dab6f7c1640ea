-- Every learner and every baseline on task U: the small regime for each method, and as the reference the network
-- retrained on all of the 55,000 training images but those of the digit.
--
--   rledit-lua compare scripts/reproduction/compare.lua --methods all --seeds 5 --depth
--   rledit-lua compare scripts/reproduction/compare.lua --methods all --seeds 5 --depth \
--     --set world=shift --out runs/shift
local rledit = require "rledit"

local digit  = rledit.args.digit or 7
local world  = rledit.args.world or "mask"
local worlds = { mask = rledit.MaskWorld, shift = rledit.ShiftWorld }
assert(worlds[world], "world is mask or shift")

local digits = rledit.data.mnist()
local train  = digits.train:take(55000)
local model  = rledit.models.digit_cnn { seed = rledit.seed }
model:fit(train, { epochs = 2, batch_size = 128 })

local function is_digit(label) return label == digit end
local forget, retain = train:partition(is_digit)
local test_forget, test_retain = digits.test:partition(is_digit)

return rledit.task {
  name      = "compare-" .. digit .. "-" .. world,
  model     = model,
  world     = worlds[world] { layer = "fc2", rank = 1 },
  sets      = { forget = forget:take(500), retain = retain:take(2000) },
  heldout   = { forget = test_forget, retain = test_retain },
  baselines = { rledit.baselines.retrain { model = model, retain = retain } },
  target    = 1.95,
  reward    = function(m) return m.retain.accuracy + 1 - m.forget.accuracy end,
  learner   = rledit.PPO { steps = rledit.args.steps or 8192 },
}
