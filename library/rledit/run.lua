---@meta rledit.run

--- Runs tasks from within a script.
---
--- ```lua
--- local rledit = require "rledit"
--- local digits = rledit.data.generated_digits { train = 500, test = 100 }
--- local forget, retain = digits.train:partition(function(label) return label == 7 end)
--- local model = rledit.models.digit_cnn()
--- model:fit(digits.train, { epochs = 2 })
---
--- local result = rledit.run.task(rledit.task {
---   model = model,
---   world = rledit.MaskWorld { layer = "fc2", rank = 1 },
---   sets = { forget = forget, retain = retain },
---   reward = function(m) return m.retain.accuracy - m.forget.accuracy end,
---   learner = rledit.PPO { steps = 512 },
--- })
--- print(result.reason, result.evaluations, result.best.reward)
--- result.model:save "forgets-7.safetensors"
--- ```
---@class rledit.run
local run = {}

--- Runs a task to its end, without a run folder. Return the task from the script instead to have a folder and a report.
---@param task rledit.Task
---@return rledit.RunResult
function run.task(task) end

---@class rledit.RunResult
---@field reason "finished"|"interrupted"|"time_limit"|"callback"|"target"
---@field evaluations integer
---@field evaluations_to_target integer?
---@field invalid_rewards integer candidates without a valid reward, each counted as the worst so far
---@field best rledit.BestCandidate?
---@field model rledit.Model? the model with the mean policy's edit; nil for a learner without one
---@field best_model rledit.Model? the model with the best edit seen
---@field groups table<string, table<string, table<string, table<string, number>>>>? measures of the groups of held-out sets: set, group, stage, measure; what is undefined is left out
---@field heldout table<string, { before: table<string, number>, mean_policy: table<string, number>?, best_seen: table<string, number>? }>

return run
