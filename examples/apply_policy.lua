-- Edit a network at once, by a policy that was trained on other networks.
--
-- The policy in forget_class.policy.safetensors was trained on eight digit CNNs and the digits 0 to 5, 8 and 9 of
-- MNIST. Here it meets a network of another width, trained on the spot, and a digit that it has never seen; a search on
-- the same network shows how many evaluations it would have taken otherwise. The policies in
-- forget_few.policy.safetensors were trained for few images (scripts/reproduction/transfer_families.lua).
--
--   rledit-lua examples/apply_policy.lua
--   rledit-lua examples/apply_policy.lua --set digit=6 --set width=48 --seed 3
local rledit = require "rledit"
local args, nn = rledit.args, rledit.nn

local digit = args.digit or 7
local digits = rledit.data.digits()
local function is_digit(label) return label == digit end
local forget, retain = digits.train:partition(is_digit)
forget, retain = forget:take(500), retain:take(2000)
local test_forget, test_retain = digits.test:partition(is_digit)

local width = args.width or 24                          -- the policy's training networks had 32 units here
local model = nn.sequential {
  input = { 1, 28, 28 },
  { "conv1", nn.conv2d { inputs = 1, outputs = 16, kernel = 3, padding = 1 } }, nn.relu(), nn.max_pool2d(2),
  { "conv2", nn.conv2d { inputs = 16, outputs = 32, kernel = 3, padding = 1 } }, nn.relu(), nn.max_pool2d(2),
  nn.flatten(), { "fc1", nn.linear(1568, 96) }, nn.relu(), { "fc2", nn.linear(96, width) }, nn.relu(),
  { "fc3", nn.linear(width, 10) },
}
model:fit(digits.train, { epochs = 2 })

local function show(name, edited, evaluations)
  print(("%-22s forget %6.2f %%   retain %6.2f %%   evaluations %d"):format(
    name, 100 * edited:evaluate(test_forget).accuracy, 100 * edited:evaluate(test_retain).accuracy, evaluations))
end
show("unedited", model, 0)

local policy = rledit.load_policy "forget_class.policy.safetensors"
local sets = { forget = forget, retain = retain }
local edited, info = rledit.apply { policy = policy, model = model, sets = sets }
show("policy, zero-shot", edited, info.evaluations)
local few = { forget = forget:take(5), retain = retain:take(50) }
show("policy, 5 + 50 images", (rledit.apply { policy = policy, model = model, sets = few }), 0)
-- Three policies in one file, trained on 5 to 500 images of CNNs and perceptrons: the edit is the mean of theirs.
show("three, 5 + 50 images", (rledit.apply {
  policy = "forget_few.policy.safetensors", model = model, sets = few,
}), 0)
local refined, refined_info = rledit.apply { policy = policy, model = model, sets = sets, refine = 10 }
show("policy, refined", refined, refined_info.evaluations)

-- The same network by itself, with the reward that the policy was trained for.
for _, steps in ipairs { 10, 100, args.steps or 500 } do
  local result = rledit.run.task(rledit.task {
    model = model, world = rledit.ShiftWorld { layer = "fc2", bias = true }, sets = sets,
    reward = function(m)
      local keep = (m.retain.accuracy + m.retain.true_probability) / 2
      return keep + 1 - (m.forget.accuracy + m.forget.true_probability) / 2
    end,
    learner = rledit.SeparableCMAES { steps = steps, population_size = 10 },
  })
  show("search", result.model, result.evaluations)
end
show("contrast rule", rledit.baselines.contrast_rule {
  model = model, forget = forget, retain = retain, layer = "fc2",
}.model, 0)
print(("the edit itself took %.2f ms, what it is made of %.0f ms"):format(
  1000 * info.edit_seconds, 1000 * info.feature_seconds))
print("saved " .. edited:save "forgets.safetensors")
