-- The memory of large networks: a ResNet-50 or a BERT-base with random weights runs 100 pictures or sentences and takes an edit.
--
--   /usr/bin/time -v rledit-lua scripts/reproduction/large_networks.lua --set network=resnet50
--   /usr/bin/time -v rledit-lua scripts/reproduction/large_networks.lua --set network=bert
local rledit = require "rledit"
local data, args = rledit.data, rledit.args

local model, set, layer
if (args.network or "resnet50") == "resnet50" then
  local labels = {}
  for i = 1, 100 do labels[i] = i end
  model = rledit.models.resnet { depth = 50 }
  set = data.set { inputs = rledit.tensor.normal({ 100, 3, 224, 224 }, { seed = 1 }), labels = labels }
  layer = "layer4.2.conv3"
else
  -- As many tokens as BERT's own vocabulary has.
  local comments, tokens = data.comments(), { "[PAD]", "[UNK]", "[CLS]", "[SEP]" }
  local words = data.vocabulary(comments.train, { maximum_size = 20000 }):words()
  for _, word in ipairs(words) do tokens[#tokens + 1] = word end
  while #tokens < 30522 do tokens[#tokens + 1] = "token" .. #tokens end
  local tokenizer = data.wordpiece { tokens = tokens }
  model = rledit.models.bert { length = 128, classes = 2, config = { vocab_size = 30522, hidden_size = 768,
    num_hidden_layers = 12, num_attention_heads = 12, intermediate_size = 3072, max_position_embeddings = 512,
    type_vocab_size = 2 } }
  set = tokenizer:encode(comments.train:take(100), { maximum_length = 128 })
  layer = "bert.encoder.layer.11.output.dense"
end

return rledit.task {
  name    = "large-network",
  model   = model,
  world   = rledit.ShiftWorld { layer = args.layer or layer, rank = 1, scale = 0.01 },
  sets    = { examples = set },
  reward  = function(m) return -m.examples.loss end,
  learner = rledit.RandomSearch { steps = 4 },
}
