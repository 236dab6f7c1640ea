---@meta rledit.worlds

--- Worlds: what an action may do to weights.
---
--- An action is a list of numbers in -1 … 1. A low-rank action holds, for each edited layer, the factors `B`
--- (`[outputs, rank]`) and `A` (`[rank, inputs]`); a full action holds one number for each weight, an action per unit
--- one for each row or column of weights. The edits of an episode's steps accumulate.
---
--- A world of your own is a table: see `rledit.CustomWorld`.
---
--- ```lua
--- local worlds = require "rledit.worlds"
--- print(worlds.MaskWorld { layer = "fc2", rank = 1 })
--- ```
---@class rledit.worlds
local worlds = {}

--- The world in which an action scales weights: `W ← W ⊙ (1 + scale · (B + offset) A / √rank)`. The masks of an
--- episode's steps multiply.
---@param options rledit.MaskWorldOptions
---@return rledit.World
function worlds.MaskWorld(options) end

--- The world in which an action adds to weights: `W ← W + scale · unit · (B + offset) A / √rank`. The shifts of an
--- episode's steps add up.
---@param options rledit.ShiftWorldOptions
---@return rledit.World
function worlds.ShiftWorld(options) end

--- A number or schedule for all edited layers, a list of them in the order of the layers, or a table of them by layer
--- name.
---@alias rledit.LayerRate rledit.Rate|rledit.Rate[]|table<string, rledit.Rate>

--- A world of your own. Functions may also be written with a colon, and then get the table as `self`.
---@class rledit.CustomWorld
---@field layer string? name of the edited layer
---@field layers string[]? names of several edited layers; weights are then tables of tensors by layer name
---@field action_size integer|fun(weights: rledit.Tensor): integer numbers in an action
---@field apply fun(weights: rledit.Tensor, action: rledit.Tensor): rledit.Tensor the weights after one more action
---@field horizon integer? steps of an episode; 1 by default
---@field name string?

---@class rledit.MaskWorldOptions
---@field layer string? name of the edited layer
---@field layers string[]? names of several edited layers, instead of `layer`
---@field horizon integer? steps of an episode; 1 by default
---@field rank integer? rank of the action's factors, ≥ 1; default 1
---@field full boolean? one number for each weight instead of factors; default false
---@field units ("outputs"|"inputs")? one number for each output unit (row of weights) or each input (column) instead of factors
---@field bias boolean? edit each layer with its bias, which counts as one more column of weights; default false
---@field rows (integer[]|false)? rows of the only edited layer that an action changes, from 0, such as the tokens of an embedding's table, ≥ 0; false: all; default false
---@field scale rledit.LayerRate? strength of an action, for all edited layers or for each, > 0 and ≤ 1000000; default 2
---@field offset (number|false)? size of the fixed signs added to `B`, without which learning cannot start, 0 … 1; default 0.5
---@field density (number|false)? share of each layer's weights that a step changes, those that it would change most, > 0 and ≤ 1; false: all of them; default false
---@field top_k integer? the same as a number of weights of each layer, instead of `density`, ≥ 1

---@class rledit.ShiftWorldOptions
---@field layer string? name of the edited layer
---@field layers string[]? names of several edited layers, instead of `layer`
---@field horizon integer? steps of an episode; 1 by default
---@field rank integer? rank of the action's factors, ≥ 1; default 1
---@field full boolean? one number for each weight instead of factors; default false
---@field units ("outputs"|"inputs")? one number for each output unit (row of weights) or each input (column) instead of factors
---@field bias boolean? edit each layer with its bias, which counts as one more column of weights; default false
---@field rows (integer[]|false)? rows of the only edited layer that an action changes, from 0, such as the tokens of an embedding's table, ≥ 0; false: all; default false
---@field scale rledit.LayerRate? strength of an action, for all edited layers or for each, > 0 and ≤ 1000000; default 2
---@field offset (number|false)? size of the fixed signs added to `B`, without which learning cannot start, 0 … 1; default 0.5
---@field density (number|false)? share of each layer's weights that a step changes, those that it would change most, > 0 and ≤ 1; false: all of them; default false
---@field top_k integer? the same as a number of weights of each layer, instead of `density`, ≥ 1
---@field unit ("rms"|"relative"|"absolute")? unit of the scale: the layer's root-mean-square weight, the layer's norm for the whole step, or the weights' own; default "rms"

--- A world, as `rledit.MaskWorld` and `rledit.ShiftWorld` make it.
---@class rledit.World
---@field name string
---@field horizon integer steps of an episode
---@field layers string[] the edited layers, in the order of the action
local World = {}

return worlds
