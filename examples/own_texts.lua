-- From a CSV of texts with labels to an edited classifier: the words of one kind of text lose their say.
--
--   rledit-lua examples/own_texts.lua
--   rledit-lua examples/own_texts.lua --allow my.csv --set file=my.csv --set text=review --set label=stars
--
-- Without a file the reviews are generated. Labels may be words or numbers: every one that occurs is a class. The edit
-- makes the network forget the first class and keep the others.
local rledit = require "rledit"
local data, args = rledit.data, rledit.args

local all, words
if args.file then
  local text, label = args.text or "text", args.label or "label"
  all, words = data.csv { path = args.file, text = text, label = label, classes = "sorted" }
else
  local parts = { { "fine", "kind", "great" }, { "dull", "slow", "poor" }, { "odd", "plain", "usual" } }
  local names, titles, texts, labels = { "praise", "scorn", "shrug" }, {}, {}, {}
  for letter in ("bdkmr"):gmatch "." do
    for vowel in ("aeiou"):gmatch "." do titles[#titles + 1] = letter .. vowel end
  end
  for i = 1, 1500 do
    local said, j = parts[i % 3 + 1], i // 3
    local title = ("%sn %sl"):format(titles[j % 25 + 1], titles[j // 25 % 25 + 1])
    texts[i] = ("%s was a %s and %s film"):format(title, said[j % 3 + 1], said[j // 3 % 3 + 1])
    labels[i] = i % 3
  end
  all, words = data.texts { texts = texts, labels = labels, name = "reviews" }, names
end
print(all, table.concat(words, ", "))

local train, rest = all:shuffle(1):split(0.7)
local tuning, test = rest:split(0.5)
local vocabulary = data.vocabulary(train, { maximum_size = 5000 })
local model = rledit.models.bag_of_words { vocabulary = vocabulary, classes = #words, seed = rledit.seed }
model:fit(vocabulary:encode(train), { epochs = 5 })

local function is_first(label) return label == 0 end
local forget, retain = vocabulary:encode(tuning):partition(is_first)
local test_forget, test_retain = vocabulary:encode(test):partition(is_first)

return rledit.task {
  name    = "own-texts",
  model   = model,
  world   = rledit.ShiftWorld { layer = "fc1", rank = 1 },
  sets    = { forget = forget, retain = retain },
  heldout = { forget = test_forget, retain = test_retain },
  reward  = function(m) return m.retain.accuracy - m.forget.accuracy end,
  learner = rledit.PPO { steps = args.steps or 4096 },
}
