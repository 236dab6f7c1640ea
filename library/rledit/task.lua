---@meta rledit.task

---@class rledit.EnvironmentOptions
---@field name string? names the run folder and the report; the script's name by default
---@field model rledit.Model
---@field world rledit.World|rledit.CustomWorld
---@field sets table<string, rledit.Set>|rledit.NamedSet[] what the reward may read: by name, or a list that keeps its order
---@field reward fun(m: rledit.Metrics): number, table<string, number>?, boolean? judges a candidate: the number to maximize, named terms for the log, and true to end the episode
---@field metrics table<string, fun(set: rledit.SetMetrics): number>? metrics of your own, read as `m.<set>.<name>`
---@field observation ("standardized"|"raw"|"statistics")? how the policy sees the weights: all of them, standardized or as they are, or the mean and root mean square of each row and column; by default standardized up to 65,536 edited weights, statistics above
---@field on_invalid_reward ("stop"|"worst")? what becomes of a candidate for which the reward raises, or gives no finite number: `"stop"`, the default, ends the run and keeps the best edit so far; `"worst"` counts it as the worst so far

---@class rledit.TaskOptions: rledit.EnvironmentOptions
---@field heldout (table<string, rledit.Set>|rledit.NamedSet[])? sets that no reward sees: what the report judges by
---@field learner (rledit.Learner|rledit.CustomLearner)? PPO by default
---@field baselines table<integer|string, rledit.Baseline|rledit.Model>? what the result is compared with: results of baselines under their own names, and results or models by name
---@field measures (string[]|table<string, string[]>)? measures that tables and the report show of held-out sets: a list for all, or lists by name of the set. By default accuracy and loss; for a set with groups accuracy, `auc`, `fped`, `fned`, `error_difference_at_eer`, `final_auc`. The threshold of the last but one is taken from the reward's set of the same name, if that has groups
---@field target number? a reward; the run reports how many evaluations it took to reach it
---@field stop_at_target boolean? whether the run ends with the learner's update in which a candidate reached the target; false by default. Comparisons spend the whole budget all the same
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
---@field invalid_rewards integer candidates of this update without a valid reward, each counted as the worst so far

---@class rledit.Episode
---@field episode integer
---@field reward number of its last step
---@field terms table<string, number>
---@field terminated boolean whether the reward ended it

---@class rledit.BestCandidate
---@field reward number
---@field terms table<string, number>
---@field evaluation integer number of the candidate
---@field model rledit.Model the candidate as a model of its own, for example for the measures of depth in `rledit.metrics`

---@class rledit.Ending
---@field reason "finished"|"interrupted"|"time_limit"|"callback"|"target"
---@field evaluations integer
---@field evaluations_to_target integer?
---@field best_reward number?
---@field best_evaluation integer?

--- What a reward is given: an entry for each set of the task (`m.forget.accuracy`), and these. What a reward does not
--- read is not computed. It belongs to its call: reading it later raises; keep `m:copy()`.
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

--- The unedited network's metrics, by set.
---@class rledit.BaseMetrics
---@field [string] rledit.SetMetrics
local BaseMetrics = {}

--- How far a candidate has moved from the unedited network.
---@class rledit.EditMetrics
---@field norm number Frobenius norm of the change of the edited layers
---@field mean_abs number mean absolute change of a weight
---@field relative_norm number `norm` in units of the unedited layers' norm
---@field model rledit.Model the candidate as a model of its own, made when it is read. The measures of depth in `rledit.metrics` take models; they cost from milliseconds to a second, so a reward should read them in every nth episode only: `if m.episode % 50 == 1 then task.state.probe = rledit.metrics.probe_recall { model = m.edit.model, … } end`
local EditMetrics = {}

--- The groups of a set by name; `#groups` is their number.
---@class rledit.GroupsMetrics
---@field [string] rledit.GroupMetrics
---@operator len: integer
local GroupsMetrics = {}

--- Measures of two classes on the examples of one group; nil, with one warning, where undefined.
---@class rledit.GroupMetrics
---@field accuracy number? share predicted correctly
---@field positive_rate number? share predicted 1
---@field true_positive_rate number? share of class 1 that is predicted 1
---@field false_positive_rate number? share of class 0 that is predicted 1
---@field false_negative_rate number? share of class 1 that is predicted 0
---@field auc number? area under the ROC curve of the group's own examples
---@field bpsn_auc number? AUC of positives outside of the group and negatives of the group
---@field bnsp_auc number? AUC of positives of the group and negatives outside of it
---@field count integer number of examples
local GroupMetrics = {}

--- Means over the examples of a set, unless said otherwise.
---
--- From `precision` on they are measures of two classes: class 1 is positive, and an example is predicted 1 when its
--- score 1 is above its score 0. Each is nil, with one warning, where it is undefined: for another number of classes,
--- for a set without groups, for a group that lacks a class. They are exact, ties included.
---@class rledit.SetMetrics
---@field accuracy number share of examples whose largest score is that of their label
---@field loss number cross entropy of the label, in nats
---@field confidence number probability of the predicted class
---@field true_probability number probability of the label
---@field margin number score of the label minus the largest other score
---@field entropy number entropy of the predicted distribution, in nats
---@field precision number? share of what is predicted 1 that is of class 1
---@field recall number? share of class 1 that is predicted 1
---@field f1 number? harmonic mean of precision and recall
---@field auc number? area under the ROC curve, ties counting half
---@field true_positive_rate number? another name of `recall`
---@field false_positive_rate number? share of class 0 that is predicted 1
---@field false_negative_rate number? share of class 1 that is predicted 0
---@field fped number? false positive equality difference: sum over groups of |FPR − FPR of the group|, the overall rate over the examples of all groups
---@field fned number? the same difference of false negative rates
---@field equality_difference number? `fped + fned`
---@field error_difference_at_eer number? `fped + fned` at the threshold of equal error, which moving the threshold does not change
---@field equal_error_threshold number? that threshold: where false positive and false negative rate of the examples in groups differ least
---@field mean_subgroup_auc number? generalized mean over groups, of power −5, of the AUC within the group
---@field mean_bpsn_auc number? the same mean of the AUC of positives outside of the group and negatives of the group
---@field mean_bnsp_auc number? the same mean of the AUC of positives of the group and negatives outside of it
---@field final_auc number? a quarter of `auc` and of each of the three means
---@field demographic_parity_difference number? largest minus smallest share of a group predicted 1
---@field equalised_odds_difference number? the larger of the largest differences between groups in true and in false positive rate
---@field count integer number of examples
---@field logits rledit.Tensor scores, `[examples, classes]`
---@field scores rledit.Tensor the same as `logits`
---@field labels rledit.Tensor labels, `[examples]`
---@field predictions rledit.Tensor predicted classes, `[examples]`; -1 where a score is NaN
---@field group_names string[] names of the set's groups, in their order
---@field class_accuracy table<integer, number> accuracy of each label that occurs
---@field margin_drift number how far the margins have moved from the unedited network's: root of the mean squared difference over that of the unedited ones; needs no labels
---@field groups rledit.GroupsMetrics metrics of each group, by name: `m.identity.groups.deaf.auc`
---@field [string] number metrics of your own
local SetMetrics = {}

--- Mean absolute difference of the margins of these examples and of their counterparts.
--- `m.original:margin_gap(m.swapped)`
---@param counterparts rledit.SetMetrics a set with as many examples, in the same order
---@return number
function SetMetrics:margin_gap(counterparts) end

--- Share of these examples that are called another class than their counterparts. `m.original:flip_rate(m.swapped)`
---@param counterparts rledit.SetMetrics a set with as many examples, in the same order
---@return number
function SetMetrics:flip_rate(counterparts) end

--- A task: what may be edited, on what it is judged, and how. Made by `rledit.task`, returned by a script to be run.
---
--- Model and sets are taken as they are when the task is made; what the script does to its own later does not reach a
--- run.
---@class rledit.Task
---@field name string
---@field state table your own state: plain values and tensors, kept in checkpoints
---@field world rledit.World
---@field learner rledit.Learner
---@field target number?
local Task = {}
