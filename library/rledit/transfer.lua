---@meta rledit.transfer

--- One policy for many networks: it looks at how the units of a layer respond to what is to be forgotten and to what is
--- to be kept, and edits a network that it has never seen at once. `docs/transfer.md` tells how it works. All functions
--- are in `rledit` too.
---
--- ```lua
--- local rledit = require "rledit"
--- local digits = rledit.data.generated_digits { train = 400, test = 100 }
--- local models = { rledit.models.digit_cnn { seed = 1 }, rledit.models.digit_cnn { seed = 2 } }
--- rledit.nn.fit_all { models = models, set = digits.train }
--- local function sets(_, class)
---   local forget, retain = digits.train:partition(function(label) return label == class end)
---   return { forget = forget, retain = retain }
--- end
--- local task = rledit.task {
---   distribution = rledit.TaskDistribution { networks = models, classes = { 3, 7 }, sets = sets },
---   world = rledit.ShiftWorld { layer = "fc2" },
---   reward = function(m) return m.retain.accuracy - m.forget.accuracy end,
--- }
--- print(task)
--- ```
---@class rledit.transfer
local transfer = {}

--- Networks, classes and the sets of each pair of them.
---@param options rledit.TaskDistributionOptions
---@return rledit.TaskDistribution
function transfer.TaskDistribution(options) end

--- What a policy over units looks at.
---@param options? rledit.UnitPolicyOptions
---@return rledit.UnitPolicy
function transfer.UnitPolicy(options) end

--- A trained policy from its file: from the data folders, from a file that `--allow` names, or, if its name ends in
--- `.policy.safetensors`, from the script's own folder.
---@param path string
---@return rledit.Policy
function transfer.load_policy(path) end

--- Trains policies by a task that has a `distribution`, with a seed each, and returns the one policy whose edits are
--- the mean of theirs. Without a run folder; return the task from the script to have one.
---@param task rledit.TransferTask
---@param options? { seeds: integer? } how many, 3 by default; the first has the run's seed
---@return rledit.Policy
---@return rledit.PolicyTraining info
function transfer.train_policy(task, options) end

--- Edits a model by a trained policy, at once or with a few evaluations of a reward.
---@param options rledit.ApplyOptions
---@return rledit.Model edited
---@return rledit.ApplyInfo info
function transfer.apply(options) end

---@class rledit.ApplyOptions
---@field policy rledit.Policy|string the policy, or the name of its file
---@field model rledit.Model left as it is
---@field sets table<string, rledit.Set> `forget` and `retain`, or what the policy was trained to call them
---@field layer string? the layer to edit, if it is not called as in training
---@field layers string[]?
---@field refine (integer|false)? spends as many evaluations of the reward on edits around the policy's, and takes the best
---@field refine_by ("scale"|"samples")? what they vary; the scale by default
---@field reward (fun(m: rledit.Metrics): number, table<string, number>?)? by default ½(accuracy + probability of the label) of `retain` + 1 − the same of `forget`
---@field custom_features (fun(layer: rledit.LayerActivations): rledit.Tensor, rledit.Tensor)? the function that the policy was trained with, if there was one

---@class rledit.PolicyTraining
---@field evaluations integer of all seeds
---@field validation_rewards number[] of each seed's policy on the validation pairs; empty without any
---@field average_reward number? of the mean of their edits
---@field summary string? these numbers and their spread in a line

---@class rledit.ApplyInfo
---@field evaluations integer of the reward; 0 without `refine`
---@field reward number? of the edit that was taken, with `refine`
---@field feature_seconds number what features took: the pass through the network
---@field edit_seconds number from features to the edited network
---@field distance number? how far the network lies outside what the policy was trained on, in deviations; 0 inside; nil for a policy whose file does not say
---@field advice string[] sentences about that distance, and about whether `refine` is wise

---@class rledit.TaskDistributionOptions
---@field networks rledit.Model[]|rledit.NetworksByPurpose training networks alone, or lists by purpose
---@field classes (integer|string)[]|rledit.ClassesByPurpose training classes alone, or those and others that training never meets
---@field sets fun(network: rledit.Model, class: integer|string): table<string, rledit.Set> what reward and features of a pair see: by name, `forget` and `retain` among them
---@field test_sets (fun(network: rledit.Model, class: integer|string): table<string, rledit.Set>)? what a held-out pair is measured on; its own sets by default
---@field layers (fun(network: rledit.Model): string|string[])? the layers to edit of each network, where they have other names than the world's: networks of several families

---@class rledit.NetworksByPurpose
---@field training rledit.Model[]
---@field validation rledit.Model[]? choose which of the policies along the way is kept
---@field heldout rledit.Model[]? judge the policy that is kept

---@class rledit.ClassesByPurpose
---@field training (integer|string)[]
---@field heldout (integer|string)[]? never met in training, on any network

---@class rledit.UnitPolicyOptions
---@field features ("label_aware"|"label_free"|string[])? all features (the default), those that read no label, or a list of names; `docs/transfer.md` defines them
---@field custom_features (fun(layer: rledit.LayerActivations): rledit.Tensor, rledit.Tensor)? further features of your own: `[out, n]` and `[in, n]`
---@field hidden integer? tanh units of each of the two networks; 2 by default, 0 for a policy that is linear in the features
---@field forget string? name of the set of what is to change; `forget` by default
---@field retain string? name of the set of what is to stay; `retain` by default

--- What custom features are made of, of one layer of one network.
---@class rledit.LayerActivations
---@field name string the layer's
---@field weights rledit.Tensor `[out, in]`
---@field forget_inputs rledit.Tensor what enters on the forget set, `[examples, in]`
---@field retain_inputs rledit.Tensor
---@field forget_outputs rledit.Tensor what leaves, `[examples, out]`
---@field retain_outputs rledit.Tensor

---@class rledit.TransferTaskOptions
---@field name string? names the run folder and the report; the script's name by default
---@field distribution rledit.TaskDistribution
---@field world rledit.World MaskWorld or ShiftWorld with layers and a rank; how far an edit goes is the policy's own
---@field policy rledit.UnitPolicy? `rledit.UnitPolicy {}` by default
---@field reward fun(m: rledit.Metrics): number, table<string, number>? judges an edited network of one pair
---@field metrics table<string, fun(set: rledit.SetMetrics): number>? metrics of your own, read as `m.<set>.<name>`
---@field learner (rledit.Learner|rledit.CustomLearner)? PPO and Reinforce act on pairs; PathwiseGradient follows the gradient through the edits; all others search over the policy's parameters. Their steps count policies. By default an evolution strategy of 9,600
---@field pairs_per_step integer? pairs that a step draws, on which each candidate is judged; 8 by default
---@field draw_images integer[]? `{ least, most }`: an episode looks at so many images of the set to forget, another number each time (log-uniform), and ten times as many to keep; the reward sees other images. The policy is told how many there are
---@field horizon integer? steps that the policy takes on a pair, 1 by default: each sees what those before it have done (features of the edited network, the change of confidence, the step's number), and the reward judges the end
---@field blind boolean? a control for `horizon`: every step sees the unedited network
---@field in_turn boolean? with `horizon`: a step edits one of the world's layers, the next step the next one, round and round
---@field every_step boolean? with `horizon`: the reward judges the network after every step, `m.step` says which, and the mean counts. Steps that do harm on the way cost then, and an edit that is done early pays
---@field on_invalid_reward ("stop"|"worst")? what becomes of a candidate for which the reward raises, or gives no finite number, as in a task that edits one network
---@field validation_interval integer? updates between looks at the validation pairs; 10 by default
---@field refine (integer|false)? evaluations of a second, refined edit of each held-out pair; none by default
---@field refine_by ("scale"|"samples")? what refining varies; the scale by default
---@field target number? a mean reward; the run reports how many evaluations it took to reach it
---@field state table? becomes `task.state`
---@field on_update (fun(update: rledit.Update): boolean?)? after each update of the learner; returning false ends the run
---@field on_end (fun(ending: rledit.Ending))? when the run is over

--- Networks and classes, and the sets of each pair of them. Training pairs are training networks × training classes,
--- validation pairs validation networks × training classes, held-out pairs held-out networks × all classes; a network
--- in two lists is an error. `#distribution` is the number of pairs.
---@class rledit.TaskDistribution
---@operator len: integer
local TaskDistribution = {}

--- What a policy over units looks at, and how large it is.
---@class rledit.UnitPolicy
local UnitPolicy = {}

--- A task that trains a policy: what `rledit.task` makes of a `distribution`. Return it from the script to have it run.
---@class rledit.TransferTask
---@field name string
---@field state table your own state: plain values and tensors, kept in checkpoints
local TransferTask = {}

--- One environment over the training pairs of a task, for a loop of your own. An observation is the features of the
--- pair's layers one after another, `[out, features]`, `[in, features]`, context; an action the factors, each layer's
--- `[out, rank]`, `[rank, in]` and a quarter of its log scale. An episode is one step.
---@class rledit.TransferEnvironment
---@field action_size integer
---@field observation_size integer
---@field horizon integer 1
---@field evaluations integer steps taken
local TransferEnvironment = {}

--- Draws a pair at random, independently of earlier draws; the same pair for the same seed.
---@param seed integer?
---@return rledit.Tensor observation
---@return { network: string, class: string } info
function TransferEnvironment:reset(seed) end

--- Edits the network of the pair, and ends the episode.
---@param action rledit.Numbers
---@return rledit.Tensor observation zeros: nothing follows
---@return number reward
---@return boolean terminated true
---@return boolean truncated false
---@return { terms: table<string, number>, invalid: true? } info
function TransferEnvironment:step(action) end

--- The network that the last step edited; nil before.
---@return rledit.Model?
function TransferEnvironment:edited_model() end

--- A trained policy.
---@class rledit.Policy
---@field world string `MaskWorld` or `ShiftWorld`
---@field layers string[] that it was trained on
---@field rank integer
---@field horizon integer steps that it takes on a network
---@field features string[] names
---@field training table how it was trained: distribution, learner, seed, versions, data
---@field heldout table what it reached on held-out pairs
---@field policies integer whose edits are averaged
local Policy = {}

--- Writes the policy to a file in the run folder and returns its path.
---@param name string a plain file name ending in .safetensors
---@return string path
function Policy:save(name) end

return transfer
