-- The policies of docs/results.md: trained on eight networks and eight digits, judged on ten other networks and all ten
-- digits, two of which training never met (`--set fold=0` to 4: digits 2·fold and 2·fold + 1).
--
-- Training networks are those of seeds 200 + 20·seed on, validation networks follow them; the ten held-out networks
-- are those of seeds 0 to 9 (`--set split=validation`: of seeds 100 to 104, on the last 5,000 training images, where
-- settings are chosen). All are trained on the first 55,000 images of MNIST.
--
--   rledit-lua scripts/reproduction/transfer.lua --seed 1 --set fold=3 --set world=MaskWorld --set rank=2
local rledit = require "rledit"
local args = rledit.args

local shared = require "digit_networks"
local digits, train = shared.digits, shared.train
local validates = args.split == "validation"
local judged = validates and digits.train:drop(55000) or digits.test

local function networks(first, count) return shared.family(count, first, shared.cnn) end
local by_class = shared.by_class

-- With `--set images=mixed` the policy looks at 5 + 50 to 500 + 2,000 images of a pair, another number for each, so that it
-- learns what few of them are worth; the reward sees 500 + 2,000 all the same, under other names. `--set weight=10` makes
-- what the edit takes count ten times what it keeps: a policy that must not fail on any draw has to go further than one that
-- is to be right on average.
local mixed = args.images == "mixed"
local all_images = by_class(train, args.forget or 500, args.retain or 2000)
local function mixed_images(network, class)
  local all = all_images(network, class)
  local count = ({ 5, 5, 20, 100, 500 })[math.random(5)]
  local seed = math.random(1000000)
  return {
    forget = all.forget:shuffle(seed):take(count), retain = all.retain:shuffle(seed):take(math.min(10 * count, 2000)),
    all_forget = all.forget, all_retain = all.retain,
  }
end

local fold = args.fold or 3
local seen = {}
for class = 0, 9 do if class // 2 ~= fold then seen[#seen + 1] = class end end

local learners = {
  EvolutionStrategy = function()
    return rledit.EvolutionStrategy {
      steps = args.steps or 9600, population_size = 32, standard_deviation = args.deviation or 0.01,
      learning_rate = rledit.schedule.linear(args.rate or 0.006, (args.rate or 0.006) / 10), adam_beta2 = 0.99,
    }
  end,
  SeparableCMAES = function()
    return rledit.SeparableCMAES {
      steps = args.steps or 9600, population_size = 32, initial_standard_deviation = args.deviation or 0.05,
    }
  end,
  CMAES = function()
    return rledit.CMAES {
      steps = args.steps or 9600, population_size = 32, initial_standard_deviation = args.deviation or 0.05,
    }
  end,
  PPO = function()
    return rledit.PPO {
      steps = args.steps or 38400, rollout_length = 256, minibatch_size = 256, epochs = 4,
      learning_rate = rledit.schedule.linear(args.rate or 3e-3, 0), initial_log_standard_deviation = -1.5,
    }
  end,
}

local layers = {}
for name in (args.layers or "fc2"):gmatch "[^,]+" do layers[#layers + 1] = name end

local weight = args.weight or 1

local first = 200 + 20 * rledit.seed
return rledit.task {
  name = "transfer",
  distribution = rledit.TaskDistribution {
    networks = {
      training = networks(first, args.networks or 8), validation = networks(first + 10, 2),
      heldout = validates and networks(100, 5) or networks(0, args.heldout or 10),
    },
    classes = { training = seen, heldout = { 2 * fold, 2 * fold + 1 } },
    sets = mixed and mixed_images or all_images,
    test_sets = by_class(judged),
  },
  world = rledit[args.world or "ShiftWorld"] { layers = layers, rank = args.rank or 1 },
  policy = rledit.UnitPolicy { features = args.features or "label_aware", hidden = args.hidden or 2 },
  refine = 10,
  pairs_per_step = args.pairs or 8,
  reward = function(m)
    local forget, retain = m[mixed and "all_forget" or "forget"], m[mixed and "all_retain" or "retain"]
    local keep = (retain.accuracy + retain.true_probability) / 2
    local drop = 1 - (forget.accuracy + forget.true_probability) / 2
    return keep + weight * drop, { keep = keep, drop = drop }
  end,
  learner = learners[args.learner or "EvolutionStrategy"](),
}
