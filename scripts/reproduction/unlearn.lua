-- The reference task of docs/results.md: a digit CNN forgets one digit, in either world, at any rank and horizon.
--
-- The network of each seed is its own, trained on the first 55,000 images of MNIST; the last 5,000 are the validation
-- images on which defaults were chosen, and nothing here reads them. Results are measured on the 10,000 test images.
--
--   rledit-lua scripts/reproduction/unlearn.lua --seeds 5 --set world=ShiftWorld --set rank=4
local rledit = require "rledit"

local args = rledit.args
local function integer(value, default) return math.tointeger(tonumber(value or default)) end
local digit, rank, horizon = integer(args.digit, 7), integer(args.rank, 1), integer(args.horizon, 1)
local world = args.world or "MaskWorld"

local digits = rledit.data.mnist()
local train = digits.train:take(55000)
local model = rledit.models.digit_cnn { seed = rledit.seed }
model:fit(train, { epochs = 2, batch_size = 128 })

local function is_digit(label) return label == digit end
local forget, retain = train:partition(is_digit)
local test_forget, test_retain = digits.test:partition(is_digit)

return rledit.task {
  name    = ("unlearn-%d-%s"):format(digit, world),
  model   = model,
  world   = rledit[world] { layer = "fc2", rank = rank, horizon = horizon },
  sets    = { forget = forget:take(500), retain = retain:take(2000) },
  heldout = { forget = test_forget, retain = test_retain },
  target  = 1.95,
  reward  = function(m) return m.retain.accuracy + 1 - m.forget.accuracy end,
  learner = rledit.PPO { steps = 8192 },
}
