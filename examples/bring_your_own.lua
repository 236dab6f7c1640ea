-- Edit a network that was trained elsewhere, and hand it back under the same names.
--
--   rledit-lua examples/bring_your_own.lua
--   rledit-lua examples/bring_your_own.lua --allow my.safetensors --set file=my.safetensors
--
-- The first line trains a network and writes a file to try the second with. In PyTorch such a file comes from
-- safetensors.torch.save_file(net.state_dict(), "my.safetensors") and the edited one goes back by
-- net.load_state_dict(safetensors.torch.load_file("runs/…/edited.safetensors")).
local rledit = require "rledit"
local nn = rledit.nn

-- The file holds parameters, not the network: say here how yours is built. Names are what connects the two, so that
-- `conv1.weight` in the file belongs to the layer "conv1". What has no parameters needs no name.
local model = nn.sequential {
  name  = "my-network",
  input = { 1, 28, 28 },
  { "conv1", nn.conv2d { inputs = 1, outputs = 8, kernel = 5, padding = 2 } }, nn.relu(), nn.max_pool2d(2),
  { "conv2", nn.conv2d { inputs = 8, outputs = 16, kernel = 5, padding = 2 } }, nn.relu(), nn.max_pool2d(2),
  nn.flatten(),
  { "hidden", nn.linear(784, 48) }, nn.relu(),
  { "out", nn.linear(48, 10) },
}

local digits = rledit.data.digits()
if rledit.args.file then
  model:load(rledit.args.file)                        -- scripts read only what --allow or the data folders let them
else
  model:fit(digits.train, { epochs = 2 })
  local path = model:save "my.safetensors"            -- scripts write only into the run folder
  print(("wrote %s; use it by: --allow %s --set file=%s"):format(path, path, path))
end
print(("%.2f %% right before the edit"):format(100 * model:evaluate(digits.test).accuracy))

local function is_seven(label) return label == 7 end
local forget, retain = digits.train:partition(is_seven)
local test_forget, test_retain = digits.test:partition(is_seven)

return rledit.task {
  name    = "bring-your-own",
  model   = model,
  world   = rledit.ShiftWorld { layer = "hidden", rank = 1 },
  sets    = { forget = forget:take(500), retain = retain:take(2000) },
  heldout = { forget = test_forget, retain = test_retain },
  reward  = function(m) return m.retain.accuracy - m.forget.accuracy end,
  learner = rledit.PPO { steps = rledit.args.steps or 8192 },
}
