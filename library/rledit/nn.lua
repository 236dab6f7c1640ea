---@meta rledit.nn

--- Networks of named layers: building, training, running, saving.
---
--- Shapes are PyTorch's: `{ features }` or `{ channels, height, width }` for an example, weights `[out, in]`, so that
--- parameters exchange with PyTorch unchanged.
---
--- ```lua
--- local nn, data = require "rledit.nn", require "rledit.data"
--- local model = nn.sequential {
---   input = { 1, 28, 28 },
---   { "conv1", nn.conv2d { inputs = 1, outputs = 8, kernel = 3, padding = 1 } },
---   nn.relu(),
---   nn.max_pool2d(2),
---   nn.flatten(),
---   { "out", nn.linear(1568, 10) },
--- }
--- local digits = data.digits()
--- model:fit(digits.train, { epochs = 2, batch_size = 64 })
--- print(model, model:evaluate(digits.test).accuracy)
--- ```
---@class rledit.nn
local nn = {}

--- A fully connected layer: `linear(128, 10)`, or by name with `bias = false`. Tokens `{ length, inputs }` pass it one
--- by one.
---@param inputs integer|{ inputs: integer, outputs: integer, bias: boolean? }
---@param outputs? integer
---@return rledit.Layer
function nn.linear(inputs, outputs) end

--- A convolution over `{ channels, height, width }`, as PyTorch's `Conv2d`.
---@param options { inputs: integer, outputs: integer, kernel: rledit.Size, stride: rledit.Size?, padding: rledit.Size?, dilation: rledit.Size?, groups: integer?, bias: boolean? }
---@return rledit.Layer
function nn.conv2d(options) end

--- The first layer of a network that reads texts as bags of words: the rows of its table for the words of a text, each
--- times the word's weight, summed; plus a bias. `embedding_bag(#vocabulary, 64)`, or by name with `bias = false`. It
--- computes what a linear layer computes, quickly; its weight is `[words, out]`, as of PyTorch's `EmbeddingBag` with
--- mode "sum" (the transpose of a linear layer's). Worlds cannot edit it.
---@param inputs integer|{ inputs: integer, outputs: integer, bias: boolean? }
---@param outputs? integer
---@return rledit.Layer
function nn.embedding_bag(inputs, outputs) end

--- Normalizes each channel over a minibatch while training, and by running statistics otherwise, as PyTorch's
--- `BatchNorm1d` and `BatchNorm2d`. The running statistics `running_mean` and `running_var` go with the model; no
--- gradient reaches them.
---@param channels integer|{ channels: integer, epsilon: number?, momentum: number? }
---@return rledit.Layer
function nn.batch_norm(channels) end

--- Normalizes the features of each vector or token, then scales and shifts them, as PyTorch's `LayerNorm` over the last
--- dimension. BERT's `epsilon` is 1e-12.
---@param features integer|{ features: integer, epsilon: number? }
---@return rledit.Layer
function nn.layer_norm(features) end

--- Normalizes the channels of each picture in groups, then scales and shifts them, as PyTorch's `GroupNorm`. It does
--- not depend on other examples. With as many groups as channels it is an instance norm.
---@param groups integer|{ groups: integer, channels: integer, epsilon: number? }
---@param channels? integer
---@return rledit.Layer
function nn.group_norm(groups, channels) end

--- Maximum over windows. The stride is the kernel's size by default.
---@param kernel rledit.Size|{ kernel: rledit.Size, stride: rledit.Size?, padding: rledit.Size? }
---@return rledit.Layer
function nn.max_pool2d(kernel) end

--- Mean over windows. The stride is the kernel's size by default.
---@param kernel rledit.Size|{ kernel: rledit.Size, stride: rledit.Size?, padding: rledit.Size?, counts_padding: boolean? }
---@return rledit.Layer
function nn.average_pool2d(kernel) end

--- Mean over all positions of each channel.
---@return rledit.Layer
function nn.global_average_pool2d() end

--- Adds channels of zeros to pictures. `pad_channels { before = 8, after = 8 }` after `average_pool2d { kernel = 1,
--- stride = 2 }` is the shortcut without parameters of the first residual networks.
---@param options? { before: integer?, after: integer? }
---@return rledit.Layer
function nn.pad_channels(options) end

--- Takes the places `first` to `last` of one dimension, every `step`-th of them. Dimensions are counted as the shape is
--- written: of pictures `{ channels, height, width }` dimension 1 are the channels, of tokens `{ length, features }`
--- dimension 2 are the features.
---@param options { dimension: integer?, first: integer?, last: integer, step: integer? }
---@return rledit.Layer
function nn.slice(options) end

--- All values of an example in one dimension.
---@return rledit.Layer
function nn.flatten() end

--- Sets values to 0 at random while training, and scales the others up; does nothing otherwise.
---@param rate? number|{ rate: number? }
---@return rledit.Layer
function nn.dropout(rate) end

--- exp(x) / sum(exp(x)) over the features of vectors and tokens, or over the channels of pictures. A network's scores
--- are best given without it: losses and metrics apply it themselves.
---@return rledit.Layer
function nn.softmax() end

--- A row of a table for each token, as PyTorch's `Embedding`. The input is `{ length }` numbers of tokens, from 0; -1
--- is the padding after the last token.
---@param tokens integer|{ tokens: integer, features: integer }
---@param features? integer
---@return rledit.Layer
function nn.token_embedding(tokens, features) end

--- Adds to each token the row of a table for its position, as BERT's learned positions. With `shared = true` it adds
--- the first row to every token, which is what BERT's table of token types does for a text of one segment.
---@param options { positions: integer, features: integer, shared: boolean? }
---@return rledit.Layer
function nn.position_embedding(options) end

--- The pixels of a picture as tokens, row by row: `{ channels, height, width }` becomes `{ height * width, channels }`.
--- After a convolution whose stride is its kernel they are the patches of a vision transformer.
---@return rledit.Layer
function nn.pixel_tokens() end

--- Puts a learned token before the others: `{ length, features }` becomes `{ 1 + length, features }`.
---@param options { features: integer }
---@return rledit.Layer
function nn.class_token(options) end

--- The first token of `{ length, features }`: BERT's [CLS].
---@return rledit.Layer
function nn.first_token() end

--- max(0, x).
---@return rledit.Layer
function nn.relu() end

--- x Φ(x), with the normal distribution's Φ.
---@return rledit.Layer
function nn.gelu() end

--- Hyperbolic tangent.
---@return rledit.Layer
function nn.tanh() end

--- 1 / (1 + exp(-x)).
---@return rledit.Layer
function nn.sigmoid() end

--- GELU by a hyperbolic tangent, PyTorch's `GELU(approximate="tanh")`.
---@return rledit.Layer
function nn.gelu_tanh() end

--- x sigmoid(x), also called Swish.
---@return rledit.Layer
function nn.silu() end

--- x clip(x + 3, 0, 6) / 6.
---@return rledit.Layer
function nn.hard_swish() end

--- clip(x + 3, 0, 6) / 6.
---@return rledit.Layer
function nn.hard_sigmoid() end

--- clip(x, 0, 6).
---@return rledit.Layer
function nn.relu6() end

--- All floating-point tensors of a safetensors file by name. The path is looked up under the data roots.
---@param path string
---@return table<string, rledit.Tensor>
function nn.read_safetensors(path) end

--- The model that `model:save` or a run wrote: layers, parameters and, for a classifier of texts, the vocabulary, as
--- `edited.safetensors` of a run folder. A file from elsewhere does not say which layers it belongs to: build the model
--- and use `model:load`. The path is looked up under the data roots.
---
--- An ONNX file (`.onnx`) says it too: its graph becomes layers. `dimensions` are sizes of the input that the file
--- leaves open, by their names there; `output` is the graph's output that becomes the model's, the first by default.
---@param path string
---@param options? { dimensions: table<string, integer>?, output: string? }
---@return rledit.Model
function nn.load(path, options) end

--- Trains many models on the same set side by side, one on each core: the same as `model:fit` of each, with the seed of
--- the first and one more for each further model. Remembered like those.
---@param options rledit.FitAllOptions
---@return rledit.Model[] models the list given
function nn.fit_all(options) end

--- An empty graph, for networks that are no chain: residual blocks, branches, gates. The seed of the initial parameters
--- is the run's by default.
---
--- ```lua
--- local g = nn.graph { name = "small_resnet" }
--- local x = g:input("image", { 3, 32, 32 })
--- x = g:relu(g:batch_norm(g:conv2d(x, { name = "conv1", outputs = 16, kernel = 3, padding = 1 })))
--- local y = g:relu(g:conv2d(x, { name = "block.conv", outputs = 16, kernel = 3, padding = 1 }))
--- x = g:add(x, y)
--- local scores = g:linear(g:global_average_pool2d(x), { name = "fc", outputs = 10 })
--- local model = g:network { scores = scores }
--- ```
---@param options? { name: string?, seed: integer? }
---@return rledit.Graph
function nn.graph(options) end

--- A network whose layers follow each other: `{ input = shape, layer, {"name", layer}, … }`. Layers without a name get
--- one, such as `relu1`. Names may have dots, as PyTorch's have (`features.0`). The seed of the initial parameters is
--- the run's by default. A `vocabulary` of as many words as the input has numbers goes with the model into every file.
---@param description { input: integer[], seed: integer?, name: string?, vocabulary: rledit.Vocabulary?, [integer]: rledit.Layer|{ [1]: string, [2]: rledit.Layer } }
---@return rledit.Model
function nn.sequential(description) end

---@class rledit.FitOptions
---@field epochs integer? times that each example is seen, ≥ 1; default 1
---@field batch_size integer? examples per step, ≥ 1; the last batch of an epoch may be smaller; default 128
---@field shuffle boolean? whether each epoch has a new random order; default true
---@field weight_decay number? pull of each parameter towards 0: λ in ½ λ ‖p‖², which adamw applies to p directly, ≥ 0; default 0
---@field gradient_clipping (number|false)? largest norm of the gradient over all parameters, > 0; false for no limit; default false
---@field loss ("cross_entropy"|"binary_cross_entropy"|"mean_squared_error")? what is minimized; default "cross_entropy"
---@field learning_rate rledit.Rate? step size, ≥ 0; default 0.001
---@field optimizer ("adam"|"adamw"|"sgd")? what updates the parameters; default "adam"
---@field seed integer? of the order of examples and of dropout; the run's by default
---@field remember boolean? false trains even when the same fit is remembered
---@field on_epoch (fun(epoch: rledit.Epoch): boolean?)? called after each epoch; returning false ends training
---@field beta1 number? of adam and adamw: decay of the mean of gradients, ≥ 0 and < 1; default 0.9
---@field beta2 number? of adam and adamw: decay of the mean of squared gradients, ≥ 0 and < 1; default 0.999
---@field epsilon number? of adam and adamw: added to the root of that mean, > 0; default 1e-08
---@field momentum number? of sgd: μ, the decay of the velocity, ≥ 0 and < 1; default 0
---@field dampening number? of sgd: τ, the share of a gradient that the velocity leaves out, 0 … 1; default 0
---@field nesterov boolean? of sgd: looks ahead, p ← p − η (g + μ v); needs momentum above 0 and no dampening; default false

--- What `nn.fit_all` takes: the options of a fit but `on_epoch`, and
---@class rledit.FitAllOptions: rledit.FitOptions
---@field models rledit.Model[]
---@field set rledit.Set

---@class rledit.Epoch
---@field epoch integer from 1 on
---@field epochs integer
---@field loss number mean loss of the epoch
---@field accuracy number? share of right answers, where that has a meaning
---@field learning_rate number

---@class rledit.LoadOptions
---@field prefix string? what precedes each name in the file; tensors without it are not looked at
---@field rename table<string, string>? beginnings of names in the file, or of their parts, by what they become: `{ ["module."] = "" }`; the empty name puts its value before every name: `{ [""] = "bert." }`
---@field ignore (string|string[])? tensors that no layer takes: names, or patterns in which `*` is any run of characters
---@field partial boolean? whether parameters without a tensor keep their values; false by default

---@class rledit.StoredTensor where files keep a parameter that is not the tensor of its own name there
---@field name string the tensor's name in files
---@field part integer? which part of the tensor's rows the parameter is, from 1; 1 by default
---@field parts integer? of how many equal parts; 1 by default
---@field rank integer? dimensions of the tensor where it has more than the parameter; the first ones are 1

---@alias rledit.Size integer|{ [1]: integer, [2]: integer } one size, or `{ height, width }`

--- A layer that is not part of a network yet.
---@class rledit.Layer
---@field kind string for example `Linear`
local Layer = {}

--- What a layer of a graph gives, for other layers to read.
---@class rledit.Port
---@field shape integer[] shape of one example
local Port = {}

--- A network under construction whose layers may read any earlier one. Each method but `input` and `network` adds a
--- layer: it takes what the layer reads, and a table with the layer's settings and its `name`. Sizes that the layer
--- before tells (`inputs` of a convolution, `channels` of a batch norm) need not be given. Files have a parameter under
--- the layer's name and its own, `conv1.weight`, unless `stored` says otherwise.
---@class rledit.Graph
local Graph = {}

--- The network's input, `{ features }` or `{ channels, height, width }`.
---@param name string
---@param shape integer[]
---@return rledit.Port
function Graph:input(name, shape) end

--- A fully connected layer: `linear(128, 10)`, or by name with `bias = false`. Tokens `{ length, inputs }` pass it one
--- by one.
---@param port rledit.Port
---@param options { inputs: integer?, outputs: integer, bias: boolean?, name: string?, stored: table<string, rledit.StoredTensor>? }
---@return rledit.Port
function Graph:linear(port, options) end

--- A convolution over `{ channels, height, width }`, as PyTorch's `Conv2d`.
---@param port rledit.Port
---@param options { inputs: integer?, outputs: integer, kernel: rledit.Size, stride: rledit.Size?, padding: rledit.Size?, dilation: rledit.Size?, groups: integer?, bias: boolean?, name: string?, stored: table<string, rledit.StoredTensor>? }
---@return rledit.Port
function Graph:conv2d(port, options) end

--- The first layer of a network that reads texts as bags of words: the rows of its table for the words of a text, each
--- times the word's weight, summed; plus a bias. `embedding_bag(#vocabulary, 64)`, or by name with `bias = false`. It
--- computes what a linear layer computes, quickly; its weight is `[words, out]`, as of PyTorch's `EmbeddingBag` with
--- mode "sum" (the transpose of a linear layer's). Worlds cannot edit it.
---@param port rledit.Port
---@param options { inputs: integer?, outputs: integer, bias: boolean?, name: string?, stored: table<string, rledit.StoredTensor>? }
---@return rledit.Port
function Graph:embedding_bag(port, options) end

--- Normalizes each channel over a minibatch while training, and by running statistics otherwise, as PyTorch's
--- `BatchNorm1d` and `BatchNorm2d`. The running statistics `running_mean` and `running_var` go with the model; no
--- gradient reaches them.
---@param port rledit.Port
---@param options? { channels: integer?, epsilon: number?, momentum: number?, name: string?, stored: table<string, rledit.StoredTensor>? }
---@return rledit.Port
function Graph:batch_norm(port, options) end

--- Normalizes the features of each vector or token, then scales and shifts them, as PyTorch's `LayerNorm` over the last
--- dimension. BERT's `epsilon` is 1e-12.
---@param port rledit.Port
---@param options? { features: integer?, epsilon: number?, name: string?, stored: table<string, rledit.StoredTensor>? }
---@return rledit.Port
function Graph:layer_norm(port, options) end

--- Normalizes the channels of each picture in groups, then scales and shifts them, as PyTorch's `GroupNorm`. It does
--- not depend on other examples. With as many groups as channels it is an instance norm.
---@param port rledit.Port
---@param options { groups: integer, channels: integer?, epsilon: number?, name: string?, stored: table<string, rledit.StoredTensor>? }
---@return rledit.Port
function Graph:group_norm(port, options) end

--- Maximum over windows. The stride is the kernel's size by default.
---@param port rledit.Port
---@param options { kernel: rledit.Size, stride: rledit.Size?, padding: rledit.Size?, name: string? }
---@return rledit.Port
function Graph:max_pool2d(port, options) end

--- Mean over windows. The stride is the kernel's size by default.
---@param port rledit.Port
---@param options { kernel: rledit.Size, stride: rledit.Size?, padding: rledit.Size?, counts_padding: boolean?, name: string? }
---@return rledit.Port
function Graph:average_pool2d(port, options) end

--- Mean over all positions of each channel.
---@param port rledit.Port
---@param options? { name: string? }
---@return rledit.Port
function Graph:global_average_pool2d(port, options) end

--- Adds channels of zeros to pictures. `pad_channels { before = 8, after = 8 }` after `average_pool2d { kernel = 1,
--- stride = 2 }` is the shortcut without parameters of the first residual networks.
---@param port rledit.Port
---@param options? { before: integer?, after: integer?, name: string? }
---@return rledit.Port
function Graph:pad_channels(port, options) end

--- Takes the places `first` to `last` of one dimension, every `step`-th of them. Dimensions are counted as the shape is
--- written: of pictures `{ channels, height, width }` dimension 1 are the channels, of tokens `{ length, features }`
--- dimension 2 are the features.
---@param port rledit.Port
---@param options { dimension: integer?, first: integer?, last: integer, step: integer?, name: string? }
---@return rledit.Port
function Graph:slice(port, options) end

--- All values of an example in one dimension.
---@param port rledit.Port
---@param options? { name: string? }
---@return rledit.Port
function Graph:flatten(port, options) end

--- Sets values to 0 at random while training, and scales the others up; does nothing otherwise.
---@param port rledit.Port
---@param options? { rate: number?, name: string? }
---@return rledit.Port
function Graph:dropout(port, options) end

--- exp(x) / sum(exp(x)) over the features of vectors and tokens, or over the channels of pictures. A network's scores
--- are best given without it: losses and metrics apply it themselves.
---@param port rledit.Port
---@param options? { name: string? }
---@return rledit.Port
function Graph:softmax(port, options) end

--- The sum of two or more activations of one shape.
---@param port rledit.Port
---@param ... rledit.Port more of them, then the settings
---@return rledit.Port
function Graph:add(port, ...) end

--- The product of two activations of one shape; the second may also hold one number for each channel of the first.
---@param x rledit.Port
---@param factor rledit.Port
---@param options? { name: string? }
---@return rledit.Port
function Graph:multiply(x, factor, options) end

--- The channels of pictures of one size, or the features of vectors or tokens, after each other.
---@param port rledit.Port
---@param ... rledit.Port more of them, then the settings
---@return rledit.Port
function Graph:concatenate(port, ...) end

--- A row of a table for each token, as PyTorch's `Embedding`. The input is `{ length }` numbers of tokens, from 0; -1
--- is the padding after the last token.
---@param port rledit.Port
---@param options { tokens: integer, features: integer, name: string?, stored: table<string, rledit.StoredTensor>? }
---@return rledit.Port
function Graph:token_embedding(port, options) end

--- Adds to each token the row of a table for its position, as BERT's learned positions. With `shared = true` it adds
--- the first row to every token, which is what BERT's table of token types does for a text of one segment.
---@param port rledit.Port
---@param options { positions: integer, features: integer?, shared: boolean?, name: string?, stored: table<string, rledit.StoredTensor>? }
---@return rledit.Port
function Graph:position_embedding(port, options) end

--- The pixels of a picture as tokens, row by row: `{ channels, height, width }` becomes `{ height * width, channels }`.
--- After a convolution whose stride is its kernel they are the patches of a vision transformer.
---@param port rledit.Port
---@param options? { name: string? }
---@return rledit.Port
function Graph:pixel_tokens(port, options) end

--- Puts a learned token before the others: `{ length, features }` becomes `{ 1 + length, features }`.
---@param port rledit.Port
---@param options? { features: integer?, name: string?, stored: table<string, rledit.StoredTensor>? }
---@return rledit.Port
function Graph:class_token(port, options) end

--- Scaled dot-product attention with several heads over queries, keys and values `{ length, features }`, each made by a
--- linear layer. With `tokens`, the network's input of tokens, padding takes part in nothing.
---@param query rledit.Port
---@param key rledit.Port
---@param value rledit.Port
---@param tokens? rledit.Port
---@param options { heads: integer, name: string? }
---@return rledit.Port
function Graph:attention(query, key, value, tokens, options) end

--- The mean over the tokens of `{ length, features }`. With `tokens`, the network's input of tokens, padding does not
--- count.
---@param x rledit.Port
---@param tokens? rledit.Port
---@param options? { name: string? }
---@return rledit.Port
function Graph:token_mean(x, tokens, options) end

--- The first token of `{ length, features }`: BERT's [CLS].
---@param port rledit.Port
---@param options? { name: string? }
---@return rledit.Port
function Graph:first_token(port, options) end

--- max(0, x).
---@param port rledit.Port
---@param options? { name: string? }
---@return rledit.Port
function Graph:relu(port, options) end

--- x Φ(x), with the normal distribution's Φ.
---@param port rledit.Port
---@param options? { name: string? }
---@return rledit.Port
function Graph:gelu(port, options) end

--- Hyperbolic tangent.
---@param port rledit.Port
---@param options? { name: string? }
---@return rledit.Port
function Graph:tanh(port, options) end

--- 1 / (1 + exp(-x)).
---@param port rledit.Port
---@param options? { name: string? }
---@return rledit.Port
function Graph:sigmoid(port, options) end

--- GELU by a hyperbolic tangent, PyTorch's `GELU(approximate="tanh")`.
---@param port rledit.Port
---@param options? { name: string? }
---@return rledit.Port
function Graph:gelu_tanh(port, options) end

--- x sigmoid(x), also called Swish.
---@param port rledit.Port
---@param options? { name: string? }
---@return rledit.Port
function Graph:silu(port, options) end

--- x clip(x + 3, 0, 6) / 6.
---@param port rledit.Port
---@param options? { name: string? }
---@return rledit.Port
function Graph:hard_swish(port, options) end

--- clip(x + 3, 0, 6) / 6.
---@param port rledit.Port
---@param options? { name: string? }
---@return rledit.Port
function Graph:hard_sigmoid(port, options) end

--- clip(x, 0, 6).
---@param port rledit.Port
---@param options? { name: string? }
---@return rledit.Port
function Graph:relu6(port, options) end

--- The finished network. Every layer has to lead to its scores. A `vocabulary` of as many words as the input has
--- numbers goes with the model into every file.
---@param outputs { scores: rledit.Port, vocabulary: rledit.Vocabulary? }
---@return rledit.Model
function Graph:network(outputs) end

--- A network. Printing it shows the table of its layers. A task works on a snapshot of it: later changes do not reach
--- the run.
---@class rledit.Model
---@field name string
---@field parameter_count integer number of trainable values
---@field vocabulary rledit.Vocabulary? the words that a classifier of texts knows
---@field input_shape integer[] shape of one example
---@field output_shape integer[] shape of the output for one example
local Model = {}

--- The output for a batch `[examples, …]`, or for all examples of a set: the network's, or that of one of its layers,
--- such as the features before the last one: `m.edit.model:forward(set, "pool1")`.
---@param inputs rledit.Numbers|rledit.Set
---@param layer string? its name
---@return rledit.Tensor
function Model:forward(inputs, layer) end

--- The label with the largest score for each example of a batch or a set. The lowest wins a tie; it is -1 where a score
--- is NaN.
---@param inputs rledit.Numbers|rledit.Set
---@return integer[]
function Model:predict(inputs) end

--- Accuracy (0 … 1) and mean cross entropy over a set.
---@param set rledit.Set
---@return { accuracy: number, loss: number }
function Model:evaluate(set) end

--- Copies of all parameters by name.
---@return table<string, rledit.Tensor>
function Model:parameters() end

--- Names of the parameters in the order of the layers: `conv1.weight`, `conv1.bias`, …
---@return string[]
function Model:parameter_names() end

--- A copy of a parameter.
---@param name string for example `fc2.weight`
---@return rledit.Tensor
function Model:parameter(name) end

--- Replaces a parameter by finite values of the same shape.
---@param name string
---@param value rledit.Numbers
---@return rledit.Model self
function Model:set_parameter(name, value) end

--- Trains the parameters. The same fit is not repeated on the next run: it is remembered by the initial parameters, the
--- examples, the options and this program's version, and gives the same bytes as training again. Fits in which a Lua
--- function takes part (as `on_epoch` or as a schedule) are not remembered. While it runs, callbacks see the parameters
--- from before and cannot change the model.
---@param examples rledit.Set|{ inputs: rledit.Numbers, labels: integer[]?, targets: rledit.Numbers? }
---@param options? rledit.FitOptions
---@return rledit.Model self
function Model:fit(examples, options) end

--- Takes all parameters from a safetensors file that names them as this model does, for example one written by PyTorch.
--- It is an error when no layer takes a tensor of the file, or when a parameter has no tensor; the options permit that.
--- A parameter whose values are not finite is an error too. A vocabulary in the file becomes the model's. A model in
--- several files is loaded by its index (`model.safetensors.index.json`), or file by file with `partial = true`. The
--- path is looked up under the data roots.
---@param path string
---@param options? rledit.LoadOptions
---@return rledit.Model self
function Model:load(path, options) end

--- Writes the parameters to a safetensors file in the run folder and returns its path, with what else `nn.load` and
--- `rledit-lua predict` need: the layers and a classifier's vocabulary. A model that was loaded keeps the names, dtypes
--- and metadata of its file. A model from an ONNX file can be saved as ONNX: a copy of its file with the edited
--- tensors, every other byte being the same.
---@param name string a plain file name ending in .safetensors, or in .onnx
---@return string path
function Model:save(name) end

--- Applies an edit from its own file, a run's `delta.safetensors`, to this model, which must be the one that the edit
--- was made for. The path is looked up under the data roots.
---@param path string
---@return rledit.Model self
function Model:apply_delta(path) end

--- Takes an edit off again: the parameters are those from before the edit, to the bit. The model must carry the edit.
---@param path string
---@return rledit.Model self
function Model:revert_delta(path) end

--- Names of the layers, in order.
---@return string[]
function Model:layers() end

--- A model of its own with the same layers and parameters.
---@return rledit.Model
function Model:clone() end

return nn
