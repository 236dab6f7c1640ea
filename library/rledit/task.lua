---@meta rledit.task

--- A task: what may be edited, on what it is judged, and how. Made by `rledit.task`, returned by a script to be run.
---
--- Model and sets are taken as they are when the task is made; what the script does to its own later does not reach a run.
---@class rledit.Task
---@field name string
---@field state table your own state: plain values and tensors, kept in checkpoints
---@field world rledit.World
---@field learner rledit.Learner
---@field target number?
local Task = {}

---@class rledit.EnvironmentOptions
---@field name string? names the run folder and the report; the script's name by default
---@field model rledit.Model
---@field world rledit.World|rledit.CustomWorld
---@field sets table<string, rledit.Set>|rledit.NamedSet[] what the reward may read: by name, or a list that keeps its order
---@field reward fun(m: rledit.Metrics): number, table<string, number>?, boolean? judges a candidate: the number to maximise, named terms for the log, and true to end the episode
---@field metrics table<string, fun(set: rledit.SetMetrics): number>? metrics of your own, read as `m.<set>.<name>`
---@field observation ("standardized"|"raw")? how the policy sees the weights; standardised by default

---@class rledit.TaskOptions: rledit.EnvironmentOptions
---@field heldout (table<string, rledit.Set>|rledit.NamedSet[])? sets that no reward sees: what the report judges by
---@field learner (rledit.Learner|rledit.CustomLearner)? PPO by default
---@field baselines table<integer|string, rledit.Baseline|rledit.Model>? what the result is compared with: results of baselines under their own names, and results or models by name
---@field target number? a reward; the run reports how many evaluations it took to reach it
---@field state table? becomes `task.state`
---@field on_update (fun(update: rledit.Update): boolean?)? after each update of the learner; returning false ends the run
---@field on_episode (fun(episode: rledit.Episode): boolean?)? after each episode; returning false ends the run
---@field on_best (fun(best: rledit.BestCandidate): boolean?)? after each candidate that is better than all before; returning false ends the run
---@field on_end (fun(ending: rledit.Ending))? when the run is over

---@class rledit.NamedSet
---@field name string
---@field set rledit.Set

---@class rledit.Update
---@field update integer number of the update
---@field evaluations integer candidates evaluated so far
---@field progress number share of the budget spent, 0 … 1
---@field reward { mean: number, min: number, q10: number, median: number, q90: number, max: number } rewards of this update
---@field best_reward number best reward of the run so far
---@field terms table<string, number> means of the reward's terms
---@field learner table<string, number> what the learner logs, for example `policy_loss`

---@class rledit.Episode
---@field episode integer
---@field reward number of its last step
---@field terms table<string, number>
---@field terminated boolean whether the reward ended it

---@class rledit.BestCandidate
---@field reward number
---@field terms table<string, number>
---@field evaluation integer number of the candidate

---@class rledit.Ending
---@field reason "finished"|"interrupted"|"time_limit"|"callback"
---@field evaluations integer
---@field evaluations_to_target integer?
---@field best_reward number?
---@field best_evaluation integer?

--- What a reward is given: an entry for each set of the task (`m.forget.accuracy`), and these. What a reward does not read
--- is not computed. It belongs to its call: reading it later raises; keep `m:copy()`.
---@class rledit.Metrics
---@field base rledit.BaseMetrics the unedited network's metrics, by set
---@field edit rledit.EditMetrics how far the candidate has moved
---@field step integer step within the episode, from 1
---@field episode integer episode within the run, from 1
---@field progress number share of the budget spent, 0 … 1
---@field [string] rledit.SetMetrics
local Metrics = {}

--- What has been measured by now, as a plain table that cannot be changed.
---@return table
function Metrics:copy() end

---@class rledit.BaseMetrics
---@field [string] rledit.SetMetrics
local BaseMetrics = {}

---@class rledit.EditMetrics
---@field norm number Frobenius norm of the change of the edited layers
---@field mean_abs number mean absolute change of a weight
---@field relative_norm number `norm` in units of the unedited layers' norm
local EditMetrics = {}

--- Means over the examples of a set, unless said otherwise.
---@class rledit.SetMetrics
---@field accuracy number share of examples whose largest score stands at their label
---@field loss number cross entropy of the label, in nats
---@field confidence number probability of the predicted class
---@field true_probability number probability of the label
---@field margin number score of the label minus the largest other score
---@field entropy number entropy of the predicted distribution, in nats
---@field count integer number of examples
---@field logits rledit.Tensor scores, `[examples, classes]`
---@field scores rledit.Tensor the same as `logits`
---@field labels rledit.Tensor labels, `[examples]`
---@field predictions rledit.Tensor predicted classes, `[examples]`
---@field class_accuracy table<integer, number> accuracy of each label that occurs
---@field auc number? area under the ROC curve of two classes; nil, with a warning, when undefined
---@field false_positive_rate number? share of class 0 that is predicted 1; nil, with a warning, when undefined
---@field true_positive_rate number? share of class 1 that is predicted 1; nil, with a warning, when undefined
---@field [string] number metrics of your own
local SetMetrics = {}
