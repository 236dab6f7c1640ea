-- Kinds of edits and rewards for examples/forget_examples.lua, a row for each: what an edit by reward gets of single
-- pictures, and what it does not (docs/results.md, "Single pictures").
--
-- Kinds are compared on seed 100 and judged on training pictures that nothing else reads; what is best there is run on
-- seed 0 and the test pictures. The network that was retrained without the pictures judges, and no reward sees it.
--
--   RLEDIT_DATA=… rledit-lua scripts/reproduction/forget_edits.lua --seed 100 --set split=validation
--   RLEDIT_DATA=… rledit-lua scripts/reproduction/forget_edits.lua --seed 0 --set weight=2 --set only=ten-both
local rledit = require "rledit"
local args, metrics, tensor, models = rledit.args, rledit.metrics, rledit.tensor, rledit.models
local ShiftWorld = rledit.ShiftWorld

local pictures = rledit.data.objects { normalize = "imagenet" }
local shuffled = pictures.train:shuffle(rledit.seed)
local train, unseen = shuffled:take(5000), shuffled:drop(5000):take(1000)
local forget, retain = train:take(500), train:drop(500)
local judged = args.split == "validation" and shuffled:drop(6000):take(4000) or pictures.test

local function trained(set)
  local model = models.resnet_cifar { depth = 20, seed = rledit.seed }
  model:fit(set, {
    epochs = 12, batch_size = 64, optimizer = "sgd", momentum = 0.9, weight_decay = 5e-4,
    learning_rate = rledit.schedule.cosine(0.1, 0),
  })
  return model
end
local model, retrained = trained(train), trained(retain)

local function row(name, edited, seconds)
  local average, gaps = metrics.average_gap {
    model = edited, retrained = retrained, forget = forget, retain = retain, test = judged,
  }
  print(("| %s | %.2f | %.2f | %.2f | %.2f | %.2f | %.0f |"):format(
    name, 100 * average, 100 * gaps.forget, 100 * gaps.retain, 100 * gaps.test, 100 * gaps.membership, seconds))
end

-- MARK: Rewards

local function label_rows(set)
  local rows = tensor.zeros { #set, 10 }
  for place, label in ipairs(set:labels()) do rows[{ place, label + 1 }] = 1 end
  return rows
end
local kept = retain:take(2000)
local forget_rows, kept_rows, unseen_rows = label_rows(forget), label_rows(kept), label_rows(unseen)
local function confidences(scores, rows)              -- in the labels, ascending
  local sorted = (scores:softmax() * rows):sum(2):to_table()
  table.sort(sorted)
  return sorted
end
local function right(scores, rows)                    -- an accuracy; read of the set it would cost a second pass
  return (scores * rows):sum(2):ge((scores - 1e4 * rows):max(2)):mean()
end
local strangers = confidences(model:forward(unseen), unseen_rows)
local was = { unseen = right(model:forward(unseen), unseen_rows), retain = right(model:forward(kept), kept_rows) }

local rewards = {}
function rewards.loss(m) return -math.abs(m.forget.loss - m.unseen.loss) - m.retain.loss end -- the example's
-- Means: accuracy and confidence on the forgotten as they are on the unseen, and on all others as they were.
function rewards.means(m)
  local base, value = m.base, 0
  for _, measure in ipairs { "accuracy", "true_probability" } do
    value = value - math.abs(m.forget[measure] - base.unseen[measure])
      - math.abs(m.retain[measure] - base.retain[measure]) - math.abs(m.unseen[measure] - base.unseen[measure])
  end
  return value
end
-- The whole distribution: the area between those of the confidence on the forgotten and on the unseen.
function rewards.distribution(m)
  local area = 0
  for place, confidence in ipairs(confidences(m.forget.scores, forget_rows)) do
    area = area + math.abs(confidence - strangers[place * #unseen // #forget]) / #forget
  end
  local lost = math.abs(m.retain.loss - m.base.retain.loss) + math.max(0, m.unseen.loss - m.base.unseen.loss)
  return -area - 0.5 * lost
end

-- An attack: what confidence tells kept pictures from unseen ones best? As many of the forgotten are to be below as of
-- the unseen, and as many right as were of these. Accuracies on all others are to stay.
function rewards.membership(m)
  local known, new = confidences(m.retain.scores, kept_rows), confidences(m.unseen.scores, unseen_rows)
  local below, best, limit, share = 0, -1, 0, 0
  for place, confidence in ipairs(new) do
    while below < #known and known[below + 1] < confidence do below = below + 1 end
    local lead = place / #new - below / #known
    if lead > best then best, limit, share = lead, confidence, place / #new end
  end
  local found = 0
  for _, confidence in ipairs(confidences(m.forget.scores, forget_rows)) do
    if confidence <= limit then found = found + 1 / #forget end
  end
  local lost = math.abs(right(m.retain.scores, kept_rows) - was.retain)
    + math.max(0, was.unseen - right(m.unseen.scores, unseen_rows))
  local answers = math.abs(right(m.forget.scores, forget_rows) - was.unseen)
  return -math.abs(found - share) - answers - (args.weight or 1) * lost
end

-- MARK: Directions of the last convolution

local conv, norm = "layer3.2.conv2", "layer3.2.bn2"
local weights = model:parameter(conv .. ".weight")

-- Inverse of a symmetric positive matrix with `ridge` of its mean diagonal added, by conjugate gradients.
local function inverse(C, ridge)
  local n = C:size(1)
  C = C + tensor.eye(n) * (ridge * (C * tensor.eye(n)):sum() / n)
  local x, rest = tensor.zeros { n, n }, tensor.eye(n)
  local direction, squares = rest, rest:square():sum(1, true)
  for _ = 1, 80 do
    local image = C:matmul(direction)
    local step = squares / ((direction * image):sum(1, true) + 1e-30)
    x, rest = x + direction * step, rest - image * step
    local new = rest:square():sum(1, true)
    direction, squares = rest + direction * (new / (squares + 1e-30)), new
  end
  return x
end

-- What enters the convolution at each place of each picture, and the gradient there of the loss, or of the margin: of
-- what the label's score leads the likeliest others by.
local gain = model:parameter(norm .. ".weight") / (model:parameter(norm .. ".running_var") + 1e-5):sqrt()
local function places(set, of)
  local entering, rows = model:forward(set, "layer3.2.relu1"), label_rows(set)
  local answers = (model:forward(set) - (of == "margin" and 1e4 or 0) * rows):softmax()
  local back = (answers - rows):matmul(model:parameter "linear.weight") / 64
  local open = model:forward(set, "layer3.2.relu2"):gt(0)
  local gradient = open * gain:reshape { 1, 64, 1, 1 } * back:reshape { #set, 64, 1, 1 }
  local padded, parts = tensor.zeros { #set, 64, 10, 10 }, {}
  padded[{ {}, {}, { 2, 9 }, { 2, 9 } }] = entering
  for y = 0, 2 do
    for x = 0, 2 do parts[#parts + 1] = padded[{ {}, {}, { 1 + y, 8 + y }, { 1 + x, 8 + x } }] end
  end
  return tensor.stack(parts, 3):permute { 1, 4, 5, 2, 3 }:reshape { #set * 64, 576 },
    gradient:permute { 1, 3, 4, 2 }:reshape { #set * 64, 64 }
end

-- A direction for each picture to forget: its gradient, in the metric of what the pictures to keep give (K-FAC, Martens
-- and Grosse 2015), so that these notice little. All together are as long as the weights.
local function directions(of)
  local inputs, outputs = tensor.zeros { 576, 576 }, tensor.zeros { 64, 64 }
  for first = 0, #retain - 500, 500 do
    local X, D = places(retain:drop(first):take(500), "loss")
    inputs, outputs = inputs + X:transpose():matmul(X), outputs + D:transpose():matmul(D)
  end
  local X, D = places(forget, of)
  X, D = X:matmul(inverse(inputs, 0.03)), D:matmul(inverse(outputs, 0.03))
  local rows = {}
  for picture = 1, #forget do
    local first, last = 64 * picture - 63, 64 * picture
    rows[picture] = D:slice(first, last):transpose():matmul(X:slice(first, last)):flatten()
  end
  local all = tensor.stack(rows)
  return all * (weights:norm() / all:sum(1):norm())
end

-- An action says how far to go: a number for each kind of gradient and each of some groups of pictures by confidence.
local function Directions(scale, groups, ...)
  local order, confidence = {}, (model:forward(forget):softmax() * forget_rows):sum(2):to_table()
  for picture = 1, #forget do order[picture] = picture end
  table.sort(order, function(a, b) return confidence[a] < confidence[b] end)
  local members, all = tensor.zeros { groups, #forget }, {}
  for place, picture in ipairs(order) do members[{ (place - 1) * groups // #forget + 1, picture }] = 1 end
  for index, of in ipairs { ... } do all[index] = members:matmul(directions(of)) end
  all = tensor.concat(all, 1)
  return {
    name = "Directions", layer = conv, action_size = all:size(1),
    apply = function(before, action)
      return before + (scale * action:reshape { 1, action.count }):matmul(all):reshape(before.shape)
    end,
  }
end

-- MARK: Kinds

-- Name, evaluations, reward, and the world.
local kinds = {
  { "rank1", 2000, "loss", function() return ShiftWorld { layer = conv, scale = 1 } end },
  { "rank1-means", 1000, "means", function() return ShiftWorld { layer = conv, scale = 1 } end },
  { "rank1-distribution", 1000, "distribution", function() return ShiftWorld { layer = conv, scale = 1 } end },
  { "rank1-membership", 1000, "membership", function() return ShiftWorld { layer = conv, scale = 1 } end },
  { "rank1-strong", 1000, "membership", function() return ShiftWorld { layer = conv, scale = 4 } end },
  { "rank4", 1000, "membership", function() return ShiftWorld { layer = conv, rank = 4, scale = 1 } end },
  { "rank8", 1000, "membership", function() return ShiftWorld { layer = conv, rank = 8, scale = 1 } end },
  { "classifier", 4000, "membership",
    function() return ShiftWorld { layer = "linear", full = true, bias = true, scale = 1 } end },
  { "full", 400, "membership", function() return ShiftWorld { layer = conv, full = true, scale = 0.5 } end },
  { "one-distribution", 100, "distribution", function() return Directions(8, 1, "loss") end },
  { "one", 100, "membership", function() return Directions(8, 1, "loss") end },
  { "ten-margin", 400, "distribution", function() return Directions(8, 10, "margin") end },
  { "ten", 400, "membership", function() return Directions(8, 10, "loss") end },
  { "ten-both", 600, "membership", function() return Directions(8, 10, "loss", "margin") end },
}
row("unedited", model, 0)
local wanted = {}
for name in (args.only or ""):gmatch "[^,]+" do wanted[name] = true end
for _, kind in ipairs(kinds) do
  local name, steps, reward, world = table.unpack(kind)
  if not args.only or wanted[name] then
    local began = os.clock()
    local result = rledit.run.task(rledit.task {
      name = name, model = model, world = world(), observation = "statistics",
      sets = { forget = forget, retain = kept, unseen = unseen },
      reward = rewards[reward],
      learner = rledit.SeparableCMAES { steps = steps },
    })
    row(("%s, %s, %d"):format(name, reward, result.evaluations), result.best_model, os.clock() - began)
  end
end
