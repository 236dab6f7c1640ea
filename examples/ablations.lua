-- The questions that a method must answer, as settings of one task: what do rank, horizon, scale, the weight of what is
-- kept, the world and the observation matter?
--
--   rledit-lua sweep examples/ablations.lua --grid rank=1,2,4,8 --seeds 5
--   rledit-lua sweep examples/ablations.lua --grid world=mask,shift --grid horizon=1,2,4,8 --seeds 5
--   rledit-lua sweep examples/ablations.lua --grid world=mask,shift --random 40 --range scale=0.25:16:log
local rledit = require "rledit"
local args = rledit.args

local rank        = args.rank or 1
local horizon     = args.horizon or 1
local scale       = args.scale                       -- nil: the world's default
local weight      = args.weight or 1                 -- what a point of retain accuracy is worth against one forgotten
local world       = args.world or "mask"
local observation = args.observation or "standardized"
local learner     = args.learner or "PPO"
local steps       = args.steps or 8192
local digit       = args.digit or 7

local worlds = { mask = rledit.MaskWorld, shift = rledit.ShiftWorld }
assert(worlds[world], "world is mask or shift")
assert(rledit.learners[learner], "learner is one of rledit.learners")

local digits = rledit.data.digits()
local model  = rledit.models.digit_cnn { seed = rledit.seed }
model:fit(digits.train, { epochs = 2 })

local function is_digit(label) return label == digit end
local forget, retain = digits.train:partition(is_digit)
local test_forget, test_retain = digits.test:partition(is_digit)

return rledit.task {
  name        = "ablations",
  model       = model,
  world       = worlds[world] { layer = "fc2", rank = rank, horizon = horizon, scale = scale },
  observation = observation,
  sets        = { forget = forget:take(500), retain = retain:take(2000) },
  heldout     = { forget = test_forget, retain = test_retain },
  target      = 0.95 * (1 + weight),
  reward      = function(m)
    local keep, drop = m.retain.accuracy, 1 - m.forget.accuracy
    return weight * keep + drop, { keep = keep, drop = drop }
  end,
  learner     = rledit.learners[learner] { steps = steps },
}
