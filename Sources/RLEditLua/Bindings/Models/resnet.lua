--- The residual networks of He et al. 2016 for large pictures, with torchvision's names (`conv1`, `bn1`, `layer1.0.conv1`, …,
--- `layer2.0.downsample.0`, `fc`): `depth` is 18, 34 or 50. Layers that can be edited are the convolutions and `fc`.
---@param options? { depth: integer?, classes: integer?, input: integer[]?, seed: integer? }
---@return rledit.Model
local nn = require "rledit.nn"
local read = ...

local kinds = {
  [18] = { blocks = { 2, 2, 2, 2 }, expansion = 1 },
  [34] = { blocks = { 3, 4, 6, 3 }, expansion = 1 },
  [50] = { blocks = { 3, 4, 6, 3 }, expansion = 4 },
}

return function(options)
  local settings = read("rledit.models.resnet", options, { depth = 18, classes = 1000, input = { 3, 224, 224 } })
  local kind = kinds[settings.depth]
  if not kind then error(("depth must be 18, 34 or 50, got %d"):format(settings.depth), 2) end
  local g = nn.graph { name = "resnet" .. settings.depth, seed = settings.seed }

  local function convolution(x, name, norm, channels, kernel, stride)
    x = g:conv2d(x, {
      name = name, outputs = channels, kernel = kernel, stride = stride or 1, padding = kernel // 2, bias = false,
    })
    return g:batch_norm(x, { name = norm })
  end

  local function block(x, name, channels, stride)
    local function part(y, index, width, kernel, step)
      return convolution(y, name .. ".conv" .. index, name .. ".bn" .. index, width, kernel, step)
    end
    local function relu(y, index) return g:relu(y, { name = name .. ".relu" .. index }) end
    local y
    if kind.expansion == 1 then
      y = part(relu(part(x, 1, channels, 3, stride), 1), 2, channels, 3)
    else
      y = relu(part(relu(part(x, 1, channels, 1), 1), 2, channels, 3, stride), 2)
      y = part(y, 3, channels * kind.expansion, 1)
    end
    if stride ~= 1 or x.shape[1] ~= y.shape[1] then
      x = convolution(x, name .. ".downsample.0", name .. ".downsample.1", y.shape[1], 1, stride)
    end
    return g:relu(g:add(y, x, { name = name .. ".add" }), { name = name .. ".relu" })
  end

  local x = g:input("image", settings.input)
  x = g:relu(convolution(x, "conv1", "bn1", 64, 7, 2), { name = "relu" })
  x = g:max_pool2d(x, { kernel = 3, stride = 2, padding = 1, name = "maxpool" })
  for stage, channels in ipairs { 64, 128, 256, 512 } do
    for index = 0, kind.blocks[stage] - 1 do
      x = block(x, ("layer%d.%d"):format(stage, index), channels, index == 0 and stage > 1 and 2 or 1)
    end
  end
  x = g:global_average_pool2d(x, { name = "avgpool" })
  return g:network { scores = g:linear(x, { name = "fc", outputs = settings.classes }) }
end
