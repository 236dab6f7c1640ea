--- The residual networks for 32×32 pictures of He et al. 2016, with shortcuts without parameters (option A): `depth` is 20,
--- 32, 44, 56 or 110, in general 6n + 2. Parameters are named as in the usual PyTorch files: `conv1`, `bn1`,
--- `layer1.0.conv1`, …, `linear`. Layers that can be edited are the convolutions and `linear`.
---@param options? { depth: integer?, classes: integer?, input: integer[]?, seed: integer? }
---@return rledit.Model
local nn = require "rledit.nn"
local read = ...

return function(options)
  local settings = read("rledit.models.resnet_cifar", options, { depth = 20, classes = 10, input = { 3, 32, 32 } })
  local blocks = (settings.depth - 2) // 6
  if blocks < 1 or settings.depth ~= 6 * blocks + 2 then
    error(("depth must be 6n + 2, as 20 or 56 is, got %d"):format(settings.depth), 2)
  end
  local g = nn.graph { name = "resnet" .. settings.depth, seed = settings.seed }

  local function convolution(x, name, norm, channels, stride)
    x = g:conv2d(x, { name = name, outputs = channels, kernel = 3, stride = stride, padding = 1, bias = false })
    return g:batch_norm(x, { name = norm })
  end

  local function block(x, name, channels, stride)
    local y = g:relu(convolution(x, name .. ".conv1", name .. ".bn1", channels, stride), { name = name .. ".relu1" })
    y = convolution(y, name .. ".conv2", name .. ".bn2", channels, 1)
    local missing = channels - x.shape[1]
    if stride ~= 1 or missing > 0 then
      -- Every second pixel, and zeros for the channels that are new.
      x = g:average_pool2d(x, { kernel = 1, stride = stride, name = name .. ".slice" })
      x = g:pad_channels(x, { before = missing // 2, after = missing - missing // 2, name = name .. ".pad" })
    end
    return g:relu(g:add(y, x, { name = name .. ".add" }), { name = name .. ".relu2" })
  end

  local x = g:input("image", settings.input)
  x = g:relu(convolution(x, "conv1", "bn1", 16, 1), { name = "relu1" })
  for stage, channels in ipairs { 16, 32, 64 } do
    for index = 0, blocks - 1 do
      x = block(x, ("layer%d.%d"):format(stage, index), channels, index == 0 and stage > 1 and 2 or 1)
    end
  end
  x = g:global_average_pool2d(x, { name = "pool" })
  return g:network { scores = g:linear(x, { name = "linear", outputs = settings.classes }) }
end
