--- MobileNetV2 (Sandler et al. 2018) with torchvision's names: `features.0.0`, `features.1.conv.0.0`, …, `classifier.1`.
---@param options? { classes: integer?, input: integer[]?, seed: integer? }
---@return rledit.Model
local nn = require "rledit.nn"
local read = ...

-- Expansion, channels, blocks, stride of the first block.
local stages = {
  { 1, 16, 1, 1 }, { 6, 24, 2, 2 }, { 6, 32, 3, 2 }, { 6, 64, 4, 2 }, { 6, 96, 3, 1 }, { 6, 160, 3, 2 }, { 6, 320, 1, 1 },
}

return function(options)
  local settings = read("rledit.models.mobilenet_v2", options, { classes = 1000, input = { 3, 224, 224 } })
  local g = nn.graph { name = "mobilenet_v2", seed = settings.seed }

  local function convolution(x, name, channels, kernel, stride, groups)
    x = g:conv2d(x, {
      name = name .. ".0", outputs = channels, kernel = kernel, stride = stride, padding = kernel // 2, groups = groups,
      bias = false,
    })
    return g:relu6(g:batch_norm(x, { name = name .. ".1" }), { name = name .. ".2" })
  end

  local function block(x, name, expansion, channels, stride)
    local y, index = x, 0
    if expansion > 1 then
      y = convolution(y, name .. ".conv.0", x.shape[1] * expansion, 1, 1, 1)
      index = 1
    end
    y = convolution(y, name .. ".conv." .. index, y.shape[1], 3, stride, y.shape[1])
    y = g:conv2d(y, { name = name .. ".conv." .. index + 1, outputs = channels, kernel = 1, bias = false })
    y = g:batch_norm(y, { name = name .. ".conv." .. index + 2 })
    if stride == 1 and x.shape[1] == channels then y = g:add(x, y, { name = name .. ".add" }) end
    return y
  end

  local x = convolution(g:input("image", settings.input), "features.0", 32, 3, 2, 1)
  local count = 0
  for _, stage in ipairs(stages) do
    local expansion, channels, blocks, stride = table.unpack(stage)
    for index = 1, blocks do
      count = count + 1
      x = block(x, "features." .. count, expansion, channels, index == 1 and stride or 1)
    end
  end
  x = convolution(x, "features." .. count + 1, 1280, 1, 1, 1)
  x = g:dropout(g:global_average_pool2d(x, { name = "pool" }), { rate = 0.2, name = "classifier.0" })
  return g:network { scores = g:linear(x, { name = "classifier.1", outputs = settings.classes }) }
end
