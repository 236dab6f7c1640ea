---@meta rledit.learners

--- Learners: who looks for edits. `false` switches an optional setting off.
---
--- A learner of your own is a table: see `rledit.CustomLearner`.
---
--- ```lua
--- local learners = require "rledit.learners"
--- print(learners.PPO { steps = 4096, learning_rate = 3e-4 })
--- ```
---@class rledit.learners
local learners = {}

---@class rledit.Learner
---@field name string
local Learner = {}

---@class rledit.PPOOptions
---@field steps integer? candidate evaluations of the whole run, rounded up to whole steps of all environments; default 8192
---@field rollout_length integer? evaluations per update, over all environments, at most `steps`; default 32
---@field minibatch_size integer? transitions per gradient step; default 32
---@field epochs integer? passes over each rollout; default 10
---@field learning_rate rledit.Rate? Adam's step size; default "linear(0.0006, 0)"
---@field discount (number|false)? weight of the next step's value; false: 0 at horizon 1, else 0.5; default false
---@field gae_lambda number? of generalized advantage estimation, 0 … 1; default 0.95
---@field bootstrap_truncated boolean? whether an episode cut by the horizon counts the value of what would follow; default true
---@field clip_range rledit.Rate? how far the probability ratio earns; default 0.2
---@field value_clip_range (rledit.Rate|false)? how far a value may move from the rollout's; default false
---@field entropy_coefficient rledit.Rate? weight of the entropy bonus; default 0
---@field value_coefficient number? weight of the value loss; default 0.5
---@field max_gradient_norm number? longer gradients are scaled down to it; default 0.5
---@field target_kl (number|false)? ends the epochs of an update beyond 1.5 times this divergence; default false
---@field normalize_advantage boolean? standardise the advantages of each minibatch; default true
---@field normalize_observation boolean? standardise observations by running statistics; default false
---@field observation_clip number? bound of a normalised feature, in standard deviations; default 10
---@field hidden_sizes integer[]? units of each hidden layer of the mean's network; default { 64, 64 }
---@field value_hidden_sizes (integer[]|false)? those of the value's network; false: the same; default false
---@field orthogonal_initialization boolean? orthogonal initial weights; default true
---@field initial_log_standard_deviation (number|false)? log σ of actions before the first update; false: -0.7 at horizon 1, else -1; default false
---@field adam_beta1 number? decay of Adam's mean gradient; default 0.9
---@field adam_beta2 number? decay of Adam's mean squared gradient; default 0.999
---@field adam_epsilon number? Adam's ε; default 1e-05

---@class rledit.ReinforceOptions
---@field steps integer? candidate evaluations of the whole run; default 8192
---@field rollout_length integer? evaluations per update, over all environments, each used once; default 16
---@field learning_rate rledit.Rate? Adam's step size; default "linear(0.003, 0)"
---@field discount (number|false)? weight of the next step's reward; false: 0 at horizon 1, else 0.5; default false
---@field entropy_coefficient rledit.Rate? weight of the entropy bonus; default 0
---@field value_coefficient number? weight of the loss of the baseline, which is a value network; default 0.5
---@field max_gradient_norm number? longer gradients are scaled down to it; default 0.5
---@field normalize_advantage boolean? standardise what the returns of a rollout gain over the baseline; default true
---@field hidden_sizes integer[]? units of each hidden layer of both networks; default { 64, 64 }
---@field initial_log_standard_deviation (number|false)? log σ of actions before the first update; false: -0.5 at horizon 1, else -1; default false

---@class rledit.EvolutionStrategyOptions
---@field steps integer? candidate evaluations of the whole run; default 8192
---@field population_size integer? candidates per generation, in mirrored pairs; even; default 16
---@field standard_deviation rledit.Rate? σ of each number of an action; default "linear(0.4, 0.1)"
---@field learning_rate rledit.Rate? Adam's step size; default "linear(0.2, 0)"
---@field weight_decay number? pull of the mean towards 0; default 0
---@field adam_beta1 number? decay of Adam's mean gradient; default 0.9
---@field adam_beta2 number? decay of Adam's mean squared gradient; default 0.999
---@field adam_epsilon number? Adam's ε; default 1e-08

--- Settings of `CMAES` and of `SeparableCMAES`.
---@class rledit.CMAESOptions
---@field steps integer? candidate evaluations of the whole run; default 8192
---@field population_size integer? candidates per generation; default 20
---@field initial_standard_deviation number? σ of the first generation; default 0.25

---@class rledit.RandomSearchOptions
---@field steps integer? candidate evaluations of the whole run, rounded up to equal rounds; default 8192
---@field batch_size integer? evaluations per round, at most; default 256
---@field standard_deviation (number|false)? of each number of an action; false: uniform in -1 … 1; default 1

---@class rledit.HillClimberOptions
---@field steps integer? candidate evaluations of the whole run; default 8192
---@field population_size integer? candidates per generation; default 32
---@field initial_standard_deviation number? of the first mutations; default 0.25
---@field adaptation_factor number? growth of the mutations after a generation that improved; default 1.2

--- A learner of your own. Functions may also be written with a colon, and then get the table as `self`.
---@class rledit.CustomLearner
---@field steps integer candidate evaluations of the whole run
---@field batch_size integer? actions per `ask`; 1 by default
---@field name string?
---@field begin (fun(problem: rledit.LearningProblem))? called once, before the first `ask`
---@field ask fun(): rledit.Tensor|(rledit.Tensor|number[])[] the next `batch_size` actions
---@field tell fun(actions: any, rewards: number[]): table<string, number>? what became of them; returns numbers for the log
---@field mean_action (fun(): rledit.Tensor|number[])? the best guess, judged at the end
---@field save (fun(): any)? plain values and tensors that a checkpoint keeps
---@field load (fun(state: any))? takes them back

---@class rledit.LearningProblem
---@field action_size integer numbers in an action
---@field observation_size integer
---@field horizon integer steps of an episode
---@field steps integer candidate evaluations of the whole run
---@field batch_size integer actions per `ask`

--- Proximal policy optimisation (Schulman et al. 2017) with a diagonal Gaussian policy.
---@param options? rledit.PPOOptions
---@return rledit.Learner
function learners.PPO(options) end

--- REINFORCE with a baseline (Williams 1992): one gradient step for each rollout, with the networks of `PPO`.
---@param options? rledit.ReinforceOptions
---@return rledit.Learner
function learners.Reinforce(options) end

--- Evolution strategies as in Salimans et al. 2017 (OpenAI-ES): mirrored candidates around a mean, which climbs along their
--- ranks. Candidates outside of -1 … 1 are evaluated clamped.
---@param options? rledit.EvolutionStrategyOptions
---@return rledit.Learner
function learners.EvolutionStrategy(options) end

--- CMA-ES with a full covariance matrix (Hansen 2016), for actions of up to 1024 numbers. Candidates outside of -1 … 1 are
--- evaluated clamped and rank lower the further outside they are.
---@param options? rledit.CMAESOptions
---@return rledit.Learner
function learners.CMAES(options) end

--- CMA-ES with a diagonal covariance matrix (Ros and Hansen 2008), for actions of any length. Otherwise as `CMAES`.
---@param options? rledit.CMAESOptions
---@return rledit.Learner
function learners.SeparableCMAES(options) end

--- Independent candidates from one distribution, the best kept: the floor that any learner must beat.
---@param options? rledit.RandomSearchOptions
---@return rledit.Learner
function learners.RandomSearch(options) end

--- A (1 + λ) evolution strategy: mutations of the best candidate so far.
---@param options? rledit.HillClimberOptions
---@return rledit.Learner
function learners.HillClimber(options) end

return learners
