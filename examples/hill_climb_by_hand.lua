-- No task, no learner: your own loop over an environment, in Gymnasium's words.
--
--   rledit-lua examples/hill_climb_by_hand.lua
local rledit = require "rledit"
local tensor = rledit.tensor

local digits = rledit.data.digits()
local model  = rledit.models.digit_cnn { seed = rledit.seed }
model:fit(digits.train, { epochs = 2 })

local function is_seven(label) return label == 7 end
local forget, retain = digits.train:partition(is_seven)
local test_forget, test_retain = digits.test:partition(is_seven)

local env = rledit.env {
  model  = model,
  world  = rledit.MaskWorld { layer = "fc2", rank = 1 },
  sets   = { forget = forget:take(500), retain = retain:take(2000) },
  reward = function(m) return m.retain.accuracy + 1 - m.forget.accuracy end,
}
print(env)

-- One step, to see what an environment says. At horizon 1 an episode is a single edit, so it ends by truncation.
local observation = env:reset(rledit.seed)
local idle = tensor.zeros(env.action_size)
local _, reward, terminated, truncated = env:step(idle)
print(("an idle edit: %d weights seen, reward %.3f, terminated %s, truncated %s"):format(
  observation.count, reward, terminated, truncated))

-- The climb: mutate the best action so far, keep the best of 32 mutations if it is better. `evaluate` judges a whole
-- batch over all cores, each action from the unedited weights; the running episode does not notice.
local best, best_reward, spread = idle, reward, 0.5
local size = 32
for generation = 1, math.max(1, (rledit.args.steps or 4096) // size) do
  local actions = (best + spread * tensor.normal { size, env.action_size }):clamp(-1, 1)
  local better, bar = 0, best_reward
  for i, result in ipairs(env:evaluate(actions)) do
    if result.reward > bar then better = better + 1 end
    if result.reward > best_reward then best, best_reward = actions[i], result.reward end
  end
  -- Rechenberg's rule: longer strides while more than a fifth of the tries are better, shorter ones while fewer are.
  spread = spread * (better > size / 5 and 1.2 or 0.97)
  if generation % 32 == 0 then
    print(("generation %3d  best reward %.4f  spread %.3f"):format(generation, best_reward, spread))
  end
end

-- What the reward has never seen:
env:reset()
env:step(best)
local edited = env:edited_model()
for _, set in ipairs { test_forget:named "forget", test_retain:named "retain" } do
  print(("held-out %s: %.2f %% -> %.2f %%"):format(
    set.name, 100 * model:evaluate(set).accuracy, 100 * edited:evaluate(set).accuracy))
end
print("saved " .. edited:save "hill_climb.safetensors")
