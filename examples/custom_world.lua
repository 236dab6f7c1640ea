-- A world is a table: how many numbers an action has, and what they do to the weights.
-- This one gives a layer a volume knob for each unit that it listens to: 128 numbers that say what they do.
--
--   rledit-lua examples/custom_world.lua
local rledit = require "rledit"

local UnitGain = {
  name  = "UnitGain",
  layer = "fc2",
  scale = 1,                                          -- a knob at -1 mutes its unit, one at +1 makes it twice as loud
}

-- A number would do; a function of the weights fits any layer.
function UnitGain.action_size(weights)                -- weights [outputs, inputs]
  return weights:size(2)
end

-- Returns new weights of the same shape. An action of zeros must leave them as they are: there the search begins.
-- `mul` makes a new tensor; `mul_` would write into the one that was handed in.
function UnitGain:apply(weights, action)              -- action [inputs], every number in -1 … 1
  return weights:mul(1 + self.scale * action)         -- broadcast: the same gain for an input's whole column
end

local digits = rledit.data.digits()
local model  = rledit.models.digit_cnn { seed = rledit.seed }
model:fit(digits.train, { epochs = 2 })

local function is_seven(label) return label == 7 end
local forget, retain = digits.train:partition(is_seven)
local test_forget, test_retain = digits.test:partition(is_seven)

return rledit.task {
  name    = "unit-gain",
  model   = model,
  world   = UnitGain,
  sets    = { forget = forget:take(500), retain = retain:take(2000) },
  heldout = { forget = test_forget, retain = test_retain },
  reward  = function(m)
    local keep, drop = m.retain.accuracy, 1 - m.forget.accuracy
    return keep + drop, { keep = keep, drop = drop }
  end,
  learner = rledit.PPO { steps = rledit.args.steps or 8192 },
}
