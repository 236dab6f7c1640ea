-- Edits larger than factors: all six convolutions of the last block of ResNet-20 (202,752 weights) lose a backdoor, by
-- 600 pictures (docs/learners.md).
--
-- EGGROLL (arXiv 2511.16652) keeps candidates at low rank and lets their mean leave that space: a candidate is the
-- mean plus sigma * B A for each layer, in pairs with both signs, and the mean moves by the sum of all B A, weighted by
-- the ranks of what they are worth. Beside it are the learners of the program on the factors of one rank-1 shift.
--
--   rledit-lua scripts/reproduction/eggroll.lua --set steps=1000
--   rledit-lua scripts/reproduction/eggroll.lua --set steps=1000 --set learner=SeparableCMAES
--
-- Judged on test pictures; with `--set split=validation` on training pictures that no reward sees, for choosing
-- `sigma`, `rate`, `pairs`, and of the others `scale`.
local rledit = require "rledit"
local args, tensor = rledit.args, rledit.tensor

local pictures = rledit.data.objects { normalize = "imagenet" }
local model = rledit.models.resnet_cifar { depth = 20 }
model:load "cifar10/resnet20-backdoor.safetensors"
local trigger = { patch = { { 1, 0, 1 }, { 0, 1, 0 }, { 1, 0, 1 } } }
local function triggered(set)
  local _, others = set:partition(function(label) return label == 0 end)
  local right = others:stamp(trigger)
  return right, right:relabel(function() return 0 end)
end
local train = pictures.train:shuffle(1 + rledit.seed)
local judged = args.split == "validation" and train:drop(2000):take(2000) or pictures.test:shuffle(1):take(4000)
local test_right, test_attack = triggered(judged)

local layers = {}
for block = 0, 2 do
  for convolution = 1, 2 do layers[#layers + 1] = ("layer3.%d.conv%d"):format(block, convolution) end
end

-- The mean of the search, layer by layer, is shared by world and learner: an action of zeros is the mean itself.
local mean, unit, places, size = {}, {}, {}, 0
for _, layer in ipairs(layers) do
  local weights = model:parameter(layer .. ".weight")
  local rows = weights.shape[1]
  local columns = weights.count // rows
  mean[layer] = tensor.zeros { rows, columns }
  unit[layer] = weights:norm() / math.sqrt(weights.count)
  places[layer] = { b = { size + 1, size + rows }, a = { size + rows + 1, size + rows + columns } }
  size = size + rows + columns
end
local sigma, spread = args.sigma or 0.2, 0.25           -- an action's numbers are normals of deviation `spread`

local Accumulated = { name = "Accumulated", layers = layers, action_size = size }
function Accumulated.apply(weights, action)
  local edited = {}
  for layer, values in pairs(weights) do
    local b, a = action[{ places[layer].b }], action[{ places[layer].a }]
    local step = b:reshape { b.count, 1 }:matmul(a:reshape { 1, a.count }):mul_(sigma * unit[layer] / spread ^ 2)
    edited[layer] = values + step:add_(mean[layer]):reshape(values.shape)
  end
  return edited
end

local pairs_of = math.tointeger(args.pairs or 16)
local Eggroll = { name = "EGGROLL", steps = math.tointeger(args.steps or 1000), batch_size = 2 * pairs_of, told = 0 }
function Eggroll.ask()
  local factors = spread * tensor.normal { pairs_of, size }
  local mirrored = factors:clone()
  for _, layer in ipairs(layers) do
    local place = { {}, places[layer].b }
    mirrored[place] = -mirrored[place]
  end
  return tensor.concat { factors, mirrored }
end
function Eggroll:tell(actions, rewards)
  local order, rank = {}, {}
  for i = 1, #rewards do order[i] = i end
  table.sort(order, function(a, b) return rewards[a] < rewards[b] or rewards[a] == rewards[b] and a < b end)
  for place, index in ipairs(order) do rank[index] = place / #rewards end
  local weights, total = {}, 0
  for i = 1, #rewards // 2 do
    weights[i] = { rank[i] - rank[i + #rewards // 2] }
    total = total + math.abs(weights[i][1])
  end
  self.told = self.told + #rewards
  local rate = (args.rate or 3) * (1 - 0.9 * self.told / self.steps) -- falls to a tenth
  local norm = 0
  for _, layer in ipairs(layers) do
    local b = actions[{ { 1, #rewards // 2 }, places[layer].b }] * tensor.new(weights)
    local a = actions[{ { 1, #rewards // 2 }, places[layer].a }]
    local step = b:transpose():matmul(a):mul_(rate * sigma * unit[layer] / (spread ^ 2 * total))
    mean[layer]:add_(step)
    norm = norm + mean[layer]:square():sum()
  end
  return { norm = math.sqrt(norm) }
end
function Eggroll.mean_action() return tensor.zeros(size) end

local name = args.learner or "EGGROLL"
local is_own = name == "EGGROLL"
local count = args.pictures or 300
local clean = train:take(count)
local right = triggered(train:drop(count):take(2 * count)):take(count)

return rledit.task {
  name    = "eggroll",
  model   = model,
  world   = is_own and Accumulated or rledit.ShiftWorld { layers = layers, rank = 1, scale = args.scale or 2 },
  sets    = { clean = clean, right = right },
  heldout = { clean = judged, right = test_right, attack = test_attack },
  observation = "statistics",
  reward  = function(m) return -m.clean.loss - m.right.loss end,
  learner = is_own and Eggroll or rledit[name] { steps = math.tointeger(args.steps or 1000) },
}
