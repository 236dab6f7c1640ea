---@meta rledit.schedule

--- Numbers that vary over a run.
---
--- A schedule is a function of progress, 0 at the beginning and 1 at the end. Wherever a setting may vary (learning
--- rate, clip range, entropy coefficient, scale of an edit), a number, one of these, or a Lua function of your own is
--- accepted. These print as they were written, and fits that use them are remembered; fits that use a Lua function are
--- not.
---
--- ```lua
--- local schedule = require "rledit.schedule"
--- local rate = schedule.warmup(0.1, schedule.cosine(1e-3, 1e-5))
--- print(rate, rate(0), rate(0.5))
--- local mine = function(progress) return progress < 0.5 and 1e-3 or 1e-4 end
--- ```
---@class rledit.schedule
local schedule = {}

--- Always `value`.
---@param value number
---@return rledit.Schedule
function schedule.constant(value) end

--- From `first` to `last` along a straight line.
---@param first number
---@param last number
---@return rledit.Schedule
function schedule.linear(first, last) end

--- From `first` to `last` along half a period of the cosine, flat at both ends.
---@param first number
---@param last number
---@return rledit.Schedule
function schedule.cosine(first, last) end

--- From `first` to `last` by a constant factor; both must be positive.
---@param first number
---@param last number
---@return rledit.Schedule
function schedule.exponential(first, last) end

--- Straight lines between points `{progress, value}`; constant before the first and after the last. Two points of one
--- progress make a jump.
---@param points { [1]: number, [2]: number }[]
---@return rledit.Schedule
function schedule.piecewise(points) end

--- Rises from 0 during the first `fraction` of progress to what `rest` begins with; then `rest` runs its whole course.
---@param fraction number at least 0 and below 1
---@param rest rledit.Rate
---@return rledit.Schedule
function schedule.warmup(fraction, rest) end

---@alias rledit.Rate number|rledit.Schedule|fun(progress: number): number

--- A schedule: call it with a progress to get its value. Progress outside 0 … 1 counts as the nearer end.
---@class rledit.Schedule
---@overload fun(progress: number): number
local Schedule = {}

return schedule
