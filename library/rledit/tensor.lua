---@meta rledit.tensor

--- Arrays of 32-bit floats with any number of dimensions.
---
--- Values are stored row by row. Everything that is read out of a tensor is a copy; there are no views. Indices count
--- from 1, ranges include both ends, and negative indices count from the end. Methods give a new tensor; those whose
--- name ends in an underscore change the tensor itself and return it. Tensors of different shapes are broadcast against
--- each other as in NumPy and PyTorch.
---
--- ```lua
--- local tensor = require "rledit.tensor"
--- local w = tensor.new { {1, 2, 3}, {4, 5, 6} }
--- print(w + 1, 2 * w, w:mean(), w:sum(1))
--- print(w[2], w[{1, 3}], w[{ {}, {1, 2} }])
--- w[{2, 1}] = 0
--- w:mul_(0.5)
--- ```
---@class rledit.tensor
local tensor = {}

--- A tensor of the numbers in a nested table. Rows must have the same length. A number gives a scalar.
---@param values number|table
---@return rledit.Tensor
function tensor.new(values) end

--- All elements 0.
---@param shape rledit.Shape
---@return rledit.Tensor
function tensor.zeros(shape) end

--- All elements 1.
---@param shape rledit.Shape
---@return rledit.Tensor
function tensor.ones(shape) end

--- All elements equal to `value`.
---@param shape rledit.Shape
---@param value number
---@return rledit.Tensor
function tensor.full(shape, value) end

--- The identity matrix `[size, size]`.
---@param size integer
---@return rledit.Tensor
function tensor.eye(size) end

--- The numbers from `first` to `last`, both included, as in a numeric `for`: `range(3)`, `range(2, 5)`, `range { first
--- = 0, last = 1, step = 0.25 }`. With one number, `first` is 1.
---@param first number|{ first: number?, last: number, step: number? }
---@param last number?
---@return rledit.Tensor
---@overload fun(last: number): rledit.Tensor
function tensor.range(first, last) end

--- `count` numbers at equal distances from `first` to `last`, both included.
---@param options { first: number, last: number, count: integer }
---@return rledit.Tensor
function tensor.linspace(options) end

--- Random numbers, equally likely in `low` (included) to `high` (excluded); 0 to 1 by default. They come from the run's
--- own stream, or from one of the given seed.
---@param shape rledit.Shape
---@param options? { low: number?, high: number?, seed: integer? }
---@return rledit.Tensor
function tensor.uniform(shape, options) end

--- Random numbers of a normal distribution; mean 0 and standard deviation 1 by default. They come from the run's own
--- stream, or from one of the given seed.
---@param shape rledit.Shape
---@param options? { mean: number?, std: number?, seed: integer? }
---@return rledit.Tensor
function tensor.normal(shape, options) end

--- Tensors put one after the other along a dimension (the first by default); all other dimensions must agree.
---@param tensors rledit.Tensor[]
---@param dimension integer?
---@return rledit.Tensor
function tensor.concat(tensors, dimension) end

--- Tensors of one shape put side by side along a new dimension, which becomes `dimension` (the first by default).
---@param tensors rledit.Tensor[]
---@param dimension integer?
---@return rledit.Tensor
function tensor.stack(tensors, dimension) end

---@alias rledit.Shape integer[]|integer sizes of all dimensions, outermost first; one number is a vector
---@alias rledit.Numbers rledit.Tensor|number|table a tensor, or a nested table of numbers as one

--- A tensor. `t[i]` is element `i` of a vector, or a copy of entry `i` of the first dimension; `t[{i, j}]` is one
--- element; `t[{ {1, 3}, 2 }]` a block, in which `{}` takes a dimension whole. All of them can be assigned to. `#t` is
--- the size of the first dimension. `==` compares identity; see `equal`, `is_close` and `eq`.
---@class rledit.Tensor
---@operator add(rledit.Tensor|number): rledit.Tensor
---@operator sub(rledit.Tensor|number): rledit.Tensor
---@operator mul(rledit.Tensor|number): rledit.Tensor
---@operator div(rledit.Tensor|number): rledit.Tensor
---@operator pow(rledit.Tensor|number): rledit.Tensor
---@operator unm: rledit.Tensor
---@field [integer] any
---@field [table] any
---@field shape integer[] sizes of all dimensions, outermost first
---@field rank integer number of dimensions
---@field count integer number of elements
---@operator len: integer
local Tensor = {}

--- Sum, element by element.
---@param other rledit.Tensor|number
---@return rledit.Tensor
function Tensor:add(other) end

--- As `add`, in place.
---@param other rledit.Tensor|number
---@return rledit.Tensor self
function Tensor:add_(other) end

--- Difference, element by element.
---@param other rledit.Tensor|number
---@return rledit.Tensor
function Tensor:sub(other) end

--- As `sub`, in place.
---@param other rledit.Tensor|number
---@return rledit.Tensor self
function Tensor:sub_(other) end

--- Product, element by element. For the product of matrices see `matmul`.
---@param other rledit.Tensor|number
---@return rledit.Tensor
function Tensor:mul(other) end

--- As `mul`, in place.
---@param other rledit.Tensor|number
---@return rledit.Tensor self
function Tensor:mul_(other) end

--- Quotient, element by element; division by zero gives infinity or NaN.
---@param other rledit.Tensor|number
---@return rledit.Tensor
function Tensor:div(other) end

--- As `div`, in place.
---@param other rledit.Tensor|number
---@return rledit.Tensor self
function Tensor:div_(other) end

--- Power, element by element.
---@param other rledit.Tensor|number
---@return rledit.Tensor
function Tensor:pow(other) end

--- As `pow`, in place.
---@param other rledit.Tensor|number
---@return rledit.Tensor self
function Tensor:pow_(other) end

--- The larger of two elements; NaN when either is.
---@param other rledit.Tensor|number
---@return rledit.Tensor
function Tensor:maximum(other) end

--- As `maximum`, in place.
---@param other rledit.Tensor|number
---@return rledit.Tensor self
function Tensor:maximum_(other) end

--- The smaller of two elements; NaN when either is.
---@param other rledit.Tensor|number
---@return rledit.Tensor
function Tensor:minimum(other) end

--- As `minimum`, in place.
---@param other rledit.Tensor|number
---@return rledit.Tensor self
function Tensor:minimum_(other) end

--- 1 where the elements are equal, 0 elsewhere.
---@param other rledit.Tensor|number
---@return rledit.Tensor
function Tensor:eq(other) end

--- 1 where the elements differ, 0 elsewhere.
---@param other rledit.Tensor|number
---@return rledit.Tensor
function Tensor:ne(other) end

--- 1 where this element is less, 0 elsewhere.
---@param other rledit.Tensor|number
---@return rledit.Tensor
function Tensor:lt(other) end

--- 1 where this element is less or equal, 0 elsewhere.
---@param other rledit.Tensor|number
---@return rledit.Tensor
function Tensor:le(other) end

--- 1 where this element is greater, 0 elsewhere.
---@param other rledit.Tensor|number
---@return rledit.Tensor
function Tensor:gt(other) end

--- 1 where this element is greater or equal, 0 elsewhere.
---@param other rledit.Tensor|number
---@return rledit.Tensor
function Tensor:ge(other) end

--- Product of matrices `[m, k] · [k, n]`. A vector counts as a row on the left and as a column on the right; two
--- vectors give a number.
---@param other rledit.Tensor
---@return rledit.Tensor|number
function Tensor:matmul(other) end

--- Whether both have the same shape and the same values.
---@param other rledit.Tensor
---@return boolean
function Tensor:equal(other) end

--- Whether both have the same shape and every pair of elements satisfies |a − b| ≤ absolute + relative · |b|.
---@param other rledit.Tensor|number
---@param options? { relative: number?, absolute: number? } 1e-5 and 1e-8 by default
---@return boolean
function Tensor:is_close(other, options) end

--- Negative of each element.
---@return rledit.Tensor
function Tensor:neg() end

--- As `neg`, in place.
---@return rledit.Tensor self
function Tensor:neg_() end

--- Absolute value of each element.
---@return rledit.Tensor
function Tensor:abs() end

--- As `abs`, in place.
---@return rledit.Tensor self
function Tensor:abs_() end

--- -1, 0 or 1 by the sign of each element.
---@return rledit.Tensor
function Tensor:sign() end

--- As `sign`, in place.
---@return rledit.Tensor self
function Tensor:sign_() end

--- Exponential of each element.
---@return rledit.Tensor
function Tensor:exp() end

--- As `exp`, in place.
---@return rledit.Tensor self
function Tensor:exp_() end

--- Natural logarithm of each element; -infinity of 0, NaN of negative ones.
---@return rledit.Tensor
function Tensor:log() end

--- As `log`, in place.
---@return rledit.Tensor self
function Tensor:log_() end

--- Square root of each element; NaN of negative ones.
---@return rledit.Tensor
function Tensor:sqrt() end

--- As `sqrt`, in place.
---@return rledit.Tensor self
function Tensor:sqrt_() end

--- Square of each element.
---@return rledit.Tensor
function Tensor:square() end

--- As `square`, in place.
---@return rledit.Tensor self
function Tensor:square_() end

--- Hyperbolic tangent of each element.
---@return rledit.Tensor
function Tensor:tanh() end

--- As `tanh`, in place.
---@return rledit.Tensor self
function Tensor:tanh_() end

--- 1 / (1 + exp(-x)) of each element.
---@return rledit.Tensor
function Tensor:sigmoid() end

--- As `sigmoid`, in place.
---@return rledit.Tensor self
function Tensor:sigmoid_() end

--- max(0, x) of each element.
---@return rledit.Tensor
function Tensor:relu() end

--- As `relu`, in place.
---@return rledit.Tensor self
function Tensor:relu_() end

--- Each element brought into `low` … `high`.
---@param low number
---@param high number
---@return rledit.Tensor
function Tensor:clamp(low, high) end

--- Brings each element into `low` … `high`, in place.
---@param low number
---@param high number
---@return rledit.Tensor self
function Tensor:clamp_(low, high) end

--- Sets every element.
---@param value number
---@return rledit.Tensor self
function Tensor:fill_(value) end

--- Takes the values of another tensor, which is broadcast to this shape.
---@param values rledit.Numbers
---@return rledit.Tensor self
function Tensor:copy_(values) end

--- exp(x) / Σ exp(x) along a dimension, the last by default.
---@param dimension integer?
---@return rledit.Tensor
function Tensor:softmax(dimension) end

--- Logarithm of the softmax along a dimension, the last by default.
---@param dimension integer?
---@return rledit.Tensor
function Tensor:log_softmax(dimension) end

--- Sum: of all elements as a number, or along one or several dimensions as a tensor. `keep` keeps those dimensions with
--- size 1.
---@param dimension (integer|integer[])?
---@param keep boolean?
---@return number|rledit.Tensor
function Tensor:sum(dimension, keep) end

--- Mean: of all elements as a number, or along dimensions as a tensor.
---@param dimension (integer|integer[])?
---@param keep boolean?
---@return number|rledit.Tensor
function Tensor:mean(dimension, keep) end

--- Largest element: of all as a number, or along dimensions as a tensor; NaN when there is one.
---@param dimension (integer|integer[])?
---@param keep boolean?
---@return number|rledit.Tensor
function Tensor:max(dimension, keep) end

--- Smallest element: of all as a number, or along dimensions as a tensor; NaN when there is one.
---@param dimension (integer|integer[])?
---@param keep boolean?
---@return number|rledit.Tensor
function Tensor:min(dimension, keep) end

--- Euclidean norm √Σx²: of all elements as a number, or along dimensions as a tensor.
---@param dimension (integer|integer[])?
---@param keep boolean?
---@return number|rledit.Tensor
function Tensor:norm(dimension, keep) end

--- Variance: of all elements as a number, or along dimensions as a tensor. The sum of squares is divided by n −
--- correction; the correction is 1 by default, as in PyTorch.
---@param dimension (integer|integer[])?
---@param keep (boolean|{ keep: boolean?, correction: integer? })?
---@return number|rledit.Tensor
function Tensor:var(dimension, keep) end

--- Standard deviation, the square root of `var`.
---@param dimension (integer|integer[])?
---@param keep (boolean|{ keep: boolean?, correction: integer? })?
---@return number|rledit.Tensor
function Tensor:std(dimension, keep) end

--- Position of the first largest element: among all in row order as an integer, or along a dimension as a tensor of
--- positions. Positions count from 1; class labels are values and begin with 0, so see `Model:predict` for labels.
---@param dimension integer?
---@return integer|rledit.Tensor
function Tensor:argmax(dimension) end

--- Position of the first smallest element: among all in row order as an integer, or along a dimension as a tensor.
---@param dimension integer?
---@return integer|rledit.Tensor
function Tensor:argmin(dimension) end

--- Size of a dimension.
---@param dimension integer
---@return integer
function Tensor:size(dimension) end

--- The same elements in another shape. One size may be -1: then it follows from the others.
---@param shape rledit.Shape
---@return rledit.Tensor
function Tensor:reshape(shape) end

--- All elements in one dimension.
---@return rledit.Tensor
function Tensor:flatten() end

--- The transposed matrix, or two dimensions exchanged.
---@param first integer?
---@param second integer?
---@return rledit.Tensor
function Tensor:transpose(first, second) end

--- Dimensions in another order: dimension `i` of the result is dimension `order[i]` of this tensor.
---@param order integer[]
---@return rledit.Tensor
function Tensor:permute(order) end

--- Without the dimensions of size 1, or without the given one.
---@param dimension integer?
---@return rledit.Tensor
function Tensor:squeeze(dimension) end

--- With a dimension of size 1 put in, which becomes `dimension`.
---@param dimension integer
---@return rledit.Tensor
function Tensor:unsqueeze(dimension) end

--- Repeated along dimensions of size 1 to fill a shape.
---@param shape rledit.Shape
---@return rledit.Tensor
function Tensor:broadcast_to(shape) end

--- One element or a block, as `t[{…}]`: an index or a range `{first, last}` for each dimension.
---@param place table
---@return number|rledit.Tensor
function Tensor:get(place) end

--- Writes one element or a block, as `t[{…}] = value`; the value is broadcast to the block.
---@param place table
---@param value rledit.Numbers
---@return rledit.Tensor self
function Tensor:set(place, value) end

--- A block: `t:slice(2, 5)` takes entries 2 to 5 of the first dimension, `t:slice { {1, 3}, 2, {} }` a range, an index
--- or everything of each dimension. An index takes its dimension away.
---@param first integer|table
---@param last integer?
---@return rledit.Tensor
function Tensor:slice(first, last) end

--- Entries of a dimension (the first by default) in the given order; an index may come more than once.
---@param indices integer[]
---@param dimension integer?
---@return rledit.Tensor
function Tensor:index_select(indices, dimension) end

--- A tensor of its own with the same values.
---@return rledit.Tensor
function Tensor:clone() end

--- The only element of a tensor that has one.
---@return number
function Tensor:item() end

--- The elements as a nested table; a scalar as a number.
---@return table|number
function Tensor:to_table() end

return tensor
