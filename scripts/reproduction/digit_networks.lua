-- What the scripts about policies over many networks share: the digits, families of networks trained on them, and the
-- sets of a class.
local rledit = require "rledit"
local nn = rledit.nn

local shared = { digits = rledit.data.mnist() }
shared.train = shared.digits.train:take(55000)

-- By the name of a network: the layers that are edited.
shared.layers_of = {}

-- How networks are trained by gradient descent with momentum in place of Adam.
shared.sgd = { optimizer = "sgd", learning_rate = 0.05, momentum = 0.9, batch_size = 64 }

function shared.cnn(seed) return rledit.models.digit_cnn { seed = seed } end

-- A function that makes a perceptron of these widths from a seed.
function shared.perceptron(widths, activation)
  activation = activation or "relu"
  return function(seed)
    local name = ("perceptron %s %s %d"):format(table.concat(widths, "-"), activation, seed)
    local layers = { name = name, input = { 1, 28, 28 }, seed = seed, { "flatten", nn.flatten() } }
    for i = 1, #widths - 1 do
      layers[#layers + 1] = { "fc" .. i, nn.linear(widths[i], widths[i + 1]) }
      if i < #widths - 1 then layers[#layers + 1] = { "act" .. i, nn[activation]() } end
    end
    return nn.sequential(layers)
  end
end

-- Networks of the seeds from `first` on, trained; `layers` of each are edited.
function shared.family(count, first, make, layers, options)
  local models = {}
  for i = 1, count do
    models[i] = make(first + i - 1)
    shared.layers_of[models[i].name] = layers
  end
  local fit = { models = models, set = shared.train, epochs = 2, seed = first }
  for name, value in pairs(options or {}) do fit[name] = value end
  return nn.fit_all(fit)
end

function shared.joined(lists)
  local all = {}
  for _, list in ipairs(lists) do table.move(list, 1, #list, #all + 1, all) end
  return all
end

-- The sets of a pair of a network and a class, cut out once for each class; all examples where no number is given.
function shared.by_class(set, forget_count, retain_count)
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

function shared.reward(m)
  local keep = (m.retain.accuracy + m.retain.true_probability) / 2
  local drop = 1 - (m.forget.accuracy + m.forget.true_probability) / 2
  return keep + drop, { keep = keep, drop = drop }
end

return shared
