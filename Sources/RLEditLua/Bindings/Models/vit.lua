--- Vision transformers (Dosovitskiy et al. 2021) with torchvision's names (`conv_proj`, `encoder.layers.encoder_layer_0.ln_1`,
--- …, `heads.head`). The defaults are ViT-B/16. Queries, keys and values are three layers (`….self_attention.query`, `.key`,
--- `.value`), which files keep as one tensor `in_proj_weight`. Height and width are multiples of `patch`.
---@param options? { patch: integer?, width: integer?, depth: integer?, heads: integer?, hidden: integer?, classes: integer?, input: integer[]?, seed: integer? }
---@return rledit.Model
local nn = require "rledit.nn"
local read = ...

return function(options)
  local settings = read("rledit.models.vit", options, {
    patch = 16, width = 768, depth = 12, heads = 12, hidden = 3072, classes = 1000, input = { 3, 224, 224 },
  })
  local patch, width = settings.patch, settings.width
  local rows, columns = settings.input[2] or 0, settings.input[3] or 0
  if patch < 1 or rows % patch ~= 0 or columns % patch ~= 0 then
    error(("height and width must be multiples of the patch, got %d, %d and %d"):format(rows, columns, patch), 2)
  end
  local g = nn.graph { name = "vit", seed = settings.seed }

  local function norm(x, name) return g:layer_norm(x, { name = name, epsilon = 1e-6 }) end

  local function attention(x, name)
    local parts = {}
    for part, kind in ipairs { "query", "key", "value" } do
      parts[part] = g:linear(x, {
        name = name .. "." .. kind, outputs = width,
        stored = {
          weight = { name = name .. ".in_proj_weight", part = part, parts = 3 },
          bias = { name = name .. ".in_proj_bias", part = part, parts = 3 },
        },
      })
    end
    local y = g:attention(parts[1], parts[2], parts[3], { name = name .. ".attention", heads = settings.heads })
    return g:linear(y, { name = name .. ".out_proj", outputs = width })
  end

  local x = g:input("image", settings.input)
  x = g:conv2d(x, { name = "conv_proj", outputs = width, kernel = patch, stride = patch })
  x = g:class_token(g:pixel_tokens(x), { name = "class_token", stored = { weight = { name = "class_token" } } })
  x = g:position_embedding(x, {
    name = "encoder.pos_embedding", positions = x.shape[1],
    stored = { weight = { name = "encoder.pos_embedding", rank = 3 } },
  })
  for index = 0, settings.depth - 1 do
    local name = ("encoder.layers.encoder_layer_%d."):format(index)
    x = g:add(attention(norm(x, name .. "ln_1"), name .. "self_attention"), x)
    local y = g:gelu(g:linear(norm(x, name .. "ln_2"), { name = name .. "mlp.0", outputs = settings.hidden }))
    x = g:add(g:linear(y, { name = name .. "mlp.3", outputs = width }), x)
  end
  x = g:first_token(norm(x, "encoder.ln"))
  return g:network { scores = g:linear(x, { name = "heads.head", outputs = settings.classes }) }
end
