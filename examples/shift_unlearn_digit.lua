-- The same as unlearn_digit.lua in the other world: an edit adds to the weights instead of scaling them.
--
--   rledit-lua examples/shift_unlearn_digit.lua
--   rledit-lua examples/shift_unlearn_digit.lua --set rank=4 --set horizon=4
local rledit = require "rledit"

local digit  = rledit.args.digit or 7
local digits = rledit.data.digits()
local model  = rledit.models.digit_cnn { seed = rledit.seed }
model:fit(digits.train, { epochs = 2 })

local function is_digit(label) return label == digit end
local forget, retain = digits.train:partition(is_digit)
local test_forget, test_retain = digits.test:partition(is_digit)

return rledit.task {
  name    = "shift-unlearn-" .. digit,
  model   = model,
  world   = rledit.ShiftWorld {
    layer   = "fc2",
    rank    = rledit.args.rank or 1,                  -- more ranks: richer edits, more numbers to learn
    horizon = rledit.args.horizon or 1,               -- more steps: an episode's shifts add up
    unit    = "rms",                                  -- shifts count in the layer's own typical weight, on any layer
  },
  sets    = { forget = forget:take(500), retain = retain:take(2000) },
  heldout = { forget = test_forget, retain = test_retain },
  target  = 1.95,
  reward  = function(m)
    local keep, drop = m.retain.accuracy, 1 - m.forget.accuracy
    -- The size of the edit is not part of the reward, but worth a curve in the report.
    return keep + drop, { keep = keep, drop = drop, moved = m.edit.relative_norm }
  end,
  learner = rledit.PPO { steps = rledit.args.steps or 8192 },
}
