---@meta rledit

--- Edits trained networks by reward.
---
--- ```lua
--- local rledit = require "rledit"
--- print(rledit.version, rledit.seed)
--- ```
---@class rledit
---@field version string version of this program, for example `0.1.0`
---@field seed integer the run's seed (`--seed`, 0 by default)
---@field args rledit.Arguments what `--set name=value` gave
---@field baselines rledit.baselines
---@field data rledit.data
---@field learners rledit.learners
---@field metrics rledit.metrics
---@field models rledit.models
---@field nn rledit.nn
---@field run rledit.run
---@field schedule rledit.schedule
---@field tensor rledit.tensor
---@field transfer rledit.transfer
---@field worlds rledit.worlds
local rledit = {}

--- Raises unless this program is at least this version, without a break in between: a new major version, or before 1.0
--- a new minor one.
---@param version string for example `"0.1"`
function rledit.require_version(version) end

--- A task, checked. Return it from the script to have it run. With a `distribution` it trains a policy over many
--- networks instead of editing one (`rledit.transfer`).
---@overload fun(options: rledit.TransferTaskOptions): rledit.TransferTask
---@param options rledit.TaskOptions
---@return rledit.Task
function rledit.task(options) end

--- An environment for a loop of your own, in Gymnasium's words. For a task that trains a policy, it runs over the
--- training pairs.
---@overload fun(task: rledit.TransferTask): rledit.TransferEnvironment
---@param task rledit.Task|rledit.EnvironmentOptions
---@return rledit.Environment
function rledit.env(task) end

--- Plays with an environment, or the one of a task, and lists what is wrong or suspicious. Empty when all is well.
---@param environment rledit.Environment|rledit.Task
---@return rledit.Finding[]
function rledit.check_environment(environment) end

--- The world in which an action scales weights: `W ← W ⊙ (1 + scale · (B + offset) A / √rank)`. The masks of an
--- episode's steps multiply. See `rledit.worlds`.
---@param options rledit.MaskWorldOptions
---@return rledit.World
function rledit.MaskWorld(options) end

--- The world in which an action adds to weights: `W ← W + scale · unit · (B + offset) A / √rank`. The shifts of an
--- episode's steps add up. See `rledit.worlds`.
---@param options rledit.ShiftWorldOptions
---@return rledit.World
function rledit.ShiftWorld(options) end

--- Proximal policy optimization (Schulman et al. 2017) with a diagonal Gaussian policy, which sees the weights and may
--- act in steps. See `rledit.learners`.
---@param options? rledit.PPOOptions
---@return rledit.Learner
function rledit.PPO(options) end

--- REINFORCE with a learned baseline (Williams 1992): one step along the policy gradient for each rollout, with the
--- networks of `PPO`. See `rledit.learners`.
---@param options? rledit.ReinforceOptions
---@return rledit.Learner
function rledit.Reinforce(options) end

--- Evolution strategies as in Salimans et al. 2017 (OpenAI-ES): mirrored pairs of candidates around a mean that Adam
--- moves along their ranks. Candidates outside of -1 … 1 are evaluated clamped. See `rledit.learners`.
---@param options? rledit.EvolutionStrategyOptions
---@return rledit.Learner
function rledit.EvolutionStrategy(options) end

--- CMA-ES with a full covariance matrix (Hansen 2016), for actions of up to 1,024 numbers. Candidates outside of -1 … 1
--- are evaluated clamped and rank lower the further outside they are. See `rledit.learners`.
---@param options? rledit.CMAESOptions
---@return rledit.Learner
function rledit.CMAES(options) end

--- CMA-ES with a diagonal covariance matrix (Ros and Hansen 2008), for actions of any length. Otherwise as `CMAES`. See
--- `rledit.learners`.
---@param options? rledit.SeparableCMAESOptions
---@return rledit.Learner
function rledit.SeparableCMAES(options) end

--- Separable natural evolution strategies (Wierstra et al. 2014): a step along the natural gradient for the mean and
--- for each number's deviation. Candidates outside of -1 … 1 are treated as by `CMAES`. See `rledit.learners`.
---@param options? rledit.SNESOptions
---@return rledit.Learner
function rledit.SNES(options) end

--- A (1 + λ) evolution strategy: mutations of the best action so far, whose size follows the rule of one fifth. See
--- `rledit.learners`.
---@param options? rledit.HillClimberOptions
---@return rledit.Learner
function rledit.HillClimber(options) end

--- Independent candidates, the best kept: the floor that any learner must beat. See `rledit.learners`.
---@param options? rledit.RandomSearchOptions
---@return rledit.Learner
function rledit.RandomSearch(options) end

--- Trains a unit policy of one step by the gradient of the reward through the edit, with Adam: for tasks over many
--- networks. The reward may be any function of means over sets (`loss`, `true_probability`, …); accuracy counts with
--- the gradient of `true_probability`. See `rledit.learners`.
---@param options? rledit.PathwiseGradientOptions
---@return rledit.Learner
function rledit.PathwiseGradient(options) end

--- Networks, classes and the sets of each pair of them. See `rledit.transfer`.
---@param options rledit.TaskDistributionOptions
---@return rledit.TaskDistribution
function rledit.TaskDistribution(options) end

--- What a policy over units looks at. See `rledit.transfer`.
---@param options? rledit.UnitPolicyOptions
---@return rledit.UnitPolicy
function rledit.UnitPolicy(options) end

--- A trained policy from its file: from the data folders, from a file that `--allow` names, or, if its name ends in
--- `.policy.safetensors`, from the script's own folder. See `rledit.transfer`.
---@param path string
---@return rledit.Policy
function rledit.load_policy(path) end

--- Trains policies by a task that has a `distribution`, with a seed each, and returns the one policy whose edits are
--- the mean of theirs. Without a run folder; return the task from the script to have one. See `rledit.transfer`.
---@param task rledit.TransferTask
---@param options? { seeds: integer? } how many, 3 by default; the first has the run's seed
---@return rledit.Policy
---@return rledit.PolicyTraining info
function rledit.train_policy(task, options) end

--- Edits a model by a trained policy, at once or with a few evaluations of a reward. See `rledit.transfer`.
---@param options rledit.ApplyOptions
---@return rledit.Model edited
---@return rledit.ApplyInfo info
function rledit.apply(options) end

--- What `--set name=value` gave: integers, numbers and booleans keep their type, everything else is text. An absent
--- name reads as nil; a given one that the script never reads is an error.
---@class rledit.Arguments
---@field [string] any
---@operator len: integer
local Arguments = {}

return rledit
