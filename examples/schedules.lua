-- Numbers that change while a run goes on. A schedule is a function of progress, from 0 to 1; wherever a setting may
-- vary, a number, a ready-made schedule or a function of your own will do.
--
--   rledit-lua examples/schedules.lua
local rledit = require "rledit"
local schedule = rledit.schedule

-- Ready-made ones can be combined and called, and show in the manifest as they were written.
local learning_rate = schedule.warmup(0.05, schedule.cosine(8e-4, 0))
for _, progress in ipairs { 0, 0.05, 0.5, 1 } do
  print(("learning rate at %3.0f %%: %.2e"):format(100 * progress, learning_rate(progress)))
end

local digits = rledit.data.digits()
local model  = rledit.models.digit_cnn { seed = rledit.seed }
model:fit(digits.train, { epochs = 2, learning_rate = schedule.linear(2e-3, 2e-4) })

local function is_seven(label) return label == 7 end
local forget, retain = digits.train:partition(is_seven)
local test_forget, test_retain = digits.test:partition(is_seven)

return rledit.task {
  name    = "schedules",
  model   = model,
  world   = rledit.MaskWorld {
    layer = "fc2",
    scale = schedule.linear(3, 2),                    -- bold edits while exploring, smaller ones at the end
  },
  sets    = { forget = forget:take(500), retain = retain:take(2000) },
  heldout = { forget = test_forget, retain = test_retain },
  reward  = function(m)
    -- A reward can follow the run as well: keeping the rest counts more and more.
    local keep, drop = m.retain.accuracy, 1 - m.forget.accuracy
    return (1 + m.progress) * keep + drop, { keep = keep, drop = drop }
  end,
  learner = rledit.PPO {
    steps = rledit.args.steps or 8192,
    learning_rate = learning_rate,
    clip_range = schedule.piecewise { { 0, 0.3 }, { 0.5, 0.2 }, { 1, 0.1 } },
    entropy_coefficient = function(progress)          -- your own: curious for the first third, then not at all
      return progress < 1 / 3 and 1e-3 or 0
    end,
  },
}
