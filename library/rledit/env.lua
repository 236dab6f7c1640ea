---@meta rledit.env

---@class rledit.Finding
---@field severity "error"|"warning"
---@field message string

---@class rledit.Judgement
---@field reward number
---@field terms table<string, number>
---@field metrics table<string, table<string, number>> what the reward has read, by set
---@field terminated boolean
---@field invalid true? set for a candidate without a valid reward, which counts as the worst so far

--- One environment, for loops and learners of your own: made by `rledit.env`. An ended episode must be reset.
---
--- A loop of your own cannot be resumed after the process is killed.
---@class rledit.Environment
---@field action_size integer numbers in an action, each in -1 … 1
---@field observation_size integer numbers in an observation
---@field horizon integer steps of an episode
---@field evaluations integer candidates judged so far
---@field progress number 0 … 1, for schedules and `m.progress`; yours to set
local Environment = {}

--- Begins an episode from the unedited weights.
---@param seed? integer changes nothing in environments that draw nothing
---@return rledit.Tensor observation
---@return table info
function Environment:reset(seed) end

--- Applies an action to the edited weights of the episode and judges the result.
---@param action rledit.Tensor|number[]
---@return rledit.Tensor observation
---@return number reward
---@return boolean terminated
---@return boolean truncated
---@return table info `terms`, `metrics`, `episode`, `step`, and `invalid` (true) for a candidate that counts as the worst so far
function Environment:step(action) end

--- Judges a batch of actions from the unedited weights, spread over the cores; the running episode is left as it is.
---@param actions rledit.Tensor|(rledit.Tensor|number[])[]
---@return rledit.Judgement[]
function Environment:evaluate(actions) end

--- A model with the edits of the running episode.
---@return rledit.Model
function Environment:edited_model() end

--- The best candidate seen by `step` and `evaluate`, with its model; nil before the first.
---@return { reward: number, terms: table<string, number>, evaluation: integer, model: rledit.Model }?
function Environment:best() end
