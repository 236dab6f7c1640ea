-- A guided tour: every part of rledit once, from numbers to an edited network. docs/tour.md walks through it.
--
--   rledit-lua examples/tour.lua
local rledit = require "rledit"
local tensor = rledit.tensor

local function section(title) print("\n-- " .. title) end

section "1. Tensors"
local w = tensor.new { { 1, -2, 3 }, { 4, 5, -6 } }
print(w)
print("w[2], w[{1, 3}]:", w[2], w[{ 1, 3 }])           -- places count from 1, as everywhere in Lua
print("row sums:", w:sum(2), "mean:", w:mean())
print("w * 10 + 1:", w * 10 + 1)                       -- a new tensor; w:mul_(10) would change w itself

section "2. Data"
local digits = rledit.data.digits()
print(digits.source)
local function is_seven(label) return label == 7 end
local forget, retain = digits.train:partition(is_seven)
local test_forget, test_retain = digits.test:partition(is_seven)
print(forget)
print(#retain, retain:class_counts()[7])               -- labels are values: the digit 7 is 7, and none is left here

section "3. A network"
local model = rledit.models.digit_cnn { seed = rledit.seed }
model:fit(digits.train, { epochs = 2 })
print(model)
print(("right on held-out digits: %.2f %%"):format(100 * model:evaluate(digits.test).accuracy))

section "4. An edit, by hand"
local task_parts = {
  model  = model,
  world  = rledit.MaskWorld { layer = "fc2", rank = 1 },
  sets   = { forget = forget:take(500), retain = retain:take(2000) },
  reward = function(m)
    local keep, drop = m.retain.accuracy, 1 - m.forget.accuracy
    return keep + drop, { keep = keep, drop = drop }
  end,
}
local env = rledit.env(task_parts)
print(env)
env:reset(rledit.seed)
local _, reward, _, _, info = env:step(tensor.uniform(env.action_size, { low = -1, high = 1, seed = 1 }))
print(("a random edit: reward %.3f = keep %.3f + drop %.3f"):format(reward, info.terms.keep, info.terms.drop))

section "5. Chance, then learning"
-- What does learning add? The same number of random edits says.
local steps = rledit.args.steps or 4096
local function with(learner, more)
  local fields = { heldout = { forget = test_forget, retain = test_retain }, target = 1.95, learner = learner }
  for name, value in pairs(task_parts) do fields[name] = value end
  for name, value in pairs(more) do fields[name] = value end
  return rledit.task(fields)
end
local chance = rledit.run.task(with(rledit.RandomSearch { steps = steps }, { name = "chance" }))
print(("best of %d random edits: reward %.3f; held out: forget %.2f %%, retain %.2f %%"):format(
  chance.evaluations, chance.best.reward,
  100 * chance.heldout.forget.best_seen.accuracy, 100 * chance.heldout.retain.best_seen.accuracy))

section "6. The run"
-- A script that returns a task leaves the rest to the program: progress, results, report, a folder to resume from.
return with(rledit.PPO { steps = steps }, {
  name = "tour",
  on_update = function(update)
    if update.update % 32 == 0 then
      print(("%3.0f %%  mean reward %.3f  spread %.2f"):format(
        100 * update.progress, update.reward.mean, update.learner.standard_deviation))
    end
  end,
  on_end = function(summary)
    print(("reward 1.95 after %s evaluations"):format(summary.evaluations_to_target or "more"))
  end,
})
