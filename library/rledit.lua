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
---@field tensor rledit.tensor
---@field nn rledit.nn
---@field models rledit.models
---@field data rledit.data
---@field metrics rledit.metrics
---@field schedule rledit.schedule
---@field worlds rledit.worlds
---@field learners rledit.learners
---@field baselines rledit.baselines
---@field transfer rledit.transfer
---@field run rledit.run
local rledit = {}

--- What `--set name=value` gave: integers, numbers and booleans as such, all else as text. An absent name reads as nil; a
--- given one that the script never reads is an error.
---@class rledit.Arguments
---@field [string] integer|number|boolean|string|nil

--- Raises unless this program is at least this version, without a break in between: a new major version, or before 1.0 a
--- new minor one.
---@param version string for example `"0.1"`
function rledit.require_version(version) end

--- A task, checked. Return it from the script to have it run. With a `distribution` it trains a policy over many networks
--- instead of editing one (`rledit.transfer`).
---@overload fun(options: rledit.TransferTaskOptions): rledit.TransferTask
---@param options rledit.TaskOptions
---@return rledit.Task
function rledit.task(options) end

--- An environment for a loop of one's own, in Gymnasium's words. Of a task that trains a policy it is one over the training
--- pairs.
---@overload fun(task: rledit.TransferTask): rledit.TransferEnvironment
---@param task rledit.Task|rledit.EnvironmentOptions
---@return rledit.Environment
function rledit.env(task) end

--- Plays with an environment, or the one of a task, and lists what is wrong or suspicious. Empty when all is well.
---@param environment rledit.Environment|rledit.Task
---@return rledit.Finding[]
function rledit.check_environment(environment) end

--- The world in which an action scales weights. See `rledit.worlds`.
---@param options rledit.MaskWorldOptions
---@return rledit.World
function rledit.MaskWorld(options) end

--- The world in which an action adds to weights. See `rledit.worlds`.
---@param options rledit.ShiftWorldOptions
---@return rledit.World
function rledit.ShiftWorld(options) end

--- Proximal policy optimisation. See `rledit.learners`.
---@param options? rledit.PPOOptions
---@return rledit.Learner
function rledit.PPO(options) end

--- REINFORCE with a baseline. See `rledit.learners`.
---@param options? rledit.ReinforceOptions
---@return rledit.Learner
function rledit.Reinforce(options) end

--- Evolution strategies as OpenAI's: mirrored candidates around a climbing mean. See `rledit.learners`.
---@param options? rledit.EvolutionStrategyOptions
---@return rledit.Learner
function rledit.EvolutionStrategy(options) end

--- CMA-ES with a full covariance matrix. See `rledit.learners`.
---@param options? rledit.CMAESOptions
---@return rledit.Learner
function rledit.CMAES(options) end

--- CMA-ES with a diagonal covariance matrix. See `rledit.learners`.
---@param options? rledit.CMAESOptions
---@return rledit.Learner
function rledit.SeparableCMAES(options) end

--- Independent random candidates, the best kept. See `rledit.learners`.
---@param options? rledit.RandomSearchOptions
---@return rledit.Learner
function rledit.RandomSearch(options) end

--- Mutations of the best candidate so far. See `rledit.learners`.
---@param options? rledit.HillClimberOptions
---@return rledit.Learner
function rledit.HillClimber(options) end

--- Networks, classes and the sets of each pair of them. See `rledit.transfer`.
---@param options rledit.TaskDistributionOptions
---@return rledit.TaskDistribution
function rledit.TaskDistribution(options) end

--- What a policy over units looks at. See `rledit.transfer`.
---@param options? rledit.UnitPolicyOptions
---@return rledit.UnitPolicy
function rledit.UnitPolicy(options) end

--- A trained policy from its file. See `rledit.transfer`.
---@param path string
---@return rledit.Policy
function rledit.load_policy(path) end

--- Edits a model by a trained policy. See `rledit.transfer`.
---@param options rledit.ApplyOptions
---@return rledit.Model edited
---@return rledit.ApplyInfo info
function rledit.apply(options) end

return rledit
