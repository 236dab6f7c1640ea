-- The edit of examples/debias_comments.lua on other classifiers of comments, to see whether what is tuned on sentences
-- about half of the terms makes sentences about the others worse (docs/results.md).
--
--   rledit-lua scripts/reproduction/other_classifiers.lua --seeds 3 --set classifier=insult
--
-- `classifier` is one of
--   toxic                    the example's: Jigsaw's label, 70 % of the comments, their 5,000 most frequent words
--   insult, obscene          another label of the same comments
--   severe_toxic, identity_hate   a rare label: those comments, and as many others
--   several                  toxic where two or more of the six labels are given
--   quarter                  a quarter of the training comments
--   words_1000, words_all    other numbers of words
--   tfidf                    other numbers for a word
--   elsewhere                words of comments that the classifier does not learn from: a quarter for each
-- and `aim` is `equality`, which counts all terms to tune on, or `halves`, which counts the half of them that gains less.
local rledit = require "rledit"
local args, data = rledit.args, rledit.data
local kind = args.classifier or "toxic"

-- The comments with one of Jigsaw's labels, or with the number of labels that they have, cut as `data.comments` does.
local function labelled(column)
  return data.csv { path = "jigsaw/comments.csv", text = "comment_text", label = column }
end
local function counted()
  local columns = { "toxic", "severe_toxic", "obscene", "threat", "insult", "identity_hate" }
  local counts, texts = {}, labelled "toxic":texts()
  for _, column in ipairs(columns) do
    for index, label in ipairs(labelled(column):labels()) do counts[index] = (counts[index] or 0) + label end
  end
  for index, count in ipairs(counts) do counts[index] = count >= 2 and 1 or 0 end
  return data.texts { texts = texts, labels = counts }
end
local function balanced(set)
  local with, without = set:partition(function(label) return label == 1 end)
  return with:concat(without:take(#with)):shuffle(0)
end
local labels = { insult = 1, obscene = 1, severe_toxic = 1, identity_hate = 1 }
local train, validation, test
if labels[kind] or kind == "several" then
  local all = labels[kind] and labelled(kind) or counted()
  local tenth = #all // 10
  train, validation, test = all:split { 7 * tenth, tenth, #all - 8 * tenth }
  if kind == "severe_toxic" or kind == "identity_hate" then
    train, validation, test = balanced(train), balanced(validation), balanced(test)
  end
else
  local comments = data.comments()
  train, validation, test = comments.train, comments.validation, comments.test
end
local source, options = train, { maximum_size = 5000 }
if kind == "quarter" then train = train:take(#train // 4); source = train end
if kind == "elsewhere" then source, train = train:drop(3 * #train // 4), train:take(#train // 4) end
if kind == "words_1000" then options.maximum_size = 1000 end
if kind == "words_all" then options.maximum_size = 100000 end
if kind == "tfidf" then options.weights = "tfidf" end

local words = data.vocabulary(source, options)
local model = rledit.models.bag_of_words { vocabulary = words, seed = rledit.seed }
local epochs = math.max(4, 4 * 6617 // #train)          -- as many steps as of all comments
model:fit(words:encode(train), { epochs = epochs, batch_size = 256, weight_decay = 1e-5 })

local templates = data.templates()
local tuning_terms, heldout_terms = templates:split_terms(rledit.seed)
local sentences = words:encode(templates.sentences)
local tuning, heldout = sentences:in_groups(tuning_terms), sentences:in_groups(heldout_terms)

local sets = { comments = words:encode(train:concat(validation)), identity = tuning }
local tuned = { "identity" }
if args.aim == "halves" then
  local halves = { {}, {} }
  for index, term in ipairs(tuning_terms) do table.insert(halves[index % 2 + 1], term) end
  sets.first, sets.second = tuning:in_groups(halves[1]), tuning:in_groups(halves[2])
  tuned = { "first", "second" }
end
local weight = rledit.schedule.linear(5, 30)

return rledit.task {
  name     = "other-classifiers",
  model    = model,
  world    = rledit.MaskWorld { layer = "fc2", bias = true },
  sets     = sets,
  heldout  = { comments = words:encode(test), identity = heldout },
  measures = {
    comments = { "accuracy", "auc" },
    identity = { "accuracy", "fped", "fned", "equality_difference", "final_auc" },
  },
  reward   = function(m)
    local fair = math.huge
    for _, name in ipairs(tuned) do
      local before, after = m.base[name].equality_difference, m[name].equality_difference
      fair = math.min(fair, before > 0 and 1 - after / before or -after)
    end
    local lost = math.max(0, m.base.comments.accuracy - 0.013 - m.comments.accuracy)
    local blurred = math.max(0, m.base.identity.accuracy - 0.02 - m.identity.accuracy)
    return fair - weight(m.progress) * lost - 10 * blurred, { fair = fair, lost = lost, blurred = blurred }
  end,
  learner  = rledit.PPO { steps = args.steps or 8192 },
}
