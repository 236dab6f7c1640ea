--- BERT encoders (Devlin et al. 2019) with Hugging Face's names: `config` is its `config.json`, a path or a table. The input
--- is `length` numbers of tokens, [CLS] and [SEP] included, and -1 after the last. `pooling` makes one vector of a text:
--- `"mean"` over the tokens, `"cls"`, or `"pooler"` (BERT's own, on [CLS]). With `classes` a linear layer `classifier` follows,
--- and the encoder's names begin with `bert.`. Layers that can be edited are the linear ones and the embeddings.
---@param options { config: string|table, length: integer, pooling: ("mean"|"cls"|"pooler")?, classes: integer?, seed: integer? }
---@return rledit.Model
local nn = require "rledit.nn"
local read = ...

local activations = { gelu = true, gelu_tanh = true, relu = true, silu = true, tanh = true }

return function(options)
  local settings = read("rledit.models.bert", options, { config = {}, length = 0, pooling = "mean", classes = 0 })
  local config = settings.config
  local function size(name)
    local value = config[name]
    if math.type(value) ~= "integer" then error(("config: '%s' is missing or no integer"):format(name), 3) end
    return value
  end
  local activation = config.hidden_act or "gelu"
  if activation == "gelu_new" or activation == "gelu_pytorch_tanh" then activation = "gelu_tanh" end
  local prefix = settings.classes > 0 and "bert." or ""
  local width, epsilon = size "hidden_size", config.layer_norm_eps or 1e-12
  local g = nn.graph { name = "bert", seed = settings.seed }
  if not activations[activation] then error(("config: hidden_act '%s' is not known"):format(activation), 2) end

  local tokens = g:input("tokens", { settings.length })
  local function linear(x, name, outputs) return g:linear(x, { name = prefix .. name, outputs = outputs }) end
  local function norm(x, name) return g:layer_norm(x, { name = prefix .. name, epsilon = epsilon }) end

  local x = g:token_embedding(tokens, {
    name = prefix .. "embeddings.word_embeddings", tokens = size "vocab_size", features = width,
  })
  x = g:position_embedding(x, {
    name = prefix .. "embeddings.position_embeddings", positions = size "max_position_embeddings",
  })
  x = g:position_embedding(x, {
    name = prefix .. "embeddings.token_type_embeddings", positions = size "type_vocab_size", shared = true,
  })
  x = norm(x, "embeddings.LayerNorm")
  for index = 0, size "num_hidden_layers" - 1 do
    local name = ("encoder.layer.%d."):format(index)
    local attention = name .. "attention."
    local y = g:attention(
      linear(x, attention .. "self.query", width), linear(x, attention .. "self.key", width),
      linear(x, attention .. "self.value", width), tokens,
      { name = prefix .. attention .. "self", heads = size "num_attention_heads" })
    y = g:add(linear(y, attention .. "output.dense", width), x)
    x = norm(y, attention .. "output.LayerNorm")
    y = g[activation](g, linear(x, name .. "intermediate.dense", size "intermediate_size"))
    x = norm(g:add(linear(y, name .. "output.dense", width), x), name .. "output.LayerNorm")
  end

  if settings.pooling == "mean" then
    x = g:token_mean(x, tokens)
  elseif settings.pooling == "cls" or settings.pooling == "pooler" then
    x = g:first_token(x)
    if settings.pooling == "pooler" then x = g:tanh(linear(x, "pooler.dense", width)) end
  else
    error(("pooling must be 'mean', 'cls' or 'pooler', got '%s'"):format(settings.pooling), 2)
  end
  if settings.classes > 0 then x = g:linear(x, { name = "classifier", outputs = settings.classes }) end
  return g:network { scores = x }
end
