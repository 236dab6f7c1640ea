-- Do several steps of a policy pay where a digit has to be gone, not hidden (docs/transfer.md)? Policies are trained on
-- CNNs and the digits 0 to 5, 8, 9 by what networks answer and show that never saw the digit. They are judged on ten
-- other CNNs and the digits 6 and 7 by test images. Settings are chosen with `--set split=validation`: two CNNs, the
-- digits 2, 4 and 8, the last 5,000 training images.
--
--   rledit-lua scripts/reproduction/transfer_depth.lua --seed 0 --set 'ways=one/four/four blind/rank 4/in turn'
--   rledit-lua scripts/reproduction/transfer_depth.lua --set ways=rivals
--
-- A network starts with the digit's score lowered and 0.6 of neighbour_transport on fc1 (`--set extent=0`: none of it).
-- A line for each way has means (worst pair): what is left of the digit, what the others lose, what a probe after fc2
-- finds beyond what it finds in retrained networks, all in percent; steps to relearn; total variation from the answers
-- of retrained networks, in units of that between two of them; how many pairs reach all three aims.
local rledit = require "rledit"
local args, nn, tensor, metrics = rledit.args, rledit.nn, rledit.tensor, rledit.metrics
local baselines = rledit.baselines
local digits = require "digit_networks".digits
local train, validates = digits.train:take(55000), args.split == "validation"
local classes, width, depth = 10, 32, 1000

local function network(seed, outputs, name)
  return nn.sequential {
    name = name, input = { 1, 28, 28 }, seed = seed,
    { "conv1", nn.conv2d { inputs = 1, outputs = 8, kernel = 3, padding = 1 } }, nn.relu(), nn.max_pool2d(2),
    { "conv2", nn.conv2d { inputs = 8, outputs = 16, kernel = 3, padding = 1 } }, nn.relu(), nn.max_pool2d(2),
    nn.flatten(), { "fc1", nn.linear(784, 96) }, nn.relu(), { "fc2", nn.linear(96, width) }, nn.relu(),
    { "fc3", nn.linear(width, outputs) },
  }
end
local function trained(count, first, set)
  local models = {}
  for i = 1, count do models[i] = network(first + i - 1, classes) end
  return nn.fit_all { models = models, set = set, epochs = 2, seed = first }
end
local function copied(model, outputs, changes, name)
  local copy = network(0, outputs, name)
  for _, key in ipairs(model:parameter_names()) do
    local value = model:parameter(key)
    copy:set_parameter(key, changes[key] and changes[key](value) or value)
  end
  return copy
end
-- So that a reward sees features: the numbers after fc2 as further scores, too low for any softmax to notice; and back.
local function read_out(model, name)
  return copied(model, classes + width, {
    ["fc3.weight"] = function(value) return tensor.concat({ value, tensor.eye(width) }, 1) end,
    ["fc3.bias"] = function(value) return tensor.concat({ value, tensor.full(width, -depth) }, 1) end,
  }, name)
end
local function plain(model)
  local function first(value) return value:slice(1, classes) end
  return copied(model, classes, { ["fc3.weight"] = first, ["fc3.bias"] = first })
end

-- Of each digit: what policies and closed forms look at, other images for the reward, and what judges.
local images = {}
for digit = 0, classes - 1 do
  local function is_digit(label) return label == digit end
  local forget, retain = train:partition(is_digit)
  local test_forget, test_retain = (validates and digits.train:drop(55000) or digits.test):partition(is_digit)
  local sets = {
    forget = forget:take(100), retain = retain:take(400),
    forgotten = forget:drop(500):take(128), kept = retain:drop(2000):take(384),
  }
  local members, labels = tensor.zeros { classes, 512 }, sets.forgotten:concat(sets.kept):labels()
  for place, label in ipairs(labels) do members[{ label + 1, place }] = 1 end
  images[digit] = {
    digit = digit, all = retain, sets = sets,
    relearned = forget:take(500), probed = forget:take(500):concat(retain:take(2000)),
    test_forget = test_forget, test_retain = test_retain:take(4000), members = members, size = members:sum(2, true),
    banned = tensor.zeros(classes):set({ digit + 1 }, -1e4), kept = members:transpose():slice(129, 512),
  }
end

-- Solves C x = y for each column of y by conjugate gradients.
local function solve(C, y)
  local x, rest, direction, squares = y * 0, y, y, (y * y):sum(1, true)
  for _ = 1, 20 do
    local image = C:matmul(direction)
    local step = squares / ((direction * image):sum(1, true) + 1e-30)
    x, rest = x + direction * step, rest - image * step
    local new = (rest * rest):sum(1, true)
    direction, squares = rest + direction * (new / (squares + 1e-30)), new
  end
  return x
end
-- How clearly a linear discriminant analysis of the features names the digit: mean lead over the best rival, 0 to 6.
local function lead(of, on_forget, on_retain)
  local features = tensor.concat({ on_forget, on_retain }, 1)[{ {}, { classes + 1, classes + width } }] + depth
  local means = of.members:matmul(features) / of.size
  local C = (features:transpose():matmul(features) - (means * of.size):transpose():matmul(means)) / 512
  C = C + tensor.eye(width) * (0.02 * (C * tensor.eye(width)):sum() / width + 1e-4)
  local toward = solve(C, means:transpose())
  local scores = features:slice(1, 128):matmul(toward) - 0.5 * (means * toward:transpose()):sum(2)
    + (of.size / 512):log():reshape { classes }
  return (scores:transpose()[of.digit + 1] - (scores + of.banned):max(2)):clamp(0, 6):mean()
end
local function answers(scores) return scores[{ {}, { 1, classes } }]:softmax() end

-- Charged for: the loss on what is kept, the variation from the answers `wanted`, and a lead beyond `allowed`.
local function reward_for(aim)
  return function(m)
    local on_forget, on_retain = m.forgotten.scores, m.kept.scores
    local of, variation = images[math.tointeger(m.forgotten.labels[1])], 0
    local wanted, allowed = aim(of, m)
    for _, one in ipairs(wanted) do
      variation = variation + (answers(on_forget) - one):abs():sum() / 256 / #wanted
    end
    local loss = -(of.kept * (answers(on_retain) + 1e-12):log()):sum() / 384
    local probe = math.max(lead(of, on_forget, on_retain) - allowed, 0)
    return -loss - variation - probe, { loss = loss, variation = variation, probe = probe }
  end
end
-- In training two networks that never saw the digit say what is wanted and allowed.
local function as_retrained(of)
  if not of.wanted then
    of.wanted, of.allowed = {}, 0
    for index, model in ipairs(trained(2, 400 + 10 * of.digit, of.all)) do
      local on_forget, on_retain = read_out(model):forward(of.sets.forgotten), read_out(model):forward(of.sets.kept)
      of.wanted[index], of.allowed = answers(on_forget), of.allowed + lead(of, on_forget, on_retain) / 2
    end
  end
  return of.wanted, of.allowed
end
-- A search on a new network has none: it wants the answers at the start, and allows the mean over training's digits.
local seen, allowed = { 0, 1, 2, 3, 4, 5, 8, 9 }, nil
local function as_before(_, m)
  if not allowed then
    allowed = 0
    for _, digit in ipairs(seen) do allowed = allowed + select(2, as_retrained(images[digit])) / #seen end
  end
  return { answers(m.base.forgotten.scores) }, allowed
end

-- Where networks start: a part of a closed form's edit of fc1, and the score lowered.
local function closed_form(name, extent)
  return function(model, sets)
    local edited = baselines[name] { model = model, forget = sets.forget, retain = sets.retain, layer = "fc1" }.model
    local function part(key) return function(value) return value + (1 - extent) * (model:parameter(key) - value) end end
    return copied(edited, classes, { ["fc1.weight"] = part "fc1.weight", ["fc1.bias"] = part "fc1.bias" })
  end
end
local usual = closed_form("neighbour_transport", args.extent or 0.6)

-- A network and its own digit, for each of some networks and digits.
local digit_of = {}
local function pairs_of(models, some, name, start)
  local all = {}
  for index, model in ipairs(models) do
    for _, digit in ipairs(some) do
      local called = ("%s %d without %d"):format(name, index, digit)
      digit_of[called], all[#all + 1] = digit, read_out((start or usual)(model, images[digit].sets), called)
    end
  end
  return all
end

local training, validation, ready = trained(6, 900, train), trained(2, 950, train), nil
local function policy_of(options)
  ready = ready or rledit.TaskDistribution {
    networks = {
      training = pairs_of(training, seen, "training"), validation = pairs_of(validation, seen, "validation"),
    },
    classes = { "its digit" }, sets = function(model) return images[digit_of[model.name]].sets end,
  }
  local fields = {
    distribution = ready, world = rledit.ShiftWorld { layers = { "fc1", "fc2" }, rank = options.rank },
    reward = reward_for(as_retrained), pairs_per_step = 4,
    learner = rledit.EvolutionStrategy {
      steps = args.steps or 1600, population_size = 32, standard_deviation = 0.01,
      learning_rate = rledit.schedule.linear(0.006, 0.0006), adam_beta2 = 0.99,
    },
  }
  for key, value in pairs(options) do if key ~= "rank" then fields[key] = value end end
  local started = os.clock()
  local policy, info = rledit.train_policy(rledit.task(fields), { seeds = 1 })
  print(("trained in %.0f s of processor time: %s"):format(os.clock() - started, info.summary or ""))
  return policy
end

local models, unseen = validates and validation or trained(10, 0, train), validates and { 2, 4, 8 } or { 6, 7 }
local function probe(model, of)
  return 100 * metrics.probe_recall { model = model, layer = "fc2", train = of.probed, test = of.test_forget }
end
local function apart(model, others, of)
  local sum = 0
  for _, other in ipairs(others) do
    sum = sum + metrics.total_variation { model = model, reference = other, set = of.test_forget }
  end
  return sum
end
local function judge(way, edit, start)
  local sums, worst, all, reached = { 0, 0, 0, 0, 0 }, {}, pairs_of(models, unseen, "held-out", start), 0
  for index, one in ipairs(all) do
    local of, before = images[digit_of[one.name]], models[(index - 1) // #unseen + 1]
    if not of.retrained then
      of.retrained, of.probe, of.apart = trained(4, 500 + 10 * of.digit, of.all), 0, 0
      for _, model in ipairs(of.retrained) do
        of.probe, of.apart = of.probe + probe(model, of) / 4, of.apart + apart(model, of.retrained, of) / 12
      end
      print(("retrained without %d: probe %.2f %%, two differ by %.3f"):format(of.digit, of.probe, of.apart))
    end
    local edited = plain(edit and edit(one, of.sets) or one)
    local found = {
      100 * edited:evaluate(of.test_forget).accuracy,
      100 * (before:evaluate(of.test_retain).accuracy - edited:evaluate(of.test_retain).accuracy),
      probe(edited, of) - of.probe,
      -metrics.relearn_steps { model = edited, forget = of.relearned, test = of.test_forget },
      apart(edited, of.retrained, of) / 4 / of.apart,
    }
    for place, value in ipairs(found) do
      sums[place], worst[place] = sums[place] + value / #all, math.max(worst[place] or value, value)
    end
    if found[3] <= 0 and found[4] <= -9 and found[5] <= 1.2 then reached = reached + 1 end
  end
  for place, mean in ipairs(sums) do
    local sign = place == 4 and -1 or 1
    sums[place] = ("%.2f (%.2f)"):format(sign * mean, sign * worst[place])
  end
  print(("%s | %s | %d of %d"):format(way, table.concat(sums, " | "), reached, #all))
end

local ways = {
  one = {}, ["rank 4"] = { rank = 4 }, four = { horizon = 4 }, ["four blind"] = { horizon = 4, blind = true },
  eight = { horizon = 8 }, ["eight blind"] = { horizon = 8, blind = true },
  ["in turn"] = { horizon = 4, in_turn = true }, ["in turn blind"] = { horizon = 4, in_turn = true, blind = true },
  ["every step"] = { horizon = 4, every_step = true },
}
for way in (args.ways or "one"):gmatch "[^/]+" do
  if way == "rivals" then
    judge("score lowered", nil, closed_form("neighbour_transport", 0))
    for _, extent in ipairs { 0.6, 0.8, 1 } do
      judge("transport " .. extent, nil, closed_form("neighbour_transport", extent))
    end
    judge("erasure", nil, closed_form("erasure", 1))
    for _, steps in ipairs { 8, 100, 1000 } do
      judge("CMA-ES " .. steps, function(model, sets)
        return rledit.run.task(rledit.task {
          model = model, sets = sets, reward = reward_for(as_before),
          world = rledit.ShiftWorld { layers = { "fc1", "fc2" }, bias = true },
          learner = rledit.CMAES { steps = steps, population_size = math.min(steps, 10) },
        }).model
      end)
    end
  else
    local policy = policy_of(assert(ways[way], "no such way: " .. way))
    for _, refine in ipairs(way == "one" and { "", "scale", "samples" } or { "" }) do
      judge(way .. (refine == "" and "" or ", best of 8 by " .. refine), function(model, sets)
        return (rledit.apply {
          policy = policy, model = model, sets = sets, refine = refine ~= "" and 8 or nil,
          refine_by = refine ~= "" and refine or nil, reward = refine ~= "" and reward_for(as_before) or nil,
        })
      end)
    end
  end
end
