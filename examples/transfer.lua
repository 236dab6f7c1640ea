-- Train one policy over many networks and digits, and let it edit networks and digits that it has never seen.
--
-- A search learns one edit of one network. This policy looks at the units of a layer instead: how they respond to what
-- is to be forgotten and to what is to be kept. It is the same small network for all units, so it fits any layer, and
-- it edits a network that it has never met at once. The run leaves it as policy.safetensors; apply it with
-- `rledit-lua apply RUN/policy.safetensors MODEL --set forget=… --set retain=…`, or see apply_policy.lua.
--
--   rledit-lua examples/transfer.lua
--   rledit-lua examples/transfer.lua --set world=MaskWorld --set rank=2
local rledit = require "rledit"
local args = rledit.args

local digits = rledit.data.digits()

-- Networks for each purpose, no two alike: training ones, a few that choose among the policies along the way, and those
-- that the policy is judged on.
local function networks(first, count)
  local models = {}
  for i = 1, count do models[i] = rledit.models.digit_cnn { seed = first + i } end
  if count == 0 then return models end
  return rledit.nn.fit_all { models = models, set = digits.train, epochs = args.epochs or 2, seed = first }
end

-- What reward and features see of a pair, and what held-out pairs are measured on. Each class is cut out once.
local function by_class(set, forget_count, retain_count)
  local known = {}
  return function(_, class)
    if not known[class] then
      local forget, retain = set:partition(function(label) return label == class end)
      known[class] = {
        forget = forget_count and forget:take(forget_count) or forget,
        retain = retain_count and retain:take(retain_count) or retain,
      }
    end
    return known[class]
  end
end

local world = args.world or "ShiftWorld"
return rledit.task {
  name = "transfer-" .. world,
  distribution = rledit.TaskDistribution {
    networks = {
      training = networks(1000 * rledit.seed + 100, args.networks or 8),
      validation = networks(1000 * rledit.seed + 200, 2),
      heldout = networks(1000 * rledit.seed + 300, args.heldout or 5),
    },
    classes = { training = { 0, 1, 2, 4, 5, 6, 8, 9 }, heldout = { 3, 7 } },
    sets = by_class(digits.train, 500, 2000),
    test_sets = by_class(digits.test),
  },
  world = rledit[world] { layer = "fc2", rank = args.rank or 1 },
  policy = rledit.UnitPolicy { features = args.features or "label_aware" },
  refine = 10,                                -- also the best of ten steps of other lengths
  reward = function(m)
    local keep = (m.retain.accuracy + m.retain.true_probability) / 2
    local drop = 1 - (m.forget.accuracy + m.forget.true_probability) / 2
    return keep + drop, { keep = keep, drop = drop }
  end,
  -- Each of 9,600 candidates is a whole policy, judged on eight pairs.
  learner = rledit.EvolutionStrategy {
    steps = args.steps or 9600, population_size = 32, standard_deviation = 0.01,
    learning_rate = rledit.schedule.linear(0.006, 0.0006), adam_beta2 = 0.99,
  },
}
