---@meta rledit.metrics

--- Figures of scores and labels, by the definitions of the metrics argument `m`.
---
--- Scores are `[examples, classes]`, as `model:forward` gives them; labels are integers from 0 on, as a table or a
--- vector. `auc` and `false_positive_rate` take one score per example and labels 0 and 1.
---
--- ```lua
--- local metrics = require "rledit.metrics"
--- local scores, labels = model:forward(set), set:labels()
--- print(metrics.accuracy(scores, labels), metrics.per_class_accuracy(scores, labels)[7])
--- ```
---@class rledit.metrics
local metrics = {}

--- Whether one can tell from the loss what a model was trained on: ROC AUC of −cross entropy, members against others in
--- equal numbers. 0.5 is ideal. Costs a forward pass.
---@param options rledit.MembershipOptions
---@return number
function metrics.membership_auc(options) end

--- Share of the examples that a class-balanced logistic regression on the entropy of the answer calls members. Compare
--- with the value of a retrained model, not with 0. Costs a forward pass.
---@param options rledit.MembershipRateOptions
---@return number
function metrics.membership_rate(options) end

--- Steps of gradient descent on `forget`, through the whole model, until it names `target` of the unseen examples;
--- `cap` when that many do not suffice. Few steps mean that a class was hidden, not removed. Costs a pass over the
--- unseen examples per step: up to seconds for a model that has truly forgotten. It can be gamed by dead units, which
--- make any learning slow: look at accuracy per class too, and take the least of several learning rates.
---@param options rledit.RelearnOptions
---@return integer
function metrics.relearn_steps(options) end

--- Recall of a linear classifier of what a layer gives: a newly fitted multinomial logistic regression on standardized
--- features, after the activation that follows the layer. High where the layer still knows the class. Costs a fit, some
--- tenths of a second for 2,500 examples.
---@param options rledit.ProbeOptions
---@return number
function metrics.probe_recall(options) end

--- Mean total variation of the answers of two models, ½ Σ |p − q|, 0 … 1.
---@param options rledit.ComparisonOptions
---@return number
function metrics.total_variation(options) end

--- Mean Kullback–Leibler divergence of the answers of a model from the reference's, Σ q (ln q − ln p), in nats.
---@param options rledit.ComparisonOptions
---@return number
function metrics.divergence(options) end

--- Share of the examples that two models name alike.
---@param options rledit.ComparisonOptions
---@return number
function metrics.agreement(options) end

--- Euclidean distance of the parameters of two models, and the same in units of the reference's norm.
---@param options { model: rledit.Model, reference: rledit.Model }
---@return number distance
---@return number relative
function metrics.weight_distance(options) end

--- Mean entropy of a model's answers, in nats: low where it is sure.
---@param options { model: rledit.Model, set: rledit.Set }
---@return number
function metrics.prediction_entropy(options) end

--- Mean absolute difference of the margins of examples and their counterparts, row by row: those of comments and of the
--- same comments about somebody else. The margin is the score of a class less the highest other score, for the class
--- that the first scores name. Soft: it moves with every score.
---
--- ```
--- local gap = rledit.metrics.margin_gap(m.original.scores, m.swapped.scores)
--- ```
---@param scores rledit.Tensor `[examples, classes]`
---@param others rledit.Tensor of the same shape
---@return number
function metrics.margin_gap(scores, others) end

--- Share of the examples that are called another class than their counterparts.
---@param scores rledit.Tensor `[examples, classes]`
---@param others rledit.Tensor of the same shape
---@return number
function metrics.flip_rate(scores, others) end

--- How far margins have moved: root of the mean squared difference of both margins over that of the second ones.
--- Without labels. `rledit.metrics.margin_drift(m.comments.scores, m.base.comments.scores)`
---@param scores rledit.Tensor `[examples, classes]`
---@param others rledit.Tensor of the same shape
---@return number
function metrics.margin_drift(scores, others) end

--- The membership attack of published tables of unlearning (Fan et al. 2024): share of `forget` that a support vector
--- machine calls strangers, fitted on the probability of the label of `retain` against `test`, as many of each. Compare
--- with the value of a retrained model. Costs a fit.
---@param options rledit.MembershipSVCOptions
---@return number
function metrics.membership_svc(options) end

--- How far a model is from a retrained one: mean of the absolute differences of the accuracies on `forget`, `retain`
--- and `test` and of `membership_svc`, and the four by name. Costs two fits.
---@param options rledit.AverageGapOptions
---@return number average
---@return rledit.UnlearningGaps gaps
function metrics.average_gap(options) end

--- The group of a set with the lowest accuracy, and the ends of an interval from the percentile bootstrap over the
--- examples. For held-out sets: an interval says nothing to a reward.
---@param options rledit.WorstGroupOptions
---@return rledit.WorstGroup
function metrics.worst_group(options) end

--- Share of examples whose largest score is that of their label, 0 … 1; the lowest class wins a tie.
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
--- `rledit.SetMetrics` from `precision` on; `count`; and `groups`, with a row for each group by name. What is undefined
--- is left out.
---
--- With `tuning`, `equal_error_threshold` is taken from that set, and `error_difference_at_eer` is computed at it: a
--- threshold must not be tuned on the examples that judge.
---
--- ```lua
--- local fairness = rledit.metrics.fairness(model, test)
--- print(fairness.fped, fairness.groups.deaf.false_positive_rate)
--- ```
---@param model rledit.Model|rledit.Numbers|{ model: rledit.Model, set: rledit.Set, tuning: rledit.Set? } a model or its scores; or all by name
---@param set rledit.Set?
---@return table<string, any>
function metrics.fairness(model, set) end

--- How many examples of each label (rows) were predicted as each class (columns): `[classes, classes]`. Places count
--- from 1, so label 0 is row 1.
---@param scores rledit.Numbers
---@param labels rledit.Labels
---@return rledit.Tensor
function metrics.confusion(scores, labels) end

--- Accuracy over the examples of each label that occurs, by label.
---@param scores rledit.Numbers
---@param labels rledit.Labels
---@return table<integer, number>
function metrics.per_class_accuracy(scores, labels) end

---@alias rledit.Labels integer[]|rledit.Tensor

---@class rledit.ComparisonOptions
---@field model rledit.Model
---@field reference rledit.Model for example the retrained one
---@field set rledit.Set

---@class rledit.MembershipOptions
---@field model rledit.Model
---@field members rledit.Set examples that the model was trained on
---@field others rledit.Set examples of the same classes that it was not trained on
---@field limit integer? examples of each side that are looked at, at most, ≥ 1; default 1000

---@class rledit.MembershipRateOptions
---@field model rledit.Model
---@field examples rledit.Set what is asked about
---@field trained rledit.Set examples to keep that the model was trained on
---@field untrained rledit.Set examples of the same classes that it was not trained on
---@field limit integer? examples of `trained` and `untrained` that are looked at, at most, ≥ 1; default 2000

---@class rledit.RelearnOptions
---@field model rledit.Model
---@field forget rledit.Set what is learned again
---@field test rledit.Set unseen examples of the same classes
---@field seed integer? the run's seed by default
---@field learning_rate number? of plain gradient descent, > 0; default 0.01
---@field batch_size integer? examples of a step, ≥ 1; default 64
---@field gradient_clipping number? largest norm of a gradient, > 0; default 5
---@field target number? accuracy on `test` that ends the count, 0 … 1; default 0.9
---@field cap integer? steps at most, ≥ 1; default 400
---@field test_count integer? examples of `test` that are looked at, ≥ 1; default 512

---@class rledit.ProbeOptions
---@field model rledit.Model
---@field layer string
---@field train rledit.Set examples of all classes
---@field test rledit.Set unseen examples, of the forgotten class for its recall
---@field inverse_penalty number? C of the logistic regression, > 0; default 1
---@field iterations integer? at most, ≥ 1; default 300

---@class rledit.MembershipSVCOptions
---@field model rledit.Model
---@field forget rledit.Set what is asked about
---@field retain rledit.Set examples to keep that the model was trained on
---@field test rledit.Set examples that it was not trained on
---@field limit integer? examples of `retain` and `test` that are looked at, at most, ≥ 1; default 1000

---@class rledit.WorstGroupOptions
---@field model rledit.Model
---@field set rledit.Set with groups
---@field seed integer? the run's seed by default
---@field resamples integer? times that as many examples are drawn, ≥ 1; default 1000
---@field level number? share of the resamples within the interval, 0 … 1; default 0.95

---@class rledit.AverageGapOptions: rledit.MembershipSVCOptions
---@field retrained rledit.Model the reference: trained without the examples to forget

--- How far two models are apart; absolute differences.
---@class rledit.UnlearningGaps
---@field forget number of the accuracy on the examples to forget
---@field retain number of the accuracy on those to keep
---@field test number of the accuracy on unseen ones
---@field membership number of `membership_svc`

---@class rledit.WorstGroup
---@field group string
---@field accuracy number
---@field low number
---@field high number

return metrics
