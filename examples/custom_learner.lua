-- A learner is a table, too: `ask` proposes a batch of actions, `tell` hears what each was worth.
-- This is the cross-entropy method: draw a generation around a mean, keep the best, move mean and spread to them.
--
--   rledit-lua examples/custom_learner.lua
local rledit = require "rledit"
local tensor = rledit.tensor

local CrossEntropy = {
  name       = "CrossEntropy",
  steps      = rledit.args.steps or 8192,             -- candidates in all
  batch_size = 64,                                    -- candidates per generation
  elite      = 8,                                     -- of which these many shape the next one
  smoothing  = 0.3,                                   -- how much of mean and spread stays from one to the next
}

function CrossEntropy:begin(problem)
  self.mean   = tensor.zeros(problem.action_size)     -- zero leaves the network as it is
  self.spread = tensor.full(problem.action_size, 0.5)
end

function CrossEntropy:ask()
  local noise = tensor.normal { self.batch_size, self.mean.count }
  return self.mean + self.spread * noise              -- [batch_size, action_size]
end

function CrossEntropy:tell(actions, rewards)
  local order = {}
  for i = 1, #rewards do order[i] = i end
  -- Equal rewards keep their order, so that the same run gives the same bytes.
  table.sort(order, function(a, b) return rewards[a] > rewards[b] or rewards[a] == rewards[b] and a < b end)

  local best = actions:index_select(table.move(order, 1, self.elite, 1, {}))
  local old, new = self.smoothing, 1 - self.smoothing
  self.mean   = old * self.mean + new * best:mean(1)
  self.spread = old * self.spread + new * best:std(1)
  return { spread = self.spread:mean() }              -- numbers for the log
end

-- Optional. The answer of the whole search, beside the best candidate seen:
function CrossEntropy:mean_action() return self.mean end

-- Optional as well: with these two a run can be interrupted and resumed.
function CrossEntropy:save() return { mean = self.mean, spread = self.spread } end
function CrossEntropy:load(state) self.mean, self.spread = state.mean, state.spread end

local digits = rledit.data.digits()
local model  = rledit.models.digit_cnn { seed = rledit.seed }
model:fit(digits.train, { epochs = 2 })

local function is_seven(label) return label == 7 end
local forget, retain = digits.train:partition(is_seven)
local test_forget, test_retain = digits.test:partition(is_seven)

return rledit.task {
  name    = "cross-entropy",
  model   = model,
  world   = rledit.MaskWorld { layer = "fc2", rank = 1 },
  sets    = { forget = forget:take(500), retain = retain:take(2000) },
  heldout = { forget = test_forget, retain = test_retain },
  target  = 1.95,
  reward  = function(m)
    local keep, drop = m.retain.accuracy, 1 - m.forget.accuracy
    return keep + drop, { keep = keep, drop = drop }
  end,
  learner = CrossEntropy,
}
