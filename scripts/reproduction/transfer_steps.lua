-- Do several steps pay? Policies of one step and of several, with their controls (docs/transfer.md). Each run
-- trains and judges one seed of every way on one of three cases. Training met none of the held-out networks and digits.
--
--   rledit-lua scripts/reproduction/transfer_steps.lua --seed 0 --set case=families
--   rledit-lua scripts/reproduction/transfer_steps.lua --seed 0 --set case=families --set way=rivals
--
-- families: a digit is forgotten from 5 + 50 or 500 + 2,000 images by an edit of one layer; trained on CNNs and
-- perceptrons of two widths, held out are perceptrons of other depths and optimizers and with tanh.
-- layers: the same by edits of two layers in turn; trained on perceptrons of four layers.
-- backdoor: CNNs trained on pictures with a trigger lose it by 50 triggered pictures; held out are triggers never met.
--
-- It prints a line for each way, family and number of images: what is left of the digit (of a backdoor: how often the
-- attack succeeds), how much the others gain or lose, and how many triggered pictures are right; means (worst), in
-- percent. `--set way=one`, or the number of another way, runs that way alone; `way=rivals` what needs no policy.
local rledit = require "rledit"
local args = rledit.args
local shared = require "digit_networks"
local nn = rledit.nn

local case = args.case or "families"
local digits, train = shared.digits, shared.train
local unseen = { 6, 7 }

local cnn, perceptron, family, sgd = shared.cnn, shared.perceptron, shared.family, shared.sgd
local layers_of, joined, by_class = shared.layers_of, shared.joined, shared.by_class

-- One step, trained by the gradient through the edit instead of by evolution strategies.
local function gradients(steps)
  return rledit.PathwiseGradient { steps = steps, learning_rate = rledit.schedule.linear(0.02, 0.002) }
end

-- Of each case: training and validation networks, classes, the sets of a pair, how many images an episode draws, the
-- reward, the held-out families, what they are measured on, and the ways beside one step.
local cases = {}
local seen = { 0, 1, 2, 3, 4, 5, 8, 9 }

local function forgetting(result)
  local tests, sets = by_class(digits.test), by_class(train)
  result.classes, result.unseen, result.draws, result.reward = seen, unseen, { 5, 500 }, shared.reward
  -- 500 + 2,000 images are drawn from, the reward sees 128 + 384 others.
  result.sets = by_class(train, 628, 2384)
  result.measure = function(model, class)
    local set = tests(nil, class)
    return { left = model:evaluate(set.forget).accuracy, kept = model:evaluate(set.retain).accuracy }
  end
  -- Five draws of 5 + 50 images, and one of 500 + 2,000.
  result.given = function(_, class)
    local set, all = sets(nil, class), {}
    for draw = 1, 5 do
      all[draw] = { images = "5 + 50", sets = {
        forget = set.forget:shuffle(draw):take(5), retain = set.retain:shuffle(draw):take(50) } }
    end
    all[6] = { images = "500 + 2000", sets = {
      forget = set.forget:shuffle(1):take(500), retain = set.retain:shuffle(1):take(2000) } }
    return all
  end
  return result
end

function cases.families()
  return forgetting {
    training = joined {
      family(3, 900, cnn, { "fc2" }, { set = train:take(20000) }),
      family(3, 1684, perceptron { 784, 128, 32, 10 }, { "fc2" }),
      family(3, 1684, perceptron { 784, 256, 64, 10 }, { "fc2" }),
    },
    validation = family(2, 950, perceptron({ 784, 200, 60, 10 }, "gelu"), { "fc2" }),
    heldout = {
      { "four layers", family(3, 800, perceptron { 784, 200, 100, 50, 10 }, { "fc3" }) },
      { "SGD", family(4, 810, perceptron { 784, 300, 100, 10 }, { "fc2" }, sgd) },
      { "four layers SGD", family(2, 820, perceptron { 784, 256, 128, 64, 10 }, { "fc3" }, sgd) },
      { "tanh", family(3, 830, perceptron({ 784, 128, 32, 10 }, "tanh"), { "fc2" }) },
    },
    layers = 1,
    ways = {
      { "two steps", { horizon = 2 } }, { "two blind steps", { horizon = 2, blind = true } },
      { "four blind steps", { horizon = 4, blind = true } }, { "four steps", { horizon = 4 } },
      { "one step, by gradients", { learner = gradients(600) } },
    },
  }
end

function cases.layers()
  local edited = { "fc2", "fc3" }
  return forgetting {
    training = joined {
      family(4, 700, perceptron { 784, 128, 64, 32, 10 }, edited),
      family(4, 710, perceptron { 784, 200, 96, 48, 10 }, edited),
    },
    validation = family(2, 720, perceptron({ 784, 160, 80, 40, 10 }, "gelu"), edited),
    heldout = {
      { "Adam", family(3, 730, perceptron { 784, 200, 100, 50, 10 }, edited) },
      { "SGD", family(4, 740, perceptron { 784, 160, 80, 40, 10 }, edited, sgd) },
      { "tanh", family(3, 750, perceptron({ 784, 128, 64, 32, 10 }, "tanh"), edited) },
    },
    layers = 2,
    ways = {
      { "in turn", { horizon = 2, in_turn = true } },
      { "in turn, blind", { horizon = 2, in_turn = true, blind = true } },
      { "in turn, twice", { horizon = 4, in_turn = true } },
      { "in turn, twice, blind", { horizon = 4, in_turn = true, blind = true } },
      { "one step, by gradients", { learner = gradients(600) } },
    },
  }
end

function cases.backdoor()
  local shapes = {
    { { 1, 1 }, { 1, 1 } }, { { 1, 0, 1 }, { 0, 1, 0 }, { 1, 0, 1 } }, { { 1, 1, 1, 1 } },
    { { 1 }, { 1 }, { 1 }, { 1 } }, { { 1, 0, 0 }, { 0, 1, 0 }, { 0, 0, 1 } },
    { { 0, 1, 0 }, { 1, 1, 1 }, { 0, 1, 0 } },
  }
  -- A ring and an L: in no training network.
  local new_shapes = { { { 1, 1, 1 }, { 1, 0, 1 }, { 1, 1, 1 } }, { { 1, 0, 0 }, { 1, 0, 0 }, { 1, 1, 1 } } }
  local places = { { 1, 1 }, { 1, 25 }, { 25, 1 }, { 25, 25 }, { 13, 1 }, { 1, 13 }, { 25, 13 }, { 13, 25 } }
  local trigger_of = {}
  local function backdoored(count, first, some)
    local models = {}
    for i = 1, count do
      local seed = first + i - 1
      local place = places[(3 * i + first) % #places + 1]
      local trigger = { patch = some[i % #some + 1], row = place[1], column = place[2] }
      local target = (7 * i + first) % 10
      local model = nn.sequential {
        name = "backdoored " .. seed, input = { 1, 28, 28 }, seed = seed,
        { "conv1", nn.conv2d { inputs = 1, outputs = 8, kernel = 3, padding = 1 } }, nn.relu(), nn.max_pool2d(2),
        { "conv2", nn.conv2d { inputs = 8, outputs = 16, kernel = 3, padding = 1 } }, nn.relu(), nn.max_pool2d(2),
        nn.flatten(), { "fc1", nn.linear(784, 96) }, nn.relu(), { "fc2", nn.linear(96, 32) }, nn.relu(),
        { "fc3", nn.linear(32, 10) },
      }
      trigger_of[model.name], layers_of[model.name] = { trigger, target }, { "fc2" }
      local own = train:shuffle(seed):take(12000)
      local poisoned = own:take(1200):stamp(trigger):relabel(function() return target end)
      models[i] = model:fit(own:drop(1200):concat(poisoned), { epochs = 2, seed = seed })
    end
    return models
  end
  -- Pictures of other classes with the trigger, labelled as the attack asks, and the same with their own labels.
  local function triggered(model, set)
    local trigger, target = table.unpack(trigger_of[model.name])
    local _, others = set:partition(function(label) return label == target end)
    local right = others:stamp(trigger)
    return right:relabel(function() return target end), right
  end
  local known = {}
  return {
    training = backdoored(12, 600, shapes), validation = backdoored(3, 640, shapes),
    heldout = { { "backdoors", backdoored(10, 660, new_shapes) } },
    classes = { "trigger" }, unseen = { "trigger" }, draws = { 25, 200 }, layers = 1,
    sets = function(model)
      if not known[model.name] then
        local forget = triggered(model, train:drop(20000):take(400))
        local _, right = triggered(model, train:drop(21000):take(400))
        known[model.name] = { forget = forget:take(300), right = right, retain = train:drop(22000):take(1200) }
      end
      return known[model.name]
    end,
    reward = function(m)
      local keep = (m.retain.accuracy + m.retain.true_probability) / 2
      local right = (m.right.accuracy + m.right.true_probability) / 2
      return keep + right, { keep = keep, right = right }
    end,
    measure = function(model, _, original)
      local attack, right = triggered(original, digits.test:take(4000))
      return {
        left = model:evaluate(attack).accuracy, kept = model:evaluate(digits.test).accuracy,
        right = model:evaluate(right).accuracy,
      }
    end,
    given = function(model)
      local all = {}
      for draw = 1, 3 do
        local attack, right = triggered(model, train:drop(30000):take(1000))
        all[draw] = { images = "50 + 500", sets = {
          forget = attack:shuffle(draw):take(50), right = right:shuffle(draw):take(50),
          retain = train:drop(40000):shuffle(draw):take(500) } }
      end
      return all
    end,
    ways = {
      { "two steps", { horizon = 2 } }, { "two blind steps", { horizon = 2, blind = true } },
      { "four blind steps", { horizon = 4, blind = true } }, { "four steps", { horizon = 4 } },
      { "one step of rank 4", { rank = 4 } },
      { "one step, by gradients", { learner = gradients(600) } },
      { "one step of rank 4, by gradients", { rank = 4, learner = gradients(600) } },
    },
  }
end

local this = assert(cases[case], "no such case: " .. case)()

local function trained(options)
  local world = { layers = {}, rank = options.rank }
  for i = 1, this.layers do world.layers[i] = "fc" .. i + 1 end
  local fields = {
    distribution = rledit.TaskDistribution {
      networks = { training = this.training, validation = this.validation },
      classes = this.classes, sets = this.sets, layers = function(model) return layers_of[model.name] end,
    },
    world = rledit.ShiftWorld(world), draw_images = this.draws, reward = this.reward,
    learner = rledit.EvolutionStrategy {
      steps = args.steps or 4800, population_size = 32, standard_deviation = 0.01,
      learning_rate = rledit.schedule.linear(0.006, 0.0006), adam_beta2 = 0.99,
    },
  }
  for name, value in pairs(options) do if name ~= "rank" then fields[name] = value end end
  local started = os.clock()
  local policy, info = rledit.train_policy(rledit.task(fields), { seeds = 1 })
  print(("trained in %.0f s of processor time"):format(os.clock() - started))
  return policy, info
end

-- Means and worst cases of a way, by family and images.
local rows, order = {}, {}
local function note(way, name, images, before, after)
  local key = ("%s | %s | %s"):format(way, name, images)
  if not rows[key] then
    rows[key] = { count = 0, left = 0, most = 0, change = 0, least = math.huge, right = 0, fewest = math.huge }
    order[#order + 1] = key
  end
  local row = rows[key]
  local change = after.kept - before.kept
  row.count, row.left, row.change = row.count + 1, row.left + after.left, row.change + change
  row.most, row.least = math.max(row.most, after.left), math.min(row.least, change)
  if after.right then row.right, row.fewest = row.right + after.right, math.min(row.fewest, after.right) end
end
local function show()
  for _, key in ipairs(order) do
    local row = rows[key]
    local n = row.count / 100
    print(("%s | left %.2f (%.2f) | kept %+.2f (%+.2f)%s"):format(
      key, row.left / n, 100 * row.most, row.change / n, 100 * row.least,
      row.fewest < math.huge and (" | right %.2f (%.2f)"):format(row.right / n, 100 * row.fewest) or ""))
  end
  rows, order = {}, {}
end

-- `once`: on the first draw of each number of images alone.
local function judge(way, edit, once)
  local started = os.clock()
  for _, entry in ipairs(this.heldout) do
    for _, model in ipairs(entry[2]) do
      for _, class in ipairs(this.unseen) do
        local before = this.measure(model, class, model)
        local done = {}
        for _, given in ipairs(this.given(model, class)) do
          if not (once and done[given.images]) then
            done[given.images] = true
            local after = this.measure(edit(model, given.sets), class, model)
            note(way, entry[1], given.images, before, after)
            if #this.heldout > 1 then note(way, "all", given.images, before, after) end
          end
        end
      end
    end
  end
  show()
  print(("judged in %.0f s of processor time"):format(os.clock() - started))
end

local function applied(policy, refine, by)
  return function(model, sets)
    return (rledit.apply {
      policy = policy, model = model, sets = sets, layers = layers_of[model.name], refine = refine, refine_by = by,
      reward = refine and this.reward,
    })
  end
end

if not args.way or args.way == "one" then
  local one, info = trained {}
  print("one step: " .. (info.summary or ""))
  judge("unedited", function(model) return model end)
  judge("one step", applied(one))
  judge("one step, best of 4 scales", applied(one, 4))
  judge("one step, best of 4 directions", applied(one, 4, "samples"))
end
if args.way == "rivals" then
  for _, steps in ipairs { 100, 1000 } do
    judge("CMA-ES " .. steps, function(model, sets)
      return rledit.run.task(rledit.task {
        model = model, sets = sets, reward = this.reward,
        world = rledit.ShiftWorld { layers = layers_of[model.name], bias = true },
        learner = rledit.CMAES { steps = steps, population_size = 10 },
      }).model
    end, true)
  end
  if case == "backdoor" then
    judge("fine-tuning", function(model, sets)
      return rledit.baselines.fine_tune {
        model = model, forget = sets.forget, retain = sets.retain:concat(sets.right), learning_rate = 0.005,
      }.model
    end)
  end
end
for index, way in ipairs(this.ways) do
  if not args.way or args.way == index then
    local policy, info = trained(way[2])
    print(way[1] .. ": " .. (info.summary or ""))
    judge(way[1], applied(policy))
  end
end
