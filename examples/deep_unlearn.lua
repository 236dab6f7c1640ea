-- Make a digit gone rather than hidden: an edit that a probe behind the edited layer does not see through.
--
-- An edit that is paid for answers alone moves the answer and leaves the features: a linear classifier fitted to them
-- still finds nearly every seven. This reward looks at the features as well. For each candidate it fits such a
-- classifier (linear discriminant analysis, which needs no iterations) and charges for how clearly it finds the sevens.
-- And it asks for the answers of a network that never learned the digit: the unedited one's, the digit left out.
-- What it comes to, and what limits it: docs/results.md, "Depth".
--
--   rledit-lua examples/deep_unlearn.lua
--   rledit-lua examples/deep_unlearn.lua --set digit=4 --set probe=2
local rledit = require "rledit"
local tensor, nn, metrics = rledit.tensor, rledit.nn, rledit.metrics

local args  = rledit.args
local digit = args.digit or 7
local weight = { answers = args.answers or 2, probe = args.probe or 1.5 }
local margin = args.margin or 60                      -- how far below its best rival the digit's score must come
local chosen = args.learner or "SeparableCMAES"

local digits = rledit.data.digits()
-- The last twelfth is for choosing settings (--set split=validation), on seeds other than those that are reported.
local train, validation = digits.train:split { #digits.train * 11 // 12, #digits.train - #digits.train * 11 // 12 }
local model = rledit.models.digit_cnn { seed = rledit.seed }
model:fit(train, { epochs = 2, batch_size = 128 })

local function is_digit(label) return label == digit end
local all_forget, all_retain = train:partition(is_digit)
local forget, retain = all_forget:take(500), all_retain:take(2000)
local test_forget, test_retain = (args.split == "validation" and validation or digits.test):partition(is_digit)

-- A reward sees scores. To have it see features too, this network gives the 32 numbers behind fc2 as further scores, so
-- low that no softmax notices them: accuracies and losses are those of the ten classes.
local classes, width, depth = 10, 32, 1000
local function read_out(plain)
  local seen = nn.sequential {
    input = { 1, 28, 28 },
    { "conv1", nn.conv2d { inputs = 1, outputs = 16, kernel = 3, padding = 1 } }, nn.relu(), nn.max_pool2d(2),
    { "conv2", nn.conv2d { inputs = 16, outputs = 32, kernel = 3, padding = 1 } }, nn.relu(), nn.max_pool2d(2),
    nn.flatten(),
    { "fc1", nn.linear(1568, 128) }, nn.relu(),
    { "fc2", nn.linear(128, width) }, nn.relu(),
    { "fc3", nn.linear(width, classes + width) },
  }
  for _, name in ipairs(plain:parameter_names()) do
    local value = plain:parameter(name)
    if name == "fc3.weight" then value = tensor.concat({ value, tensor.eye(width) }, 1) end
    if name == "fc3.bias" then value = tensor.concat({ value, tensor.full(width, -depth) }, 1) end
    seen:set_parameter(name, value)
  end
  return seen
end

-- What the edited layers hold, put back into a network of ten scores.
local edited_layers = {}
for layer in (args.layers or "fc2"):gmatch "[%w_]+" do edited_layers[#edited_layers + 1] = layer end
local function graft(edited)
  local plain = model:clone()
  for _, layer in ipairs(edited_layers) do
    plain:set_parameter(layer .. ".weight", edited:parameter(layer .. ".weight"))
  end
  return plain
end

-- The answers to come to on the digit's images: the unedited network's with the digit left out, a little surer than it
-- was (temperature), since a network that was never shown the digit is.
local temperature = args.temperature or 0.8
local ban = tensor.zeros(classes)
ban[digit + 1] = -1e4
local wanted = ((model:forward(forget) + ban) / temperature):softmax()
local wanted_entropy = -(wanted * (wanted + 1e-9):log()):sum() / #forget

-- Members of each class, as rows that add up its examples: forget first, then retain.
local both = forget:concat(retain)
local membership, sizes = tensor.zeros { classes, #both }, {}
for place, label in ipairs(both:labels()) do membership[{ label + 1, place }] = 1 end
for class = 1, classes do sizes[class] = membership[class]:sum() end
local size = tensor.new(sizes):reshape { classes, 1 }
local log_prior = (size / #both):log():reshape { classes }

local retain_labels = tensor.zeros { #retain, classes }
for place, label in ipairs(retain:labels()) do retain_labels[{ place, label + 1 }] = 1 end

-- Solves C x = m for each row m of `right` (Cholesky; C symmetric and positive, [n, n]).
local function solve(C, right)
  local n, L = #C, {}
  for i = 1, n do
    local row, source = {}, C[i]
    L[i] = row
    for j = 1, i do
      local other, sum = L[j], source[j]
      for k = 1, j - 1 do sum = sum - row[k] * other[k] end
      row[j] = i == j and math.sqrt(sum) or sum / other[j]
    end
  end
  for _, x in ipairs(right) do
    for i = 1, n do
      local row, sum = L[i], x[i]
      for k = 1, i - 1 do sum = sum - row[k] * x[k] end
      x[i] = sum / row[i]
    end
    for i = n, 1, -1 do
      local sum = x[i]
      for k = i + 1, n do sum = sum - L[k][i] * x[k] end
      x[i] = sum / L[i][i]
    end
  end
  return right
end

-- Class means [classes, n] of features [examples, n] (forget first), and their covariance within classes. Dead and
-- nearly dead units have no variance to divide by, so all get a little.
local function spread(features)
  local means, n = membership:matmul(features) / size, features:size(2)
  local covariance = (features:transpose():matmul(features) - (means * size):transpose():matmul(means)) / #both
  local total, C = 0, covariance:to_table()
  for i = 1, n do total = total + C[i][i] end
  for i = 1, n do C[i][i] = C[i][i] + 0.02 * total / n + 1e-4 end
  return means, C
end

-- How clearly a linear discriminant analysis of the features names the digit on its own images: the mean lead over the
-- best rival, counted up to a bound, beyond which an image that is named is just named.
local function discriminated(features)
  local means, covariance = spread(features)
  local directions = tensor.new(solve(covariance, means:to_table()))
  local scores = features:slice(1, #forget):matmul(directions:transpose())
    - 0.5 * (means * directions):sum(2) + log_prior
  return (scores[{ {}, digit + 1 }] - (scores + ban):max(2)):clamp(-1, 6):mean()
end

-- The directions in which the inputs of fc2 tell the digit from each other class. An edit along them moves the digit's
-- images and hardly any other: 32 numbers for each of nine directions, instead of thousands of weights, to search.
local function digit_directions()
  local below = nn.sequential {
    input = { 1, 28, 28 },
    { "conv1", nn.conv2d { inputs = 1, outputs = 16, kernel = 3, padding = 1 } }, nn.relu(), nn.max_pool2d(2),
    { "conv2", nn.conv2d { inputs = 16, outputs = 32, kernel = 3, padding = 1 } }, nn.relu(), nn.max_pool2d(2),
    nn.flatten(), { "fc1", nn.linear(1568, 128) }, nn.relu(),
  }
  for _, name in ipairs(below:parameter_names()) do below:set_parameter(name, model:parameter(name)) end
  local means, covariance = spread(below:forward(both))
  local rows = {}
  for class = 1, classes do
    if class ~= digit + 1 then rows[#rows + 1] = (means[digit + 1] - means[class]):to_table() end
  end
  local differences = tensor.new(rows)
  local directions = tensor.new(solve(covariance, rows))
  return directions / (directions * differences):sum(2, true)  -- 1 from the other class's mean to the digit's
end

local directions = digit_directions()                 -- [9, 128]
local scale = args.scale or 3
local AlongDirections = {
  name = "AlongDirections",
  layer = "fc2",
  action_size = width * #directions,
  apply = function(weights, action)
    return weights + scale * action:reshape { width, #directions }:matmul(directions)
  end,
}

local function other_classes(scores) return scores[{ {}, { 1, classes } }] + ban end

-- First the features. The digit's own score is left out of all that is asked here, for the second edit takes it away:
-- so this one need not hide what it is to remove. A built-in world can be tried instead: --set world=ShiftWorld.
local builtin = args.world and rledit[args.world] { layers = edited_layers, rank = args.rank or 8, scale = args.scale }
local steps = args.steps or 6000
local first = rledit.run.task(rledit.task {
  name    = "deep-unlearn-" .. digit,
  model   = read_out(model),
  world   = builtin or AlongDirections,
  sets    = { forget = forget, retain = retain },
  heldout = { forget = test_forget, retain = test_retain },
  reward  = function(m)
    local on_forget, on_retain = m.forget.scores, m.retain.scores
    local features = tensor.concat({ on_forget, on_retain }, 1)[{ {}, { classes + 1, classes + width } }] + depth
    local loss = -(retain_labels * other_classes(on_retain):log_softmax()):sum() / #retain
    local answers = -(wanted * other_classes(on_forget):log_softmax()):sum() / #forget - wanted_entropy
    local probe = discriminated(features)
    return -loss - weight.answers * answers - weight.probe * probe, { loss = loss, answers = answers, probe = probe }
  end,
  learner = rledit[chosen] { steps = steps, population_size = args.population },
})
local removed = graft(first.model)

-- Then the answer: the digit's own row of the last layer.
local AnswerRow = {
  name = "AnswerRow",
  layer = "fc3",
  action_size = width,
  apply = function(weights, action)
    local edited = weights:clone()
    edited[digit + 1] = weights[digit + 1] + 4 * action
    return edited
  end,
}
local second = rledit.run.task(rledit.task {
  name    = "deep-unlearn-" .. digit .. "-answer",
  model   = removed,
  world   = AnswerRow,
  sets    = { forget = forget, retain = retain },
  heldout = { forget = test_forget, retain = test_retain },
  reward  = function(m)
    local scores = m.forget.scores
    local answers = -(wanted * scores:log_softmax()):sum() / #forget - wanted_entropy
    local hidden = (scores[{ {}, digit + 1 }] - (scores + ban):max(2) + margin):relu():mean()
    return -m.retain.loss - answers - hidden, { answers = answers, hidden = hidden }
  end,
  learner = rledit.SeparableCMAES { steps = math.min(600, steps) },
})

local retrained = rledit.baselines.retrain { model = model, retain = all_retain }.model
local function show(name, edited)
  local lowest, scores, labels = 1, edited:forward(test_retain), test_retain:labels()
  for _, accuracy in pairs(metrics.per_class_accuracy(scores, labels)) do lowest = math.min(lowest, accuracy) end
  local relearn = {}                                    -- steps, by learning rate: the first is the usual one
  for index, rate in ipairs { 0.01, 0.003, 0.03 } do
    relearn[index] = metrics.relearn_steps { model = edited, forget = forget, test = test_forget, learning_rate = rate }
  end
  local probe = metrics.probe_recall { model = edited, layer = "fc2", train = both, test = test_forget }
  local variation = metrics.total_variation { model = edited, reference = retrained, set = test_forget }
  print(("%-10s seed %d: forget %.2f %%, retain %.2f %%, lowest class %.2f %%"):format(name, rledit.seed,
    100 * edited:evaluate(test_forget).accuracy, 100 * edited:evaluate(test_retain).accuracy, 100 * lowest)
    .. (", probe %.2f %%, relearn %d (%d, %d), TV %.3f"):format(
      100 * probe, relearn[1], relearn[2], relearn[3], variation))
end
show("before", model)
show("retrained", retrained)
show("features", removed)
local edited = second.model
show("edited", edited)
print("saved " .. edited:save "deep_unlearn.safetensors")
