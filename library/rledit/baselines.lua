---@meta rledit.baselines

--- Published methods, and trivial ones, to compare an edit with. Each runs at once, on any model and sets, and returns
--- a result with a new model; the given one is never changed. The defaults are the settings that worked for the digit
--- network and 2,500 examples (`docs/results.md`). `docs/baselines.md` compares them.
---
--- ```lua
--- local rledit = require "rledit"
--- local digits = rledit.data.generated_digits { train = 200, test = 100 }
--- local model = rledit.models.digit_cnn()
--- local forget, retain = digits.train:partition(function(label) return label == 7 end)
--- local result = rledit.baselines.fine_tune { model = model, forget = forget, retain = retain, epochs = 1 }
--- print(result.name, result.cost.kfe, result.model.parameter_count)
--- ```
---@class rledit.baselines
local baselines = {}

--- Training from scratch on `retain`, from the initial parameters that a new model of this seed has: what the other
--- methods try to match. Give it everything to keep. `forget` is not used.
---@param options rledit.RetrainOptions
---@return rledit.Baseline
function baselines.retrain(options) end

--- Training on with `retain` alone, at a learning rate high enough to overwrite what it does not show (Golatkar et al.
--- 2020). `forget` is not used.
---@param options rledit.FineTuneOptions
---@return rledit.Baseline
function baselines.fine_tune(options) end

--- Steps up the loss of `forget` (Thudi et al. 2022). Nothing holds the rest of the network. `retain` is not used.
---@param options rledit.GradientAscentOptions
---@return rledit.Baseline
function baselines.gradient_ascent(options) end

--- Gradient ascent until the forget set is no longer recognized.
---@param options rledit.GradientAscentStoppedOptions
---@return rledit.Baseline
function baselines.gradient_ascent_stopped(options) end

--- NegGrad+ (Kurmanji et al. 2023): minimizes β CE(retain) − (1 − β) CE(forget).
---@param options rledit.NegGradPlusOptions
---@return rledit.Baseline
function baselines.neg_grad_plus(options) end

--- Training on with both sets, `forget` under random labels of other classes (Graves et al. 2021).
---@param options rledit.RandomLabelOptions
---@return rledit.Baseline
function baselines.random_label(options) end

--- SalUn (Fan et al. 2024): random labels, learned only by the weights with the largest gradient of the loss of
--- `forget`.
---@param options rledit.SalunOptions
---@return rledit.Baseline
function baselines.salun(options) end

--- Fine-tuning on `retain` with a penalty on absolute weights (Jia et al. 2023).
---@param options rledit.L1SparseOptions
---@return rledit.Baseline
function baselines.l1_sparse(options) end

--- Fisher forgetting (Golatkar et al. 2020): noise where `retain` does not need a weight, and the rows of the forgotten
--- classes in the output layer redrawn.
---@param options rledit.FisherForgettingOptions
---@return rledit.Baseline
function baselines.fisher_forgetting(options) end

--- Selective synaptic dampening (Foster et al. 2024): shrinks the weights that matter most to `forget`, without
--- training.
---@param options rledit.SsdOptions
---@return rledit.Baseline
function baselines.ssd(options) end

--- SCRUB (Kurmanji et al. 2023): leaves the original network's answers on `forget`, and stays with them on `retain`.
---@param options rledit.ScrubOptions
---@return rledit.Baseline
function baselines.scrub(options) end

--- The edit of the same layers by gradient: all of their weights.
---@param options rledit.GradientEditOptions
---@return rledit.Baseline
function baselines.gradient_edit(options) end

--- The edit by gradient through the factors of a mask, as MaskWorld makes it of an action.
---@param options rledit.GradientMaskOptions
---@return rledit.Baseline
function baselines.gradient_mask(options) end

--- The edit by gradient through the factors of a shift, as ShiftWorld makes it of an action.
---@param options rledit.GradientShiftOptions
---@return rledit.Baseline
function baselines.gradient_shift(options) end

--- Zeroes the row or column of the layers that gains the most retain + (1 − forget) accuracy, until none gains any.
---@param options rledit.GreedyPruningOptions
---@return rledit.Baseline
function baselines.greedy_pruning(options) end

--- The trivial edit: lowers the output bias of the classes in `forget`. `retain` is not used.
---@param options rledit.BiasEditOptions
---@return rledit.Baseline
function baselines.bias_edit(options) end

--- A rule made by hand from the features that a policy over units sees: along the linear discriminant of what enters
--- the layers, against the label's score.
---@param options rledit.ContrastRuleOptions
---@return rledit.Baseline
function baselines.contrast_rule(options) end

--- Erases the direction that tells `forget` from `retain` at the input of the layers, in closed form (after LEACE,
--- Belrose et al. 2023), and lowers the output bias of the classes in `forget`.
---@param options rledit.ErasureOptions
---@return rledit.Baseline
function baselines.erasure(options) end

--- Moves each example of `forget` to where examples like it are in `retain`, at the output of the layers and in closed
--- form, and lowers the output bias of the classes in `forget`. On an early layer the result resembles a network that
--- never saw them.
---@param options rledit.NeighbourTransportOptions
---@return rledit.Baseline
function baselines.neighbour_transport(options) end

--- Task arithmetic (Ilharco et al. 2023): fine-tunes on `forget`, and subtracts from the weights what that adds to
--- them. `retain` is not used.
---@param options rledit.TaskArithmeticOptions
---@return rledit.Baseline
function baselines.task_arithmetic(options) end

--- Fine-pruning (Liu et al. 2018), a defence against backdoors: removes the units of the layers that are least active
--- on `retain`, which holds clean examples, and trains on with it. `forget` is not used.
---@param options rledit.FinePruningOptions
---@return rledit.Baseline
function baselines.fine_pruning(options) end

--- Adversarial neuron pruning (Wu and Wang 2021), a defence against backdoors for networks with batch norms: trains a
--- mask over their channels on `retain`, which holds clean examples, against the worst disturbance of scales and
--- shifts, and prunes the channels that it lowers. `forget` is not used.
---@param options rledit.AdversarialNeuronPruningOptions
---@return rledit.Baseline
function baselines.adversarial_neuron_pruning(options) end

--- A trained policy (`rledit.transfer`): what it does at once, or with `refine` evaluations of the standard reward.
--- What its training cost is not counted.
---@param options rledit.PolicyEditOptions
---@return rledit.Baseline
function baselines.policy_edit(options) end

--- LEACE (Belrose et al. 2023): takes from what enters a linear layer all that tells the groups of a set apart in a
--- linear way, in closed form and with the least change, and trains the layer on with what is left.
---@param options rledit.LeaceOptions
---@return rledit.Baseline
function baselines.leace(options) end

--- INLP (Ravfogel et al. 2020): again and again fits a linear classifier of the groups of a set to what enters a linear
--- layer, and projects onto the nullspace of its weights; then trains the layer on with what is left.
---@param options rledit.InlpOptions
---@return rledit.Baseline
function baselines.inlp(options) end

--- Group DRO (Sagawa et al. 2020): trains on the groups of a set, each label of each, with weights that grow where the
--- loss is highest.
---@param options rledit.GroupDroOptions
---@return rledit.Baseline
function baselines.group_dro(options) end

--- Counterfactual logit pairing (Garg et al. 2019): trains on a set, and pulls the logits of examples and of the same
--- examples about somebody else together.
---@param options rledit.LogitPairingOptions
---@return rledit.Baseline
function baselines.logit_pairing(options) end

--- Counterfactual augmentation (Garg et al. 2019): trains on a set together with the same examples about somebody else.
---@param options rledit.CounterfactualAugmentationOptions
---@return rledit.Baseline
function baselines.counterfactual_augmentation(options) end

--- Trains the last layer alone on a rebalanced set: small classes, or small groups' classes, come as often as large
--- ones.
---@param options rledit.FineTuneLastLayerOptions
---@return rledit.Baseline
function baselines.fine_tune_last_layer(options) end

--- Moves the decision threshold to where the groups' false positive and false negative rates differ least from the
--- overall ones, at a bounded loss of accuracy. The threshold is folded into the output bias: the model's own stays 0.
---@param options rledit.ThresholdOptions
---@return rledit.Baseline
function baselines.threshold(options) end

--- Passes are counted in full-forward equivalents: one example through the whole network. A pass through the last
--- layers only counts as their share of the multiply-adds.
---@class rledit.BaselineCost
---@field forwards number forward passes of one example each
---@field backwards number backward passes of one example each
---@field kfe number thousand full-forward equivalents: (forwards + 2 · backwards) / 1000
---@field seconds number

--- What every baseline takes.
---@class rledit.BaselineOptions
---@field model rledit.Model
---@field seed integer? orders of examples and all that is drawn come from it; the run's seed by default
---@field name string? names the result, when a task compares with two of one method

--- What every method of unlearning takes. A method may leave one of the sets unused, and then does without it.
---@class rledit.UnlearningOptions: rledit.BaselineOptions
---@field forget rledit.Set? examples to forget
---@field retain rledit.Set? examples to keep

--- What methods that edit some layers take as well: either `layer` or `layers`.
---@class rledit.LayerUnlearningOptions: rledit.UnlearningOptions
---@field layer string?
---@field layers string[]?

---@class rledit.RetrainOptions: rledit.UnlearningOptions
---@field epochs integer? passes over the retain set, ≥ 1; default 2
---@field batch_size integer? examples of a step, ≥ 1; default 128
---@field learning_rate number? Adam's step size, > 0; default 0.001

---@class rledit.FineTuneOptions: rledit.UnlearningOptions
---@field epochs integer? passes over the retain set, ≥ 1; default 10
---@field batch_size integer? examples of a step, ≥ 1; default 64
---@field learning_rate number? of gradient descent with momentum 0.9, > 0; default 0.05

---@class rledit.GradientAscentOptions: rledit.UnlearningOptions
---@field epochs integer? passes over the forget set, at most, ≥ 1; default 1
---@field batch_size integer? examples of a step, ≥ 1; default 64
---@field learning_rate number? of gradient descent with momentum 0.9, > 0; default 0.003
---@field gradient_clipping (number|false)? largest norm of a gradient, > 0; false: no limit; default false

---@class rledit.GradientAscentStoppedOptions: rledit.UnlearningOptions
---@field epochs integer? passes over the forget set, at most, ≥ 1; default 20
---@field batch_size integer? examples of a step, ≥ 1; default 64
---@field learning_rate number? of gradient descent with momentum 0.9, > 0; default 0.01
---@field gradient_clipping (number|false)? largest norm of a gradient, > 0; false: no limit; default 1
---@field stop_accuracy (number|false)? accuracy on the forget set at which to stop, looked at after each step, 0 … 1; false: never; default 0.01

---@class rledit.NegGradPlusOptions: rledit.UnlearningOptions
---@field epochs integer? passes over the retain set, ≥ 1; the forget set starts over whenever it is used up; default 3
---@field batch_size integer? examples of a step, ≥ 1; default 64
---@field learning_rate number? of gradient descent with momentum 0.9, > 0; default 0.003
---@field retain_weight number? β, 0 … 1; a little less takes the network with it; default 0.995
---@field gradient_clipping number? largest norm of a gradient, > 0; default 5

---@class rledit.RandomLabelOptions: rledit.UnlearningOptions
---@field epochs integer? passes over both sets, ≥ 1; default 5
---@field batch_size integer? examples of a step, ≥ 1; default 64
---@field learning_rate number? of gradient descent with momentum 0.9, > 0; default 0.003

---@class rledit.SalunOptions: rledit.UnlearningOptions
---@field epochs integer? passes over both sets, ≥ 1; default 5
---@field batch_size integer? examples of a step, ≥ 1; default 64
---@field learning_rate number? of gradient descent with momentum 0.9, > 0; default 0.01
---@field saliency number? share of all weights that may change, 0 … 1; default 0.5

---@class rledit.L1SparseOptions: rledit.UnlearningOptions
---@field epochs integer? passes over the retain set, ≥ 1; default 10
---@field batch_size integer? examples of a step, ≥ 1; default 64
---@field learning_rate number? of gradient descent with momentum 0.9, > 0; default 0.01
---@field penalty number? weight of Σ |w| in the first epoch, > 0; falls linearly; default 0.0005

---@class rledit.FisherForgettingOptions: rledit.UnlearningOptions
---@field noise number? α: the variance of the noise is α / Fisher information, > 0; default 1e-09

---@class rledit.SsdOptions: rledit.UnlearningOptions
---@field selection number? α: a weight is dampened where its importance to `forget` is more than α times that to all, > 0; default 2
---@field dampening number? λ: to λ times the ratio of the importances, > 0; default 0.5
---@field group_size integer? examples whose mean gradient is squared, ≥ 1; a batch, as in the published code; default 64

---@class rledit.ScrubOptions: rledit.UnlearningOptions
---@field epochs integer? passes over the retain set, ≥ 1; default 3
---@field maximising_epochs integer? how many of them begin with a pass over the forget set; default 2
---@field batch_size integer? examples of a step, ≥ 1; default 64
---@field learning_rate number? Adam's step size, > 0; default 0.001
---@field temperature number? T, softens the answers compared, > 0; default 4
---@field cross_entropy_weight number? γ, ≥ 0; default 0.99
---@field divergence_weight number? α, ≥ 0; default 0.001

---@class rledit.GradientEditOptions: rledit.LayerUnlearningOptions
---@field steps integer? steps of Adam, each on all examples, ≥ 1; default 200
---@field learning_rate number? Adam's step size, > 0; default 0.002

---@class rledit.GradientMaskOptions: rledit.LayerUnlearningOptions
---@field steps integer? steps of Adam, each on all examples, ≥ 1; default 300
---@field learning_rate number? Adam's step size, > 0; default 0.02
---@field rank integer? rank of the factors, ≥ 1; default 1

---@class rledit.GradientShiftOptions: rledit.LayerUnlearningOptions
---@field steps integer? steps of Adam, each on all examples, ≥ 1; default 300
---@field learning_rate number? Adam's step size, > 0; default 0.02
---@field rank integer? rank of the factors, ≥ 1; default 1

---@class rledit.GreedyPruningOptions: rledit.LayerUnlearningOptions
---@field maximum_removed integer? rows and columns that may go, ≥ 1; default 64

---@class rledit.BiasEditOptions: rledit.UnlearningOptions
---@field amount number? what is taken from the output biases, in units of scores, > 0; default 30

---@class rledit.ContrastRuleOptions: rledit.LayerUnlearningOptions
---@field strength number? deviations that the edit moves the layer's outputs by on the forget set, 0.02 … 50; default 1

---@class rledit.ErasureOptions: rledit.LayerUnlearningOptions
---@field bias_amount (number|false)? what the output biases of the classes to forget are lowered by, > 0; default 30

---@class rledit.NeighbourTransportOptions: rledit.LayerUnlearningOptions
---@field neighbours integer? examples of `retain` whose mean each example of `forget` moves to, ≥ 1; default 10
---@field class_share number? how far it moves to the means of the classes that the model takes it for, instead, 0 … 1; default 0.5
---@field ridge number? ridge of the regression, in units of the mean square of what enters the layer, > 0; default 0.003
---@field bias_amount (number|false)? what the output biases of the classes to forget are lowered by, > 0; default 30

---@class rledit.TaskArithmeticOptions: rledit.UnlearningOptions
---@field epochs integer? passes over the forget set, ≥ 1; default 2
---@field batch_size integer? examples of a step, ≥ 1; default 64
---@field learning_rate number? of gradient descent with momentum 0.9, > 0; default 0.01
---@field scale number? λ: how often the difference is taken away, > 0; default 1

---@class rledit.FinePruningOptions: rledit.LayerUnlearningOptions
---@field maximum_accuracy_loss number? how much lower the accuracy on `retain` may be after pruning, as a share, 0 … 1; default 0.04
---@field epochs integer? passes over the retain set after pruning, ≥ 1; default 5
---@field batch_size integer? examples of a step, ≥ 1; default 64
---@field learning_rate number? of gradient descent with momentum 0.9, > 0; default 0.01

---@class rledit.AdversarialNeuronPruningOptions: rledit.UnlearningOptions
---@field steps integer? of the mask, ≥ 1; 2000 in the paper; default 500
---@field batch_size integer? examples of a step, ≥ 1; default 128
---@field learning_rate number? of the mask's gradient descent with momentum 0.9, > 0; default 0.2
---@field budget number? ε: the largest disturbance, as a share, ≥ 0; default 0.4
---@field natural_weight number? α: weight of the loss without disturbance, 0 … 1; default 0.2
---@field threshold number? channels with a lower mask are pruned, 0 … 1; default 0.2
---@field random_start boolean? whether a disturbance starts at random, and not at none; default true

---@class rledit.PolicyEditOptions: rledit.LayerUnlearningOptions
---@field policy rledit.Policy|string the policy, or the name of its file; it edits its own layers unless told otherwise
---@field refine (integer|false)? evaluations of the reward; none by default
---@field refine_by ("scale"|"samples")? what they vary; the scale by default

--- What the methods against bias of the catalogue take beside their sets.
---@class rledit.DebiasingOptions: rledit.BaselineOptions
---@field layer string? what is edited, or trained with all that follows it; the last layer by default

---@class rledit.LeaceOptions: rledit.DebiasingOptions
---@field set rledit.Set with groups: what is erased
---@field utility rledit.Set? what the layer is trained on afterwards; nothing by default
---@field ridge number? added to the variances, as a share of their mean, > 0; with few examples more of it does less harm; default 0.0001
---@field epochs integer? passes over `utility`, ≥ 1; default 5
---@field batch_size integer? examples of a step, ≥ 1; default 128
---@field learning_rate number? Adam's step size, > 0; default 0.001

---@class rledit.InlpOptions: rledit.DebiasingOptions
---@field set rledit.Set with groups: what is erased
---@field utility rledit.Set? what the layer is trained on afterwards; nothing by default
---@field rounds integer? classifiers, 1 … 10000; each takes as many directions as groups, less 1; default 2
---@field inverse_penalty number? C of the logistic regression, > 0; default 1
---@field iterations integer? of each regression, at most, ≥ 1; default 100
---@field epochs integer? passes over `utility`, ≥ 1; default 5
---@field batch_size integer? examples of a step, ≥ 1; default 128
---@field learning_rate number? Adam's step size, > 0; default 0.001

---@class rledit.GroupDroOptions: rledit.DebiasingOptions
---@field set rledit.Set with groups
---@field epochs integer? as many examples as the set has, each, ≥ 1; default 5
---@field batch_size integer? examples of a step, ≥ 1; default 128
---@field learning_rate number? Adam's step size, > 0; default 0.001
---@field group_rate number? η: how fast the weights of the groups change, ≥ 0; default 0.01

---@class rledit.LogitPairingOptions: rledit.DebiasingOptions
---@field set rledit.Set what is trained on, with its labels
---@field original rledit.Set examples that mention a term
---@field swapped rledit.Set the same examples in the same order with another term
---@field epochs integer? passes over the set, ≥ 1; pairs start over when used up; default 5
---@field batch_size integer? examples, and pairs, of a step, ≥ 1; default 128
---@field learning_rate number? Adam's step size, > 0; default 0.001
---@field pair_weight number? λ: what the difference of two logits costs, ≥ 0; default 1

---@class rledit.CounterfactualAugmentationOptions: rledit.DebiasingOptions
---@field set rledit.Set what is trained on, with its labels
---@field swapped rledit.Set examples of it with another term, labelled as those
---@field epochs integer? passes over both sets, ≥ 1; default 5
---@field batch_size integer? examples of a step, ≥ 1; default 128
---@field learning_rate number? Adam's step size, > 0; default 0.001

---@class rledit.FineTuneLastLayerOptions: rledit.BaselineOptions
---@field set rledit.Set
---@field balance ("label"|"group")? what is shown equally often: each label, or each label of each group; default "label"
---@field epochs integer? as many examples as the set has, each, ≥ 1; default 5
---@field batch_size integer? examples of a step, ≥ 1; default 128
---@field learning_rate number? Adam's step size, > 0; default 0.001

---@class rledit.ThresholdOptions: rledit.BaselineOptions
---@field set rledit.Set labelled 0 and 1, with groups
---@field utility rledit.Set? what the accuracy is taken on; `set` by default
---@field maximum_accuracy_loss number? how much lower the accuracy may be, as a share, 0 … 1; default 0.01

--- The result of a baseline. A task measures it beside its own result: `baselines = { result }`.
---@class rledit.Baseline
---@field name string the method's, or the one given
---@field model rledit.Model
---@field cost rledit.BaselineCost
local Baseline = {}

return baselines
