-- Repairs a ResNet-20 with a backdoor whose trigger is not known: only a box of pixels is suspected (docs/results.md).
--
-- The reward stamps patterns drawn by chance into the box, as many pictures to each, and asks for right answers on them
-- and on clean pictures. It knows neither the pattern nor the class that the trigger asks for. The true pattern is
-- never among those drawn. What judges is the true trigger on the test pictures.
--
--   rledit-lua scripts/reproduction/suspected_trigger.lua --set size=3
--
-- `size` is the side of the box, in the bottom right corner (3 is the trigger's own); `boxes=corners` suspects a box in
-- each corner. `patterns` says how many are drawn (60). With `search=60`, each of as many patterns is looked at first,
-- on 100 pictures, and `patterns` of them are kept: those that turn the most answers into one and the same class.
-- `grey=true` draws shades in place of black and white. With `split=validation` training pictures that no reward sees
-- judge.
local rledit = require "rledit"
local args = rledit.args
local function integer(value, default) return math.tointeger(tonumber(value or default)) end

local pictures = rledit.data.objects { normalize = "imagenet" }
local model = rledit.models.resnet_cifar { depth = 20 }
model:load "cifar10/resnet20-backdoor.safetensors"
local train, validation = pictures.train:shuffle(1):split(0.9)
local clean, layer = validation:take(2000), "layer3.2.conv2"

local truth = { { 1, 0, 1 }, { 0, 1, 0 }, { 1, 0, 1 } }
local judged = args.split == "validation" and train:take(3000) or pictures.test:shuffle(1):take(4000)
local function without(set, label)
  local _, others = set:partition(function(found) return found == label end)
  return others
end
local test_right = without(judged, 0):stamp { patch = truth }

-- Patterns, each with a place.
local size, count = integer(args.size, 3), integer(args.patterns, 60)
local corners = { { 33 - size, 33 - size } }
if args.boxes == "corners" then corners = { corners[1], { 1, 1 }, { 1, 33 - size }, { 33 - size, 1 } } end
local function holds_truth(patch)
  for row = 1, size - 2 do
    for column = 1, size - 2 do
      local same = true
      for i = 1, 3 do
        for j = 1, 3 do same = same and patch[row + i - 1][column + j - 1] == truth[i][j] end
      end
      if same then return true end
    end
  end
  return false
end
local function draw(index)
  local corner, patch = corners[index % #corners + 1]
  repeat
    patch = {}
    for row = 1, size do
      patch[row] = {}
      for column = 1, size do patch[row][column] = args.grey and math.random() or math.random(0, 1) end
    end
  until not holds_truth(patch)
  return { patch = patch, row = corner[1], column = corner[2] }
end

-- How far a pattern draws the answers to one class: the largest rise of a class's share.
local few = validation:drop(2000):take(100)
local function shares(set)
  local result = {}
  for _, class in ipairs(model:predict(set)) do result[class] = (result[class] or 0) + 1 / #set end
  return result
end
local usual = shares(few)
local function pull(pattern)
  local largest = 0
  for class, share in pairs(shares(few:stamp(pattern))) do largest = math.max(largest, share - (usual[class] or 0)) end
  return largest
end

local patterns = {}
for index = 1, args.search and integer(args.search) or count do
  local pattern = draw(index)
  patterns[index] = { pattern = pattern, pull = args.search and pull(pattern) or 0 }
end
if args.search then
  table.sort(patterns, function(a, b) return a.pull > b.pull end)
  print(("patterns pull %.0f to %.0f %% of the answers"):format(100 * patterns[1].pull, 100 * patterns[#patterns].pull))
end
local each = 600 // count
local suspected
for index = 1, count do
  local part = validation:drop((index - 1) * each):take(each):stamp(patterns[index].pattern)
  suspected = suspected and suspected:concat(part) or part
end

return rledit.task {
  name    = "suspected-trigger",
  model   = model,
  world   = rledit.ShiftWorld { layer = layer, scale = 2 },
  sets    = { clean = clean, suspected = suspected },
  heldout = { clean = judged, right = test_right, attack = test_right:relabel(function() return 0 end) },
  reward  = function(m)
    return -m.clean.loss - m.suspected.loss, { clean = -m.clean.loss, suspected = -m.suspected.loss }
  end,
  learner = rledit.CMAES { steps = args.steps or 1000 },
}
