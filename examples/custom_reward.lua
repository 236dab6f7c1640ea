-- Three ways to say "forget this digit", one to choose from:
--
--   rledit-lua examples/custom_reward.lua --set reward=accuracy
--   rledit-lua examples/custom_reward.lua --set reward=loss
--   rledit-lua examples/custom_reward.lua --set reward=margin
local rledit = require "rledit"

local chance = math.log(10)                           -- the loss of a network that finds all ten digits equally likely

local rewards = {
  -- Counts right answers. Easy to read, but flat: an example that is nearly forgotten counts as one that is not.
  accuracy = function(m)
    return m.retain.accuracy - m.forget.accuracy
  end,

  -- Sees every example move. A loss has no upper end, so without the cap the learner would make the network absurdly
  -- sure of wrong answers, and pay for it on the retain set: past chance level there is nothing more to forget.
  loss = function(m)
    return math.min(m.forget.loss, chance) - 2 * m.retain.loss
  end,

  -- The margin is the right answer's score minus its best rival's, so it tells how clearly an answer is wrong, not only
  -- that it is. `m.base` is the unedited network: as far below zero as it was above is enough. The retain set is
  -- counted, for a mean margin would hide examples that were lost while others became surer.
  margin = function(m)
    return 4 * m.retain.accuracy - math.max(m.forget.margin / m.base.forget.margin, -1)
  end,
}

local choice = rledit.args.reward or "accuracy"
local reward = rewards[choice] or error("--set reward=" .. choice .. ": accuracy, loss or margin expected", 0)

local digits = rledit.data.digits()
local model  = rledit.models.digit_cnn { seed = rledit.seed }
model:fit(digits.train, { epochs = 2 })

local function is_seven(label) return label == 7 end
local forget, retain = digits.train:partition(is_seven)
local test_forget, test_retain = digits.test:partition(is_seven)

return rledit.task {
  name    = "reward-" .. choice,
  model   = model,
  world   = rledit.MaskWorld { layer = "fc2", rank = 1 },
  sets    = { forget = forget:take(500), retain = retain:take(2000) },
  heldout = { forget = test_forget, retain = test_retain },
  reward  = function(m)
    -- Named terms only inform: with the same two in each run, the reports of the three can be compared.
    return reward(m), { keep = m.retain.accuracy, drop = 1 - m.forget.accuracy }
  end,
  learner = rledit.PPO { steps = rledit.args.steps or 8192 },
}
