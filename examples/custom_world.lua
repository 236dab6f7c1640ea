-- A world is a table: how many numbers an action has, and what they do to the weights.
-- This one gives every unit of a layer a volume knob, 32 numbers where a mask of rank 1 has 160.
--
--   rledit-lua examples/custom_world.lua
local rledit = require "rledit"

local UnitGain = {
  name  = "UnitGain",
  layer = "fc2",
  scale = 1.5,                                        -- a knob at -1 turns the unit's sign, at +1 it plays 2.5 times
}

-- A number would do; a function of the weights fits any layer.
function UnitGain.action_size(weights)                -- weights [units, inputs]
  return weights:size(1)
end

-- Returns new weights of the same shape. An action of zeros must leave them as they are: there the search begins.
-- `mul` makes a new tensor; `mul_` would write into the one that was handed in.
function UnitGain:apply(weights, action)              -- action [units], every number in -1 … 1
  local gain = 1 + self.scale * action
  return weights:mul(gain:unsqueeze(2))               -- [units, 1]: one gain for the whole row
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
