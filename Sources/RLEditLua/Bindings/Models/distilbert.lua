--- DistilBERT encoders (Sanh et al. 2019) with Hugging Face's names: `config` is its `config.json`, a path or a table. Input and
--- `pooling` are those of `bert`. With `classes` the layers `pre_classifier`, ReLU and `classifier` follow, and the encoder's
--- names begin with `distilbert.`. Layers that can be edited are the linear ones and the embeddings.
---@param options { config: string|table, length: integer, pooling: ("mean"|"cls")?, classes: integer?, seed: integer? }
---@return rledit.Model
local nn = require "rledit.nn"
local read = ...

return function(options)
  local settings = read("rledit.models.distilbert", options, { config = {}, length = 0, pooling = "cls", classes = 0 })
  local config = settings.config
  local function size(name)
    local value = config[name]
    if math.type(value) ~= "integer" then error(("config: '%s' is missing or no integer"):format(name), 3) end
    return value
  end
  local prefix, width = settings.classes > 0 and "distilbert." or "", size "dim"
  local g = nn.graph { name = "distilbert", seed = settings.seed }
  local tokens = g:input("tokens", { settings.length })
  local function linear(x, name, outputs) return g:linear(x, { name = prefix .. name, outputs = outputs }) end
  local function norm(x, name) return g:layer_norm(x, { name = prefix .. name, epsilon = 1e-12 }) end

  local x = g:token_embedding(tokens, {
    name = prefix .. "embeddings.word_embeddings", tokens = size "vocab_size", features = width,
  })
  x = g:position_embedding(x, {
    name = prefix .. "embeddings.position_embeddings", positions = size "max_position_embeddings",
  })
  x = norm(x, "embeddings.LayerNorm")
  for index = 0, size "n_layers" - 1 do
    local name = ("transformer.layer.%d."):format(index)
    local attention = name .. "attention"
    local y = g:attention(
      linear(x, attention .. ".q_lin", width), linear(x, attention .. ".k_lin", width),
      linear(x, attention .. ".v_lin", width), tokens, { name = prefix .. attention, heads = size "n_heads" })
    x = norm(g:add(linear(y, attention .. ".out_lin", width), x), name .. "sa_layer_norm")
    y = g:gelu(linear(x, name .. "ffn.lin1", size "hidden_dim"))
    x = norm(g:add(linear(y, name .. "ffn.lin2", width), x), name .. "output_layer_norm")
  end

  if settings.pooling == "mean" then
    x = g:token_mean(x, tokens)
  elseif settings.pooling == "cls" then
    x = g:first_token(x)
  else
    error(("pooling must be 'mean' or 'cls', got '%s'"):format(settings.pooling), 2)
  end
  if settings.classes > 0 then
    x = g:relu(g:linear(x, { name = "pre_classifier", outputs = width }))
    x = g:linear(x, { name = "classifier", outputs = settings.classes })
  end
  return g:network { scores = x }
end
