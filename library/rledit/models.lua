---@meta rledit.models

--- Networks for the built-in tasks.
---
--- ```lua
--- local models = require "rledit.models"
--- print(models.digit_cnn { seed = 1 })
--- local net = models.mlp { widths = { 4, 16, 3 }, activation = "tanh" }
--- ```
---@class rledit.models
local models = {}

--- The classifier of 28×28 grey images: two convolutions with pooling (16 and 32 channels), then 1568 → 128 → 32 → 10.
--- Its layers are named `conv1`, `relu1`, `pool1`, `conv2`, `relu2`, `pool2`, `flatten`, `fc1`, `relu3`, `fc2`, `relu4`,
--- `fc3`; the layer usually edited is `fc2`. The seed of the initial parameters is the run's by default.
---@param options? { seed: integer? }
---@return rledit.Model
function models.digit_cnn(options) end

--- Linear layers of the given widths with an activation between them, named `fc1`, `act1`, `fc2`, …
---@param options { widths: integer[], activation: ("relu"|"gelu"|"tanh"|"sigmoid")?, seed: integer? }
---@return rledit.Model
function models.mlp(options) end

return models
