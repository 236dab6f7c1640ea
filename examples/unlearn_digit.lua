-- Make a trained CNN forget the digit 7 and keep the rest.
--
--   rledit-lua examples/unlearn_digit.lua
--   rledit-lua examples/unlearn_digit.lua --set digit=4 --seeds 5
local rledit = require "rledit"

local digit  = rledit.args.digit or 7
local digits = rledit.data.digits()                   -- real MNIST if found, else generated; digits.source says which
local model  = rledit.models.digit_cnn { seed = rledit.seed }
model:fit(digits.train, { epochs = 2 })               -- remembered: the same fit is not repeated on the next run

local function is_digit(label) return label == digit end
local forget, retain = digits.train:partition(is_digit)
local test_forget, test_retain = digits.test:partition(is_digit)

return rledit.task {
  name    = "unlearn-" .. digit,
  model   = model,
  world   = rledit.MaskWorld { layer = "fc2", rank = 1 },
  sets    = { forget = forget:take(500), retain = retain:take(2000) },
  heldout = { forget = test_forget, retain = test_retain },
  target  = 1.95,                                     -- the report tells how many evaluations it took to get there
  reward  = function(m)
    local keep, drop = m.retain.accuracy, 1 - m.forget.accuracy
    return keep + drop, { keep = keep, drop = drop }  -- one number, then optional named terms for the log
  end,
  learner = rledit.PPO { steps = rledit.args.steps or 8192 },
}
