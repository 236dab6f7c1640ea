-- How far two networks that never saw a digit are from each other on it: the floor of any distance to "the" retrained
-- network. A line per digit: mean total variation, on the digit's test images, over all pairs of networks that were trained
-- on the other digits of the first 55,000 training images with different seeds (`--set networks=4`: of how many).
--
--   rledit-lua scripts/reproduction/retrained_distance.lua
local rledit = require "rledit"

local digits = rledit.data.mnist()
local train = digits.train:take(55000)
for digit = 0, 9 do
  local function is_digit(label) return label == digit end
  local _, retain = train:partition(is_digit)
  local unseen = digits.test:partition(is_digit)
  local models = {}
  for seed = 0, (rledit.args.networks or 4) - 1 do
    local base = rledit.models.digit_cnn { seed = seed }
    models[#models + 1] = rledit.baselines.retrain { model = base, retain = retain, seed = seed }.model
  end
  local sum, pairs_seen = 0, 0
  for first = 1, #models do
    for second = first + 1, #models do
      sum = sum + rledit.metrics.total_variation { model = models[first], reference = models[second], set = unseen }
      pairs_seen = pairs_seen + 1
    end
  end
  print(("%d,%.3f"):format(digit, sum / pairs_seen))
end
