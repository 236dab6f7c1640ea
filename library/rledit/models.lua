---@meta rledit.models

--- Networks for the built-in tasks.
---
--- ```lua
--- local models = require "rledit.models"
--- print(models.digit_cnn { seed = 1 })
--- local words = require("rledit.data").vocabulary(require("rledit.data").comments().train)
--- print(models.bag_of_words { vocabulary = words })
--- local net = models.mlp { widths = { 4, 16, 3 }, activation = "tanh" }
--- ```
---@class rledit.models
local models = {}

--- The classifier of 28×28 grey images: two convolutions with pooling (16 and 32 channels), then 1568 → 128 → 32 → 10.
--- Its layers are named `conv1`, `relu1`, `pool1`, `conv2`, `relu2`, `pool2`, `flatten`, `fc1`, `relu3`, `fc2`,
--- `relu4`, `fc3`; the layer usually edited is `fc2`. The seed of the initial parameters is the run's by default.
---@param options? { seed: integer? }
---@return rledit.Model
function models.digit_cnn(options) end

--- A classifier of texts: `embedding` (one row of numbers for each word of the vocabulary, summed over a text), then
--- linear layers `fc1`, `fc2`, … with `relu1`, `relu2`, … between them. With the default `hidden = { 64, 16 }` and 2
--- classes the layers that can be edited are `fc1` (64 → 16) and `fc2` (16 → 2). The vocabulary goes with the model
--- into every file.
---@param options { vocabulary: rledit.Vocabulary, hidden: integer[]?, classes: integer?, seed: integer? }
---@return rledit.Model
function models.bag_of_words(options) end

--- Linear layers of the given widths with an activation between them, named `fc1`, `act1`, `fc2`, …
---@param options { widths: integer[], activation: ("relu"|"gelu"|"tanh"|"sigmoid")?, seed: integer? }
---@return rledit.Model
function models.mlp(options) end

return models
