-- Make a pretrained encoder judge comments by what they say, and not by the group of people that they mention.
--
-- The reward takes comments that mention a term and the same comments about somebody else, and asks that both get the
-- same margin between the two classes; that sentences about these terms are told apart; that comments are judged as
-- well as before; and that margins on them move little. Terms that judge the result were never seen; of the set
-- `strict` no word of content was. With --set labels=false the reward sees no label of a sentence: it asks for the
-- margin that the unedited network gives to the same sentence about a "person".
--
--   rledit-lua examples/debias_encoder.lua
--   rledit-lua examples/debias_encoder.lua --data FOLDER --set model=MODEL --set part=comments-layer5.safetensors
--
-- MODEL is a folder of Hugging Face with config.json, vocab.txt and model.safetensors, `part` what was trained further.
-- Without them a small encoder is trained here, on Jigsaw's comments or generated ones.
local rledit = require "rledit"
local data, args, labelled = rledit.data, rledit.args, rledit.args.labels ~= false

local comments, templates = data.comments(), data.templates()
local tuning_terms, heldout_terms = templates:split_terms(rledit.seed)
local length = args.length or (args.model and 64 or 24)

local model, tokenizer
if args.model then
  tokenizer = data.wordpiece(args.model .. "/vocab.txt")
  model = rledit.models.bert { config = args.model .. "/config.json", length = length, classes = 2 }
  model:load(args.model .. "/model.safetensors", {
    rename = { [""] = "bert." }, ignore = { "pooler.*", "embeddings.position_ids" }, partial = true })
  model:load(args.part, { partial = true })
else
  local tokens = { "[PAD]", "[UNK]", "[CLS]", "[SEP]" }
  local words = data.vocabulary(comments.train, { maximum_size = 2000 }):words()
  for _, word in ipairs(words) do tokens[#tokens + 1] = word end
  tokenizer = data.wordpiece { tokens = tokens }
  model = rledit.models.bert { length = length, classes = 2, seed = rledit.seed, config = {
    vocab_size = #tokenizer, hidden_size = 32, num_hidden_layers = 1, num_attention_heads = 2, intermediate_size = 64,
    max_position_embeddings = length, type_vocab_size = 1 } }
end
local function encode(texts) return tokenizer:encode(texts, { maximum_length = length }) end
local utility = encode(comments.train:take(args.comments or 3000))
if not args.model then model:fit(utility, { epochs = args.epochs or 4, batch_size = 64, learning_rate = 0.002 }) end

local original, swapped = comments.train:swap_terms(tuning_terms, { seed = rledit.seed })
local seen, unseen = templates:split_words(rledit.seed)
local function about(sentences, terms)
  local found = sentences:in_groups(terms):shuffle(1)
  return found:take(math.min(#found, 4000))
end
local sets = { comments = utility, original = encode(original), swapped = encode(swapped) }
local mentioned, anybody = about(seen, tuning_terms):swap_terms(tuning_terms, { with = { "person" } })
if labelled then sets.identity = encode(about(seen, tuning_terms))
else sets.mentioned, sets.anybody = encode(mentioned), encode(anybody) end
local shown = { "accuracy", "fped", "fned", "equality_difference", "final_auc" }

return rledit.task {
  name     = "debias-encoder",
  model    = model,
  world    = rledit.ShiftWorld { layer = args.layer or "classifier", rank = args.rank or 1, scale = 1 },
  sets     = sets,
  heldout  = { comments = encode(comments.test), identity = encode(about(templates.sentences, heldout_terms)),
    strict = encode(about(unseen, heldout_terms)) },
  measures = { comments = { "accuracy", "auc" }, identity = shown, strict = shown },
  reward   = function(m)
    local gap = m.original:margin_gap(m.swapped) / m.base.original:margin_gap(m.base.swapped)
    local wrong = labelled and m.identity.loss
      or m.mentioned:margin_gap(m.base.anybody) / m.base.mentioned:margin_gap(m.base.anybody)
    local drift, lost = m.comments.margin_drift, math.max(0, m.base.comments.accuracy - 0.003 - m.comments.accuracy)
    return -gap - 8 * wrong - 2 * drift - 20 * lost, { gap = gap, wrong = wrong, drift = drift, lost = lost }
  end,
  learner  = rledit.SeparableCMAES { steps = args.steps or 2000 },
}
