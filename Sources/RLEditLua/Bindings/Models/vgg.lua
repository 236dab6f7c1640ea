--- The networks of Simonyan and Zisserman 2015 with torchvision's names (`features.0`, …, `classifier.6`): `depth` is 11, 13,
--- 16 or 19, with a batch norm after each convolution where `batch_norm` is true, and `hidden` units between the linear layers. Height and width are multiples of 224.
---@param options? { depth: integer?, batch_norm: boolean?, hidden: integer?, classes: integer?, input: integer[]?, seed: integer? }
---@return rledit.Model
local nn = require "rledit.nn"
local read = ...

-- Convolutions of each stage.
local kinds = {
  [11] = { 1, 1, 2, 2, 2 }, [13] = { 2, 2, 2, 2, 2 }, [16] = { 2, 2, 3, 3, 3 }, [19] = { 2, 2, 4, 4, 4 },
}

return function(options)
  local settings = read("rledit.models.vgg", options, {
    depth = 11, batch_norm = true, hidden = 4096, classes = 1000, input = { 3, 224, 224 },
  })
  local stages = kinds[settings.depth]
  if not stages then error(("depth must be 11, 13, 16 or 19, got %d"):format(settings.depth), 2) end
  local g = nn.graph { name = "vgg" .. settings.depth, seed = settings.seed }
  local x = g:input("image", settings.input)
  local count = 0
  local function name()
    count = count + 1
    return "features." .. count - 1
  end
  for stage, convolutions in ipairs(stages) do
    for _ = 1, convolutions do
      local channels = math.min(64 << (stage - 1), 512)
      x = g:conv2d(x, { name = name(), outputs = channels, kernel = 3, padding = 1 })
      if settings.batch_norm then x = g:batch_norm(x, { name = name() }) end
      x = g:relu(x, { name = name() })
    end
    x = g:max_pool2d(x, { kernel = 2, name = name() })
  end
  -- The mean over 7×7 parts of the picture, as torchvision's AdaptiveAvgPool2d.
  local height, width = x.shape[2], x.shape[3]
  if height % 7 ~= 0 or width % 7 ~= 0 then
    error(("height and width must be multiples of 224, got %d and %d"):format(table.unpack(settings.input, 2)), 2)
  end
  x = g:average_pool2d(x, { kernel = { height // 7, width // 7 }, name = "avgpool" })
  x = g:flatten(x, { name = "flatten" })
  for index, outputs in ipairs { settings.hidden, settings.hidden, settings.classes } do
    local first = 3 * (index - 1)
    x = g:linear(x, { name = "classifier." .. first, outputs = outputs })
    if index < 3 then
      x = g:dropout(g:relu(x, { name = "classifier." .. first + 1 }), { name = "classifier." .. first + 2 })
    end
  end
  return g:network { scores = x }
end
