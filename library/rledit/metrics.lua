---@meta rledit.metrics

--- Figures of scores and labels, by the definitions of the metrics argument `m`.
---
--- Scores are `[examples, classes]`, as `model:forward` gives them; labels are integers from 0 on, as a table or a vector.
--- `auc` and `false_positive_rate` take one score per example and labels 0 and 1.
---
--- ```lua
--- local metrics = require "rledit.metrics"
--- local scores, labels = model:forward(set), set:labels()
--- print(metrics.accuracy(scores, labels), metrics.per_class_accuracy(scores, labels)[7])
--- ```
---@class rledit.metrics
local metrics = {}

---@alias rledit.Labels integer[]|rledit.Tensor

--- Share of examples whose largest score stands at their label, 0 … 1; the lowest class wins a tie.
---@param scores rledit.Numbers
---@param labels rledit.Labels
---@return number
function metrics.accuracy(scores, labels) end

--- Mean cross entropy of the label, in nats.
---@param scores rledit.Numbers
---@param labels rledit.Labels
---@return number
function metrics.loss(scores, labels) end

--- Mean probability of the predicted class, 0 … 1.
---@param scores rledit.Numbers
---@param labels rledit.Labels
---@return number
function metrics.confidence(scores, labels) end

--- Mean probability of the label, 0 … 1.
---@param scores rledit.Numbers
---@param labels rledit.Labels
---@return number
function metrics.true_probability(scores, labels) end

--- Mean of the label's score minus the largest other score.
---@param scores rledit.Numbers
---@param labels rledit.Labels
---@return number
function metrics.margin(scores, labels) end

--- Mean entropy of the predicted distribution, in nats.
---@param scores rledit.Numbers
---@param labels rledit.Labels
---@return number
function metrics.entropy(scores, labels) end

--- Area under the ROC curve: the share of pairs of a positive and a negative example in which the positive one has the
--- higher score, ties counting half. One score per example, labels 0 and 1, both of which must occur.
---@param scores rledit.Numbers
---@param labels rledit.Labels
---@return number
function metrics.auc(scores, labels) end

--- Share of the examples with label 0 whose score is above 0. One score per example, labels 0 and 1.
---@param scores rledit.Numbers
---@param labels rledit.Labels
---@return number
function metrics.false_positive_rate(scores, labels) end

--- Share of the examples with a score above 0 that have label 1. One score per example, labels 0 and 1; raises where
--- there is none.
---@param scores rledit.Numbers
---@param labels rledit.Labels
---@return number
function metrics.precision(scores, labels) end

--- Share of the examples with label 1 whose score is above 0. One score per example, labels 0 and 1.
---@param scores rledit.Numbers
---@param labels rledit.Labels
---@return number
function metrics.recall(scores, labels) end

--- Harmonic mean of precision and recall. One score per example, labels 0 and 1.
---@param scores rledit.Numbers
---@param labels rledit.Labels
---@return number
function metrics.f1(scores, labels) end

--- Another name of `recall`.
---@param scores rledit.Numbers
---@param labels rledit.Labels
---@return number
function metrics.true_positive_rate(scores, labels) end

--- Share of the examples with label 1 whose score is not above 0. One score per example, labels 0 and 1.
---@param scores rledit.Numbers
---@param labels rledit.Labels
---@return number
function metrics.false_negative_rate(scores, labels) end

--- Every measure of two classes and of the groups of a set, as a table: `accuracy`, and the fields of
--- `rledit.SetMetrics` from `precision` on; `count`; and `groups`, with a row for each group by name. What is undefined is
--- left out.
---
--- With `tuning`, `equal_error_threshold` is taken from that set, and `error_difference_at_eer` stands at it: a threshold
--- is not to be tuned on the examples that judge.
---
--- ```lua
--- local fairness = rledit.metrics.fairness(model, test)
--- print(fairness.fped, fairness.groups.deaf.false_positive_rate)
--- ```
---@param model rledit.Model|rledit.Numbers|{ model: rledit.Model, set: rledit.Set, tuning: rledit.Set? } a model or its scores; or all by name
---@param set rledit.Set?
---@return table<string, any>
function metrics.fairness(model, set) end

--- How many examples of each label (rows) were predicted as each class (columns): `[classes, classes]`. Places count from
--- 1, so label 0 stands in row 1.
---@param scores rledit.Numbers
---@param labels rledit.Labels
---@return rledit.Tensor
function metrics.confusion(scores, labels) end

--- Accuracy over the examples of each label that occurs, by label.
---@param scores rledit.Numbers
---@param labels rledit.Labels
---@return table<integer, number>
function metrics.per_class_accuracy(scores, labels) end

return metrics
