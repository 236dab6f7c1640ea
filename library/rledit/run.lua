---@meta rledit.run

--- Runs tasks from within a script.
---
--- ```lua
--- local run = require "rledit.run"
--- print(run.task)
--- ```
---@class rledit.run
local run = {}

---@class rledit.RunResult
---@field reason "finished"|"interrupted"|"time_limit"|"callback"
---@field evaluations integer
---@field evaluations_to_target integer?
---@field best rledit.BestCandidate?
---@field model rledit.Model? the model with the mean policy's edit; nil for a learner without one
---@field best_model rledit.Model? the model with the best edit seen
---@field heldout table<string, { before: table<string, number>, mean_policy: table<string, number>?, best_seen: table<string, number>? }>

--- Runs a task to its end, without a run folder. Return the task from the script instead to have a folder and a report.
---@param task rledit.Task
---@return rledit.RunResult
function run.task(task) end

return run
