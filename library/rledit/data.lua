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
--- ```
---@class rledit.data
local data = {}

--- MNIST if a data root holds it, else generated digits; the field `source` says which.
---@return rledit.Digits
function data.digits() end

--- The 60,000 training and 10,000 test images of MNIST. Raises when a data root does not hold it, and names the command
--- that fetches it.
---@return rledit.Digits
function data.mnist() end

--- Digits drawn from strokes with random pose, thickness and noise: 28×28 grey images, the same on every machine for a
--- seed. By default 20,000 for training and 4,000 for testing, of seed 0.
---@param options? { seed: integer?, train: integer?, test: integer? }
---@return rledit.Digits
function data.generated_digits(options) end

--- A set read from a pair of IDX files, plain or compressed with gzip: grey images in 0 … 1 and their labels. With
--- `classes`, labels must be below it.
---@param options { images: string, labels: string, classes: integer?, name: string? }
---@return rledit.Set
function data.idx(options) end

--- A set of your own numbers: `inputs` is `[examples, …]`, with a label (an integer from 0 on) for each example.
---@param options { inputs: rledit.Numbers, labels: integer[]|rledit.Tensor, name: string? }
---@return rledit.Set
function data.set(options) end

--- Training and test images of the ten digits.
---@class rledit.Digits
---@field train rledit.Set examples to learn from
---@field test rledit.Set examples held out
---@field source string `mnist` or `generated`
---@field hash string SHA-256 of both sets
local Digits = {}

--- An ordered set of labelled examples. Sets do not change: methods give new ones, which share the inputs. `#set` is the
--- number of examples. Labels are values as in the data: the digit 7 has label 7. Examples may belong to named groups,
--- to several or to none; groups follow the examples through every selection.
---@class rledit.Set
---@field name string
---@field source string where the examples come from
---@field count integer number of examples
---@field example_shape integer[] shape of one example, for images `{ channels, rows, columns }`
---@field hash string SHA-256 of the examples in their order, and of their groups if there are any
---@field groups string[] names of the groups, in their order; empty for a set without groups
---@operator len: integer
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

--- Number of examples by label.
---@return table<integer, integer>
function Set:class_counts() end

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

--- The same examples with these groups instead of any they had: names, each with the places of its examples, as in
--- `{ short = { 1, 4 }, long = { 2, 4, -1 } }`. They come in the order of their names.
---@param members table<string, integer[]>
---@return rledit.Set
function Set:with_groups(members) end

--- The same examples without groups.
---@return rledit.Set
function Set:without_groups() end

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

return data
