-- The reference task of docs/results.md: a digit CNN forgets one digit, in either world, with any learner and budget.
--
-- The network of each seed is its own, trained on the first 55,000 images of MNIST. Results are measured on the 10,000
-- test images; with split=validation on the last 5,000 training images, on which defaults are chosen (from seed 100).
--
--   rledit-lua scripts/reproduction/unlearn.lua --seeds 5 --set world=ShiftWorld --set rank=4
--   rledit-lua scripts/reproduction/unlearn.lua --seeds 5 --set learner=SeparableCMAES --set steps=1000
--   rledit-lua scripts/reproduction/unlearn.lua --seeds 5 --set learner=SeparableCMAES --set steps=400 \
--       --set population=12 --set reward=loss
--
-- For choosing defaults: `first` is added to the seed of the base network, and PPO's own settings can be set.
--
--   rledit-lua sweep scripts/reproduction/unlearn.lua --seeds 5 --set split=validation --set first=100 \
--       --grid world=MaskWorld,ShiftWorld --grid rollout=32,64,128,256
local rledit = require "rledit"

local args = rledit.args
local function integer(value, default)
  value = value or default
  return value and math.tointeger(tonumber(value))
end
local digit, rank, horizon = integer(args.digit, 7), integer(args.rank, 1), integer(args.horizon, 1)
local world, scale = args.world or "MaskWorld", args.scale
local learner, steps = args.learner or "PPO", integer(args.steps, 8192)
local rollout, minibatch = integer(args.rollout), integer(args.minibatch)
local log_std, rate, discount = args.log_std, args.rate, args.discount
if args.anneal then rate = rledit.schedule.linear(rate, 0) end

local rewards = {
  accuracy = function(m) return m.retain.accuracy + 1 - m.forget.accuracy end,
  -- What accuracy cannot see: how sure the network is. It tells candidates apart where accuracy counts them as equal.
  loss = function(m) return -m.retain.loss - m.forget.true_probability end,
}

local digits = rledit.data.mnist()
local train = digits.train:take(55000)
local judged = args.split == "validation" and digits.train:drop(55000) or digits.test
local model = rledit.models.digit_cnn { seed = rledit.seed + integer(args.first, 0) }
model:fit(train, { epochs = 2, batch_size = 128 })

local function is_digit(label) return label == digit end
local forget, retain = train:partition(is_digit)
local judged_forget, judged_retain = judged:partition(is_digit)

return rledit.task {
  name    = ("unlearn-%d-%s-%s"):format(digit, world, learner),
  model   = model,
  world   = rledit[world] { layer = args.layer or "fc2", rank = rank, horizon = horizon, scale = scale },
  sets    = { forget = forget:take(500), retain = retain:take(2000) },
  heldout = { forget = judged_forget, retain = judged_retain },
  target  = args.reward ~= "loss" and 1.95 or nil,
  reward  = rewards[args.reward or "accuracy"],
  learner = rledit[learner] {
    steps = steps, population_size = integer(args.population), rollout_length = rollout,
    minibatch_size = minibatch or (rollout and math.min(rollout, 64)),
    initial_log_standard_deviation = log_std, learning_rate = rate, discount = discount,
  },
}
