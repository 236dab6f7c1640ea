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

--- Proximal policy optimization (Schulman et al. 2017) with a diagonal Gaussian policy, which sees the weights and may
--- act in steps.
---
--- For each update or generation it logs:
---
--- | key | formula | unit | good range |
--- | --- | --- | --- | --- |
--- | `updates` | updates so far, this one included | count | rises by 1 |
--- | `mean_reward` | mean reward of the rollout's transitions | unit of the reward | rising |
--- | `reward_standard_deviation` | population standard deviation of the rollout's rewards | unit of the reward | falling as the policy narrows; at 0 the reward no longer tells candidates apart |
--- | `policy_loss` | −mean min(r A, clip(r, 1−ε, 1+ε) A), r = π/π_old, A standardized | – | slightly negative, −0.1 to 0; beyond 1,024 numbers a sum over them, rising from −100 to 0 |
--- | `value_loss` | mean (V − return)² | squared unit of the reward | falling to the variance of the return |
--- | `entropy` | Σ log σ + ½ n (1 + log 2π) over the n numbers of an action | nats | falling slowly; a collapse in the first updates means too little exploration |
--- | `approximate_kl` | mean (r − 1 − log r) over the minibatches of the last epoch | nats | falling to below 0.1 as the learning rate falls. A one-step task with the defaults begins above 10, since early on long steps pay, and is below 1 from the middle of the run on. When it stays above 1 after that, lower the learning rate or set `target_kl`. For an action of over 1,024 numbers it is the sum over these, below 0.01 for each |
--- | `clip_fraction` | share of transitions, beyond 1,024 numbers of their numbers, with abs(r − 1) > ε | 0 to 1 | falling, from 0.85 with the defaults to below 0.1 at the end |
--- | `explained_variance` | 1 − Var(return − V) / Var(return) over the rollout, before the update | ≤ 1 | towards 1 on tasks of several steps; 0 at horizon 1, where V is one number |
--- | `gradient_norm` | global norm of the gradient before clipping | – | any; when it stays far above `max_gradient_norm`, every step is clipped |
--- | `standard_deviation` | mean σ over the numbers of an action, after the update | unit of the action | falling slowly from its initial value |
--- | `epochs` | passes over the rollout that were begun | count | the setting, less when stopped early |
--- | `stopped_early` | 1 when `target_kl` ended the update, else 0 | 0 or 1 | mostly 0 |
--- | `learning_rate` | the schedule's value for this update | – | as configured |
--- | `clip_range` | the schedule's value for this update | ratio | as configured |
--- | `entropy_coefficient` | the schedule's value for this update | unit of the standardized advantage per nat | as configured |
--- | `value_clip_range` | the schedule's value for this update; only when configured | unit of the reward | as configured |
---@param options? rledit.PPOOptions
---@return rledit.Learner
function learners.PPO(options) end

--- REINFORCE with a learned baseline (Williams 1992): one step along the policy gradient for each rollout, with the
--- networks of `PPO`.
---
--- For each update or generation it logs:
---
--- | key | formula | unit | good range |
--- | --- | --- | --- | --- |
--- | `updates` | updates so far, this one included | count | rises by 1 |
--- | `mean_reward` | mean reward of the rollout's transitions | unit of the reward | rising |
--- | `reward_standard_deviation` | population standard deviation of the rollout's rewards | unit of the reward | falling as the policy narrows; at 0 the reward no longer tells candidates apart |
--- | `policy_loss` | −mean (G − b) log π(a), G − b standardized | – | any: only its gradient means something |
--- | `value_loss` | mean (V − return)² | squared unit of the reward | falling to the variance of the return |
--- | `entropy` | Σ log σ + ½ n (1 + log 2π) over the n numbers of an action | nats | falling slowly; a collapse in the first updates means too little exploration |
--- | `explained_variance` | 1 − Var(return − V) / Var(return) over the rollout, before the update | ≤ 1 | towards 1 on tasks of several steps; 0 at horizon 1, where V is one number |
--- | `gradient_norm` | global norm of the gradient before clipping | – | any; when it stays far above `max_gradient_norm`, every step is clipped |
--- | `standard_deviation` | mean σ over the numbers of an action, after the update | unit of the action | falling slowly from its initial value |
--- | `learning_rate` | the schedule's value for this update | – | as configured |
--- | `entropy_coefficient` | the schedule's value for this update | unit of the standardized advantage per nat | as configured |
---@param options? rledit.ReinforceOptions
---@return rledit.Learner
function learners.Reinforce(options) end

--- Evolution strategies as in Salimans et al. 2017 (OpenAI-ES): mirrored pairs of candidates around a mean that Adam
--- moves along their ranks. Candidates outside of -1 … 1 are evaluated clamped.
---
--- For each update or generation it logs:
---
--- | key | formula | unit | good range |
--- | --- | --- | --- | --- |
--- | `best_return` | highest return of an episode so far | unit of the reward | rising |
--- | `mean_return` | mean return of the generation | unit of the reward | rising |
--- | `gradient_norm` | norm of 1/(nσ) Σ F ε, F the centred ranks | – | falling as the optimum comes near |
--- | `standard_deviation` | the schedule's value for this generation | unit of the action | as configured |
--- | `learning_rate` | the schedule's value for this update | – | as configured |
---@param options? rledit.EvolutionStrategyOptions
---@return rledit.Learner
function learners.EvolutionStrategy(options) end

--- CMA-ES with a full covariance matrix (Hansen 2016), for actions of up to 1,024 numbers. Candidates outside of -1 … 1
--- are evaluated clamped and rank lower the further outside they are.
---
--- For each update or generation it logs:
---
--- | key | formula | unit | good range |
--- | --- | --- | --- | --- |
--- | `best_return` | highest return of an episode so far | unit of the reward | rising |
--- | `mean_return` | mean return of the generation | unit of the reward | rising |
--- | `standard_deviation` | root mean square of the deviations of the numbers of an action, after the update | unit of the action | falling as the optimum comes near |
--- | `step_size` | σ, after the update | unit of the action | as `standard_deviation` |
--- | `axis_ratio` | longest axis of the distribution over the shortest | ≥ 1 | rising as the shape of the task is learned; above 1e7 the numbers' precision ends |
---@param options? rledit.CMAESOptions
---@return rledit.Learner
function learners.CMAES(options) end

--- CMA-ES with a diagonal covariance matrix (Ros and Hansen 2008), for actions of any length. Otherwise as `CMAES`.
---
--- For each update or generation it logs:
---
--- | key | formula | unit | good range |
--- | --- | --- | --- | --- |
--- | `best_return` | highest return of an episode so far | unit of the reward | rising |
--- | `mean_return` | mean return of the generation | unit of the reward | rising |
--- | `standard_deviation` | root mean square of the deviations of the numbers of an action, after the update | unit of the action | falling as the optimum comes near |
--- | `step_size` | σ, after the update | unit of the action | as `standard_deviation` |
--- | `axis_ratio` | longest axis of the distribution over the shortest | ≥ 1 | rising as the shape of the task is learned; above 1e7 the numbers' precision ends |
---@param options? rledit.SeparableCMAESOptions
---@return rledit.Learner
function learners.SeparableCMAES(options) end

--- Separable natural evolution strategies (Wierstra et al. 2014): a step along the natural gradient for the mean and
--- for each number's deviation. Candidates outside of -1 … 1 are treated as by `CMAES`.
---
--- For each update or generation it logs:
---
--- | key | formula | unit | good range |
--- | --- | --- | --- | --- |
--- | `best_return` | highest return of an episode so far | unit of the reward | rising |
--- | `mean_return` | mean return of the generation | unit of the reward | rising |
--- | `standard_deviation` | root mean square of the deviations of the numbers of an action, after the update | unit of the action | falling as the optimum comes near |
--- | `axis_ratio` | longest axis of the distribution over the shortest | ≥ 1 | rising as the shape of the task is learned; above 1e7 the numbers' precision ends |
---@param options? rledit.SNESOptions
---@return rledit.Learner
function learners.SNES(options) end

--- A (1 + λ) evolution strategy: mutations of the best action so far, whose size follows the rule of one fifth.
---
--- For each update or generation it logs:
---
--- | key | formula | unit | good range |
--- | --- | --- | --- | --- |
--- | `best_return` | highest return of an episode so far | unit of the reward | rising |
--- | `mean_return` | mean return of the generation | unit of the reward | rising |
--- | `standard_deviation` | root mean square of the deviations of the numbers of an action, after the update | unit of the action | falling as the optimum comes near |
---@param options? rledit.HillClimberOptions
---@return rledit.Learner
function learners.HillClimber(options) end

--- Independent candidates, the best kept: the floor that any learner must beat.
---
--- For each update or generation it logs:
---
--- | key | formula | unit | good range |
--- | --- | --- | --- | --- |
--- | `best_return` | highest return of an episode so far | unit of the reward | rising |
--- | `mean_return` | mean return of the generation | unit of the reward | rising |
---@param options? rledit.RandomSearchOptions
---@return rledit.Learner
function learners.RandomSearch(options) end

--- Trains a unit policy of one step by the gradient of the reward through the edit, with Adam: for tasks over many
--- networks. The reward may be any function of means over sets (`loss`, `true_probability`, …); accuracy counts with
--- the gradient of `true_probability`.
---
--- For each update or generation it logs:
---
--- | key | formula | unit | good range |
--- | --- | --- | --- | --- |
--- | `best_return` | highest return of an episode so far | unit of the reward | rising |
--- | `mean_return` | mean return of the generation | unit of the reward | rising |
--- | `gradient_norm` | norm of the gradient of the mean reward by an action | unit of the reward | falling as the optimum comes near |
--- | `learning_rate` | the schedule's value for this update | – | as configured |
---@param options? rledit.PathwiseGradientOptions
---@return rledit.Learner
function learners.PathwiseGradient(options) end

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

---@class rledit.PPOOptions
---@field steps integer? candidate evaluations of the whole run, rounded up to whole rounds, ≥ 1; default 8192
---@field rollout_length integer? evaluations per update, over all environments, at most `steps`, 1 … 16384; default 32
---@field minibatch_size integer? transitions per gradient step, at most a rollout; default 32
---@field epochs integer? passes over each rollout, ≥ 1; default 10
---@field learning_rate rledit.Rate? Adam's step size, ≥ 0; default "linear(0.0006, 0)"
---@field discount (number|false)? γ, weight of the next step's value, 0 … 1; false: 0 at horizon 1, else 0.5; default false
---@field gae_lambda number? λ of generalized advantage estimation, 0 … 1; 0 is the one-step error, 1 the whole return; default 0.95
---@field bootstrap_truncated boolean? whether an episode cut by the horizon counts the value of what would follow; default true
---@field clip_range rledit.Rate? ε of the clipped objective: how far from 1 the probability ratio still earns, > 0; default 0.2
---@field value_clip_range (rledit.Rate|false)? how far a value may move from the rollout's, in units of the return, > 0; false: not clipped; default false
---@field entropy_coefficient rledit.Rate? weight of the entropy bonus, ≥ 0; default 0
---@field value_coefficient number? weight of the value loss, ≥ 0; default 0.5
---@field max_gradient_norm number? longer gradients, over all parameters, are scaled down to it, > 0; default 0.5
---@field target_kl (number|false)? ends the epochs of an update beyond 1.5 times this divergence, in nats, > 0; false: never for an action of up to 1,024 numbers, beyond at 0.005 for each number; default false
---@field normalize_advantage boolean? standardize the advantages of each minibatch; default true
---@field normalize_observation boolean? standardize observations by running statistics; default false
---@field observation_clip number? bound of a normalized feature, in standard deviations, > 0; default 10
---@field hidden_sizes integer[]? units of each hidden layer of the mean's network, 1 … 65536; default { 64, 64 }
---@field value_hidden_sizes (integer[]|false)? those of the value's network, 1 … 65536; false: the same; default false
---@field orthogonal_initialization boolean? orthogonal initial weights; false draws them as PyTorch's linear layers do; default true
---@field initial_log_standard_deviation (number|false)? log σ of actions before the first update, -20 … 2; false: -0.7 at horizon 1, else -1; default false
---@field adam_beta1 number? decay of Adam's mean gradient, ≥ 0 and < 1; default 0.9
---@field adam_beta2 number? decay of Adam's mean squared gradient, ≥ 0 and < 1; default 0.999
---@field adam_epsilon number? Adam's ε, > 0; default 1e-05

---@class rledit.ReinforceOptions
---@field steps integer? candidate evaluations of the whole run, rounded up to whole rounds, ≥ 1; default 8192
---@field rollout_length integer? evaluations per update, over all environments, each used once, 1 … 16384; default 16
---@field learning_rate rledit.Rate? Adam's step size, ≥ 0; default "linear(0.003, 0)"
---@field discount (number|false)? γ, weight of the next step's reward, 0 … 1; false: 0 at horizon 1, else 0.5; default false
---@field entropy_coefficient rledit.Rate? weight of the entropy bonus, ≥ 0; default 0
---@field value_coefficient number? weight of the loss of the baseline, which is a value network, ≥ 0; 0 leaves it untrained; default 0.5
---@field max_gradient_norm number? longer gradients, over all parameters, are scaled down to it, > 0; default 0.5
---@field normalize_advantage boolean? standardize what the returns of a rollout gain over the baseline; default true
---@field hidden_sizes integer[]? units of each hidden layer of both networks, 1 … 65536; default { 64, 64 }
---@field initial_log_standard_deviation (number|false)? log σ of actions before the first update, -20 … 2; false: -0.5 at horizon 1, else -1; default false

---@class rledit.EvolutionStrategyOptions
---@field steps integer? candidate evaluations of the whole run, rounded up to whole rounds, ≥ 1; default 8192
---@field population_size integer? an even number of candidates per generation, in mirrored pairs, 1 … 16384; default 16
---@field standard_deviation rledit.Rate? σ of each number of an action, > 0; default "linear(0.4, 0.1)"
---@field learning_rate rledit.Rate? Adam's step size, ≥ 0; default "linear(0.2, 0)"
---@field weight_decay number? pull of the mean towards 0, in units of the gradient, ≥ 0; default 0
---@field adam_beta1 number? decay of Adam's mean gradient, ≥ 0 and < 1; default 0.9
---@field adam_beta2 number? decay of Adam's mean squared gradient, ≥ 0 and < 1; default 0.999
---@field adam_epsilon number? Adam's ε, > 0; default 1e-08

---@class rledit.CMAESOptions
---@field steps integer? candidate evaluations of the whole run, rounded up to whole rounds, ≥ 1; default 8192
---@field population_size integer? λ, candidates per generation, 2 … 16384; default 20
---@field initial_standard_deviation number? σ of the first generation, per number of an action, > 0; default 0.25
---@field restarts integer? how often a search that has settled begins again, each time with twice the candidates per generation, 0 … 9; default 0

---@class rledit.SeparableCMAESOptions
---@field steps integer? candidate evaluations of the whole run, rounded up to whole rounds, ≥ 1; default 8192
---@field population_size integer? λ, candidates per generation, 2 … 16384; default 20
---@field initial_standard_deviation number? σ of the first generation, per number of an action, > 0; default 0.25
---@field restarts integer? how often a search that has settled begins again, each time with twice the candidates per generation, 0 … 9; default 0

---@class rledit.SNESOptions
---@field steps integer? candidate evaluations of the whole run, rounded up to whole rounds, ≥ 1; default 8192
---@field population_size integer? λ, candidates per generation, 2 … 16384; default 20
---@field initial_standard_deviation number? σ of the first generation, per number of an action, > 0; default 0.25
---@field mean_learning_rate number? η of the mean, > 0; default 1
---@field deviation_learning_rate (number|false)? η of the deviations, > 0; false: (3 + ln n) / (5 √n) for an action of n numbers; default false

---@class rledit.HillClimberOptions
---@field steps integer? candidate evaluations of the whole run, rounded up to whole rounds, ≥ 1; default 8192
---@field population_size integer? λ, candidates per generation, 1 … 16384; default 32
---@field initial_standard_deviation number? of the first mutations, per number of an action, > 0; default 0.25
---@field adaptation_factor number? growth of the mutations when all improve, ≥ 1; its fourth root divides when none does; 1 keeps them; default 1.2

---@class rledit.RandomSearchOptions
---@field steps integer? candidate evaluations of the whole run, rounded up to whole rounds, ≥ 1; default 8192
---@field batch_size integer? evaluations per round, at most, 1 … 16384; default 256
---@field standard_deviation (number|false)? of each number of an action, around 0, > 0; false: uniform in -1 … 1; default 1

---@class rledit.PathwiseGradientOptions
---@field steps integer? candidate evaluations of the whole run, rounded up to whole rounds, ≥ 1; default 300
---@field learning_rate rledit.Rate? Adam's step size, ≥ 0; default "linear(0.02, 0.002)"
---@field adam_beta1 number? decay of Adam's mean gradient, ≥ 0 and < 1; default 0.9
---@field adam_beta2 number? decay of Adam's mean squared gradient, ≥ 0 and < 1; default 0.99
---@field adam_epsilon number? Adam's ε, > 0; default 1e-08

--- A learner, as `rledit.PPO` and the others make it.
---@class rledit.Learner
---@field name string
local Learner = {}

return learners
