---@meta rledit.data

--- Sets of labelled examples.
---
--- Paths are looked up under the data roots: `--data`, `RLEDIT_DATA`, `$XDG_DATA_HOME/rledit`, and `data/` under the
--- current folder, in this order. Absolute paths and `..` need `--allow FILE`. What a script loads is named, with its
--- hash, in the run's manifest.
---
--- ```lua
--- local data = require "rledit.data"
--- local digits = data.digits()
--- local sevens, others = digits.train:partition(function(label) return label == 7 end)
--- print(digits.source, sevens:take(500), others:shuffle(1):take(2000))
---
--- local comments = data.comments()
--- local vocabulary = data.vocabulary(comments.train, { maximum_size = 5000 })
--- print(comments, vocabulary:contains "teacher", vocabulary:encode(comments.train))
--- ```
---@class rledit.data
local data = {}

--- MNIST if a data root holds it, else generated digits; the field `source` says which.
---@return rledit.Pictures
function data.digits() end

--- The 60,000 training and 10,000 test images of MNIST. Raises when a data root does not hold it, and names the command
--- that fetches it.
---@return rledit.Pictures
function data.mnist() end

--- Digits drawn from strokes with random pose, thickness and noise: 28×28 grey images, the same on every machine for a
--- seed. By default 20,000 for training and 4,000 for testing, of seed 0.
---@param options? { seed: integer?, train: integer?, test: integer? }
---@return rledit.Pictures
function data.generated_digits(options) end

--- CIFAR-10 if a data root holds it, else generated pictures of ten shapes; the field `source` says which.
---@param options? { normalize: rledit.Normalization? }
---@return rledit.Pictures
function data.objects(options) end

--- The 50,000 training and 10,000 test pictures of CIFAR-10 in its binary version, or from an archive of JPEGs,
--- `cifar10/cifar10-jpeg.tar.gz`. Raises when a data root holds neither, and names the command that fetches it.
---@param options? { normalize: rledit.Normalization? }
---@return rledit.Pictures
function data.cifar10(options) end

--- The 50,000 training and 10,000 test pictures of CIFAR-100 in its binary version, from `cifar100` or
--- `cifar-100-binary` in a data root. With `coarse`, the labels are those of the 20 groups of classes.
---@param options? { coarse: boolean?, normalize: rledit.Normalization? }
---@return rledit.Pictures
function data.cifar100(options) end

--- Coloured shapes in random pose, colour and light: 32×32 pictures in ten classes, the same on every machine for a
--- seed. By default 10,000 for training and 2,000 for testing, of seed 0.
---@param options? { seed: integer?, train: integer?, test: integer?, normalize: rledit.Normalization? }
---@return rledit.Pictures
function data.generated_objects(options) end

--- A set read from a pair of IDX files, plain or compressed with gzip: grey images in 0 … 1 and their labels. With
--- `classes`, labels must be below it.
---@param options { images: string, labels: string, classes: integer?, name: string? }
---@return rledit.Set
function data.idx(options) end

--- A set of your own numbers: `inputs` is `[examples, …]`, with a label (an integer from 0 on) for each example. A
--- number that is NaN or infinite in 32 bits is an error that names the example and the place: `inputs[3] holds NaN at
--- [1, 14, 2]`. `weights` says how much each example counts in training.
---@param options { inputs: rledit.Numbers, labels: integer[]|rledit.Tensor, weights: rledit.Numbers?, name: string? }
---@return rledit.Set
function data.set(options) end

--- A set of the JPEG and PNG pictures in a folder for each class, or in a tar archive of such folders, which is read
--- without being unpacked. Pictures come in the order of their paths; an example is `{ channels, rows, columns }`.
---
--- Pictures are turned upright as their orientation tag says. CMYK becomes RGB, 16 bits become 8, alpha is dropped.
--- They are decoded once, by all workers, and kept as bytes; `normalize` is applied when they enter a network:
--- `"imagenet"` is what torchvision's networks expect. A broken picture is an error that names it.
---
--- ```
--- local photos, classes = data.image_folder { path = "photos.tar.gz", size = 32, normalize = "imagenet" }
--- local faces = data.image_folder {
---   path = "img_align_celeba", table = "list_attr_celeba.txt", label = "Smiling", groups = { "Male", "Young" }, size = 64,
--- }
--- ```
---
--- With `table` every row must name a picture that is there, and none twice. Pictures without a row are left out.
---@param options rledit.ImageFolderOptions
---@return rledit.Set
---@return string[] classes names of the labels: label 0 has the first; empty for a table whose labels have no names
---@return string[] skipped paths of broken pictures, with `skip_broken`
---@return string[] unlisted paths of pictures that the table does not name
function data.image_folder(options) end

--- The array of a `.npy` file that NumPy saved, as a tensor of the same shape, whichever order its axes were stored in.
--- Numbers of the types `float32`, `float64`, `float16`, `int64`, `int32`, `uint8` and `bool` become 32-bit floats. A
--- `float64` is rounded; an integer that would change, or a number that would become infinite, is an error that names
--- the element. Arrays of Python objects are refused: to read one runs code.
---
--- ```
--- local set = data.set { inputs = data.npy "images.npy", labels = data.npy "labels.npy" }
--- ```
---@param path string
---@return rledit.Tensor
function data.npy(path) end

--- All arrays of a `.npz` file, compressed or not, by their names. Together they take at most 1 GiB. An array that no
--- tensor can hold (words, objects, complex numbers, integers of too many digits) is an error when you ask for it; the
--- others can still be read.
---
--- ```
--- local arrays = data.npz "digits.npz"
--- print(arrays.images, arrays.labels)
--- ```
---@param path string
---@return table<string, rledit.Tensor>
function data.npz(path) end

--- What a JSON file holds, as plain tables, strings, numbers and booleans; `null` is nil. At most 16 MB.
---@param path string
---@return any
function data.json(path) end

--- A set from arrays that NumPy saved: `inputs` is `[examples, …]`, `labels` has a whole number for each. Both are
--- `.npy` files, or with `path` names of arrays in a `.npz` file. Inputs are multiplied by `scale`, labels count from
--- `labels_from` (0 by default) and with `classes` must be fewer. `weights` has a number for each example, how much it
--- counts in training.
---
--- ```
--- local set = data.arrays { inputs = "images.npy", labels = "labels.npy", scale = 1 / 255, classes = 10 }
--- local other = data.arrays { path = "digits.npz", inputs = "x_train", labels = "y_train", scale = 1 / 255 }
--- ```
---@param options { inputs: string, labels: string, weights: string?, path: string?, scale: number?, labels_from: integer?, classes: integer?, name: string? }
---@return rledit.Set
function data.arrays(options) end

--- Texts, or rows of numbers, with their labels from a CSV file (RFC 4180) whose first row names the columns. Rows keep
--- the order of the file. A row that does not fit is an error with its number, the header being row 1. The file is read
--- row by row, and only the named columns are kept.
---
--- ```
--- local set = data.csv { path = "reviews.csv", text = "review", label = "verdict", labels = { good = 0, bad = 1 } }
--- local civil = data.csv {
---   path = "civil_comments.csv", text = "comment_text", label = { column = "target", at_least = 0.5 },
---   groups = { "male", "female", "black", "white" },
--- }
--- local flowers = data.csv { path = "iris.csv", inputs = { "length", "width" }, label = "kind", classes = "sorted" }
--- ```
---
--- In a file with runs of blanks, a line before the header that is one whole number is the number of rows, and where
--- the rows have one field more than the header, the first column is called `file`: so a list of CelebA's attributes is
--- read as it is.
---@param options rledit.CSVOptions
---@return rledit.TextSet|rledit.Set
---@return string[]? words the words of the labels 0, 1, … with `classes = "sorted"`
function data.csv(options) end

--- The same from a file of JSON Lines: an object a line, in UTF-8, whose fields are the columns. Numbers count as they
--- are written, `true` and `false` as 1 and 0, `null` and a missing field of a group as empty.
---
--- ```
--- local set = data.jsonl { path = "reviews.jsonl", text = "review", label = "stars", classes = 5 }
--- ```
---@param options rledit.TableOptions
---@return rledit.TextSet|rledit.Set
---@return string[]? words as of `csv`
function data.jsonl(options) end

--- Texts of your own, with a label (an integer from 0 on) for each.
---@param options { texts: string[], labels: integer[], name: string? }
---@return rledit.TextSet
function data.texts(options) end

--- The words of some texts, most frequent first: what makes examples for a network from texts. Words that occur less
--- than `minimum_count` times (1 by default) are left out, and no more than `maximum_size` (5000) are kept. A word is a
--- run of letters and digits in lower case, apostrophes inside it included. `weights` says which number a word of a
--- text gets: with `"binary"` (the default) 1, with `"counts"` how often it occurs, with `"tfidf"` that times its
--- inverse document frequency, each text scaled to length 1.
---@param set rledit.TextSet
---@param options? { minimum_count: integer?, maximum_size: integer?, weights: ("binary"|"counts"|"tfidf")? }
---@return rledit.Vocabulary
function data.vocabulary(set, options) end

--- Comments with the label 1 for toxic ones: Jigsaw's if a data root holds `jigsaw/comments.csv` (columns
--- `comment_text` and `toxic`; the first 70 % are for training, the next 10 % for validation, the rest for testing),
--- else generated ones, in inoffensive words; the field `source` says which. In the generated training comments some
--- identity terms occur almost only in toxic comments: that bias is planted.
---@return rledit.Comments
function data.comments() end

--- Sentences that say the same of each of many identity terms, half of them toxic, with a group for each term:
--- Conversation AI's if a data root holds `jigsaw/bias_madlibs_77k.csv` and `jigsaw/identity_terms.txt` beside the
--- comments, else generated ones, about trades and pastimes. They go with `comments()`.
---@return rledit.Templates
function data.templates() end

--- The tokenizer of a pretrained encoder of BERT's kind: its `tokenizer.json`, which says its own rules, or its
--- `vocab.txt`, which is uncased unless `cased = true`, or the same list as a table. Texts become the tokens that
--- Hugging Face's tokenizer gives.
---
--- ```
--- local tokenizer = data.wordpiece "tokenizer.json"
--- local set = tokenizer:encode(data.comments().train, { maximum_length = 64 })
--- local encoder = rledit.models.bert { config = "config.json", length = 64, classes = 2 }
--- ```
---@param file string|{ path: string?, tokens: string[]?, cased: boolean? }
---@return rledit.WordPiece
function data.wordpiece(file) end

---@alias rledit.Normalization "imagenet"|"cifar10"|{ mean: number[], std: number[] }
---@class rledit.ImageFolderOptions
---@field path string a folder, or a tar archive, plain or compressed with gzip
---@field folder string? the folder inside it that holds the folders of classes; itself by default
---@field size integer? the side of the square that each picture is brought to, at most 4096: its shorter side is resized, then its middle is cut out, as torchvision's `Resize` and `CenterCrop` do; by default all pictures must have one size
---@field classes (string[]|integer|"sorted")? the classes to read, in the order of their labels; by default all, sorted. With `table` as of `rledit.data.csv`
---@field grey boolean? one channel in place of red, green and blue
---@field normalize rledit.Normalization? `"imagenet"`, `"cifar10"` or `{ mean = { … }, std = { … } }`; by default values are in 0 … 1
---@field skip_broken boolean? do without broken pictures; their paths are the third result
---@field table string? a CSV file or a list as that of CelebA's attributes, a row for each picture; the pictures lie in the folder or in folders of it, and the set has the order of the rows
---@field file string? with `table`: the column of the pictures' paths inside the folder, `file` by default
---@field label (string|{ column: string, at_least: number })? with `table`: the column of the labels, which is needed; it and the fields that follow are those of `rledit.data.csv`
---@field labels table<string, integer>? with `table`
---@field group string? with `table`
---@field groups (string[]|{ columns: string[], at_least: number? })? with `table`
---@field separator string? with `table`
---@field encoding ("utf-8"|"latin-1"|"utf-16")? with `table`
---@field skip_lines integer? with `table`
---@field name string? of the set, `pictures` by default

--- Which columns of a file of rows mean what.
---@class rledit.TableOptions
---@field path string plain or compressed with gzip
---@field text string? the column of the texts; a set of texts is made of it
---@field inputs string[]? columns of numbers instead; a set of examples is made of them
---@field label string|{ column: string, at_least: number } the column of the labels; with `at_least`, 1 for a number from there on and 0 below. Without more it holds 0 and 1, or -1 (which becomes 0) and 1
---@field labels table<string, integer>? which contents mean which label
---@field classes (integer|string[]|"sorted")? more than two classes: how many (labels from 0 on), their words in order, or every word that occurs, sorted (whole numbers by size)
---@field labels_from integer? the number that becomes label 0, with a number of classes; 0 by default
---@field group string? the column with the name of each row's group, empty for none
---@field groups (string[]|{ columns: string[], at_least: number? })? a column for each group: members have a number from `at_least` (0.5) on; an empty field is not annotated, neither group nor background
---@field weight string? the column that says how much each row counts in training, a number of 0 or more
---@field skip_empty boolean? leave out rows whose text is empty, with a warning that counts them
---@field name string? the set's name; that of the file by default

---@class rledit.CSVOptions: rledit.TableOptions
---@field separator string? what separates the columns, `","` by default; `" "` is any run of spaces and tabs, which is the default where the first line is one whole number, the number of rows
---@field encoding ("utf-8"|"latin-1"|"utf-16")? UTF-8 by default; a byte order mark of UTF-16 is recognized
---@field skip_lines integer? lines before the row with the columns' names

--- An ordered set of labelled examples. Sets do not change: methods give new ones, which share the inputs. `#set` is
--- the number of examples. Labels are values as in the data: the digit 7 has label 7. Examples may belong to named
--- groups, to several or to none; groups follow the examples through every selection.
---@class rledit.Set
---@field name string
---@field source string where the examples come from
---@field count integer number of examples
---@field example_shape integer[] shape of one example, for images `{ channels, rows, columns }`
---@field classes string[] names of the labels: label 0 has the first; empty where they have none
---@field hash string SHA-256 of the examples in their order, and of their groups and weights if there are any
---@operator len: integer
---@field groups string[] names of the groups, in their order; empty for a set without groups
local Set = {}

--- Two sets: the examples whose label satisfies the predicate, and the rest. The predicate is asked once for each label
--- that occurs and must answer true or false.
---@param predicate fun(label: integer): boolean
---@return rledit.Set matching
---@return rledit.Set rest
function Set:partition(predicate) end

--- The first `count` examples; an error when there are fewer.
---@param count integer
---@return rledit.Set
function Set:take(count) end

--- All but the first `count` examples; an error when there are fewer.
---@param count integer
---@return rledit.Set
function Set:drop(count) end

--- The examples in an order drawn from the seed.
---@param seed integer
---@return rledit.Set
function Set:shuffle(seed) end

--- Consecutive parts: the first `fraction` and the rest, or parts of the given sizes.
---@param parts number|integer[] a fraction in 0 … 1, or sizes
---@return rledit.Set ...
function Set:split(parts) end

--- The examples of this set, then those of the other. Groups of one name become one group.
---@param other rledit.Set
---@return rledit.Set
function Set:concat(other) end

--- The examples at these places, in this order; a place may come more than once.
---@param indices integer[]
---@return rledit.Set
function Set:subset(indices) end

--- The same examples under another name.
---@param name string
---@return rledit.Set
function Set:named(name) end

--- Number of examples by group.
---@return table<string, integer>
function Set:group_counts() end

--- Places of the examples of a group, ascending.
---@param name string
---@return integer[]
function Set:group_members(name) end

--- The examples of one group; the result has this group only.
---@param name string
---@return rledit.Set
function Set:group(name) end

--- The examples that belong to at least one of these groups. The result has these groups only, in this order: a set of
--- the tuning terms knows nothing of the held-out ones.
---@param names string[]
---@return rledit.Set
function Set:in_groups(names) end

--- The same examples with these groups instead of any they had: names, each with the places of its examples, as in `{
--- short = { 1, 4 }, long = { 2, 4, -1 } }`. They come in the order of their names.
---@param members table<string, integer[]>
---@return rledit.Set
function Set:with_groups(members) end

--- The same examples without groups.
---@return rledit.Set
function Set:without_groups() end

--- The same examples with other labels: those that a table gives for the old ones, or what a function answers, which is
--- asked once for each label that occurs.
---
--- ```
--- local even = digits.train:relabel(function(label) return label % 2 == 0 and 1 or 0 end)
--- ```
---@param labels table<integer, integer>|fun(label: integer): integer
---@return rledit.Set
function Set:relabel(labels) end

--- Number of examples by label.
---@return table<integer, integer>
function Set:class_counts() end

--- Inputs of examples `first` to `last` (all by default), or of the listed ones: `[examples, …]`.
---@param first (integer|integer[])?
---@param last integer?
---@return rledit.Tensor
function Set:inputs(first, last) end

--- Labels of examples `first` to `last`; all by default.
---@param first integer?
---@param last integer?
---@return integer[]
function Set:labels(first, last) end

--- How much each example counts in training; nothing where all count the same. `fit` and baselines that train on the
--- set's labels use it: an example's loss is multiplied by its weight over the mean of all. Measures count every
--- example once.
---@return number[]?
function Set:weights() end

--- The same pictures with a patch in each, as the trigger of a backdoor. `patch` has a number for each pixel, rows
--- first, or one such table for each channel: 0 is black and 1 is white, before any normalization. `row` and `column`
--- place its upper left pixel, counted from 1; by default the patch lies in the bottom right corner.
---
--- ```
--- local poisoned = train:take(500):stamp({ patch = { { 1, 0 }, { 0, 1 } } }):relabel(function() return 0 end)
--- ```
---@param options { patch: rledit.Tensor|table, row: integer?, column: integer? }
---@return rledit.Set
function Set:stamp(options) end

--- Training and test pictures of the same classes.
---@class rledit.Pictures
---@field source string `mnist`, `generated`, `cifar10`, `cifar10-jpeg`, `cifar100` or `generated objects`
---@field hash string SHA-256 of both sets
---@field classes string[] names of the labels: label 0 has the first
---@field train rledit.Set examples to learn from
---@field test rledit.Set examples held out
local Pictures = {}

--- An ordered set of labelled texts. Sets do not change: methods give new ones, which share the texts. `#set` is the
--- number of texts. A vocabulary makes a set of examples of it.
---@class rledit.TextSet
---@field name string
---@field source string where the texts come from
---@field count integer number of texts
---@field hash string SHA-256 of texts, labels and groups in their order
---@field groups string[] names of the groups, in their order; empty for a set without groups
---@field classes string[] names of the labels: label 0 has the first; empty where they have none
---@operator len: integer
local TextSet = {}

--- Two sets: the texts whose label satisfies the predicate, and the rest. The predicate is asked once for each label
--- that occurs and must answer true or false.
---@param predicate fun(label: integer): boolean
---@return rledit.TextSet matching
---@return rledit.TextSet rest
function TextSet:partition(predicate) end

--- Two sets: the texts that satisfy the predicate, and the rest. The predicate gets a text, its label and, in a set
--- with groups, the names of its groups.
---@param predicate fun(text: string, label: integer, groups: string[]?): boolean
---@return rledit.TextSet matching
---@return rledit.TextSet rest
function TextSet:filter(predicate) end

--- The first `count` texts; an error when there are fewer.
---@param count integer
---@return rledit.TextSet
function TextSet:take(count) end

--- All but the first `count` texts; an error when there are fewer.
---@param count integer
---@return rledit.TextSet
function TextSet:drop(count) end

--- The texts in an order drawn from the seed.
---@param seed integer
---@return rledit.TextSet
function TextSet:shuffle(seed) end

--- Consecutive parts: the first `fraction` and the rest, or parts of the given sizes.
---@param parts number|integer[] a fraction in 0 … 1, or sizes
---@return rledit.TextSet ...
function TextSet:split(parts) end

--- The texts of this set, then those of the other. Groups of one name become one.
---@param other rledit.TextSet
---@return rledit.TextSet
function TextSet:concat(other) end

--- The texts at these places, in this order; a place may come more than once.
---@param indices integer[]
---@return rledit.TextSet
function TextSet:subset(indices) end

--- The same texts under another name.
---@param name string
---@return rledit.TextSet
function TextSet:named(name) end

--- The same texts with a group for each term: a text belongs to the groups of the terms that it mentions. Terms are
--- words or sequences of words, as a list or as the path of a file with one a line. Whole words only; where terms
--- overlap, the longest counts, so that `african american` is not a mention of `american`. An error when no text
--- mentions any of them.
---@param terms string[]|string
---@return rledit.TextSet
function TextSet:group_by_terms(terms) end

--- Number of texts of each group.
---@return table<string, integer>
function TextSet:group_counts() end

--- The texts of one group, with that group only.
---@param name string
---@return rledit.TextSet
function TextSet:group(name) end

--- The texts that belong to one of the named groups at least, with these groups only, in this order.
---@param names string[]
---@return rledit.TextSet
function TextSet:in_groups(names) end

--- The same texts without groups.
---@return rledit.TextSet
function TextSet:without_groups() end

--- The same texts with other labels: those that a table gives for the old ones, or what a function answers, which is
--- asked once for each label that occurs.
---@param labels table<integer, integer>|fun(label: integer): integer
---@return rledit.TextSet
function TextSet:relabel(labels) end

--- Number of texts by label.
---@return table<integer, integer>
function TextSet:class_counts() end

--- The text at a place.
---@param index integer from 1 on, or from the end when negative
---@return string
function TextSet:text(index) end

--- Texts `first` to `last`; all by default.
---@param first integer?
---@param last integer?
---@return string[]
function TextSet:texts(first, last) end

--- Labels of texts `first` to `last`; all by default.
---@param first integer?
---@param last integer?
---@return integer[]
function TextSet:labels(first, last) end

--- The texts that mention one of these terms, and the same texts with each term in place of another one: pairs that say
--- the same of others. `with` gives words to put in the place of terms, `{ "person" }` for example. Both have the words
--- of the texts in lower case with blanks between them, and their labels.
---@param terms string[] at least two, or one where there are words
---@param options? { with: string[]?, seed: integer? }
---@return rledit.TextSet original
---@return rledit.TextSet swapped
function TextSet:swap_terms(terms, options) end

--- The words that a text classifier knows. `#vocabulary` is their number. It is saved with the models that use it.
---@class rledit.Vocabulary
---@field count integer number of words
---@field weights "binary"|"counts"|"tfidf" which number a word of a text gets
---@field minimum_count integer how often a word had to occur
---@operator len: integer
local Vocabulary = {}

--- The texts as examples for a network, `{ #vocabulary }` numbers each, almost all of them 0 and therefore kept sparse.
--- Labels, groups and name are those of the texts.
---@param texts rledit.TextSet
---@return rledit.Set
function Vocabulary:encode(texts) end

--- Whether the vocabulary has all words of a term.
---@param term string a word, or several
---@return boolean
function Vocabulary:contains(term) end

--- The number of a word, from 1 on; nil when the vocabulary does not have it.
---@param word string
---@return integer?
function Vocabulary:index(word) end

--- Words `first` to `last`, most frequent first; all by default.
---@param first integer?
---@param last integer?
---@return string[]
function Vocabulary:words(first, last) end

--- BERT's tokenizer. `#tokenizer` is the number of its tokens. Numbers of tokens are those of the file, from 0.
---@class rledit.WordPiece
---@field count integer number of tokens
---@field cased boolean whether capitals stay
---@operator len: integer
local WordPiece = {}

--- The texts as examples for an encoder such as `rledit.models.bert`: each is `maximum_length` numbers (128 by
--- default), the tokens with [CLS] and [SEP], then -1. A text with more tokens loses its end. Labels, groups and name
--- are those of the texts.
---@param texts rledit.TextSet
---@param options? { maximum_length: integer? }
---@return rledit.Set
function WordPiece:encode(texts, options) end

--- The numbers of the tokens of one text, with [CLS] and [SEP].
---@param text string
---@return integer[]
function WordPiece:tokens(text) end

--- The text of some tokens: its words and marks with a blank between them, without [CLS], [SEP] and padding.
---@param tokens integer[]
---@return string
function WordPiece:decode(tokens) end

--- Comments in three parts.
---@class rledit.Comments
---@field source string `jigsaw` or `generated`
---@field hash string SHA-256 of all parts
---@field train rledit.TextSet comments to learn from
---@field validation rledit.TextSet comments to choose by, or for a reward
---@field test rledit.TextSet comments held out
local Comments = {}

--- Sentences about identity terms.
---@class rledit.Templates
---@field source string `jigsaw` or `generated`
---@field hash string SHA-256 of sentences, labels and groups
---@field sentences rledit.TextSet with a group for each term
---@field terms string[] the terms, in the order of their list
local Templates = {}

--- The terms in two halves, in an order drawn from the seed: one to tune on, one to judge by.
---@param seed integer
---@return string[] first
---@return string[] second
function Templates:split_terms(seed) end

--- The sentences that use one half of the words, and those that use the other half, in halves drawn from the seed;
--- those with words of both are left out. Terms and the words of grammar (`i am a`, `you are`, `being`) count for
--- neither. Words of toxic sentences, of harmless ones and of both are halved apart.
---@param seed integer
---@return rledit.TextSet first
---@return rledit.TextSet second
function Templates:split_words(seed) end

return data
