---@meta rledit.models

--- Networks for the built-in tasks, and architectures that pretrained weights exist for. The latter are Lua files
--- inside the program, built by `rledit.nn.graph`; `docs/models.md` shows how to write one.
---
--- ```lua
--- local models = require "rledit.models"
--- print(models.digit_cnn { seed = 1 })
--- local words = require("rledit.data").vocabulary(require("rledit.data").comments().train)
--- print(models.bag_of_words { vocabulary = words })
--- local net = models.mlp { widths = { 4, 16, 3 }, activation = "tanh" }
--- ```
---@class rledit.models
local models = {}

--- The residual networks for 32×32 pictures of He et al. 2016, with shortcuts without parameters (option A): `depth` is
--- 20, 32, 44, 56 or 110, in general 6n + 2. Parameters are named as in the usual PyTorch files: `conv1`, `bn1`,
--- `layer1.0.conv1`, …, `linear`. Layers that can be edited are the convolutions and `linear`.
---@param options? { depth: integer?, classes: integer?, input: integer[]?, seed: integer? }
---@return rledit.Model
function models.resnet_cifar(options) end

--- The residual networks of He et al. 2016 for large pictures, with torchvision's names (`conv1`, `bn1`,
--- `layer1.0.conv1`, …, `layer2.0.downsample.0`, `fc`): `depth` is 18, 34 or 50. Layers that can be edited are the
--- convolutions and `fc`.
---@param options? { depth: integer?, classes: integer?, input: integer[]?, seed: integer? }
---@return rledit.Model
function models.resnet(options) end

--- The networks of Simonyan and Zisserman 2015 with torchvision's names (`features.0`, …, `classifier.6`): `depth` is
--- 11, 13, 16 or 19, with a batch norm after each convolution where `batch_norm` is true, and `hidden` units between
--- the linear layers. Height and width are multiples of 224.
---@param options? { depth: integer?, batch_norm: boolean?, hidden: integer?, classes: integer?, input: integer[]?, seed: integer? }
---@return rledit.Model
function models.vgg(options) end

--- MobileNetV2 (Sandler et al. 2018) with torchvision's names: `features.0.0`, `features.1.conv.0.0`, …,
--- `classifier.1`.
---@param options? { classes: integer?, input: integer[]?, seed: integer? }
---@return rledit.Model
function models.mobilenet_v2(options) end

--- BERT encoders (Devlin et al. 2019) with Hugging Face's names: `config` is its `config.json`, a path or a table. The
--- input is `length` numbers of tokens, [CLS] and [SEP] included, and -1 after the last. `pooling` makes one vector of
--- a text: `"mean"` over the tokens, `"cls"`, or `"pooler"` (BERT's own, on [CLS]). With `classes` a linear layer
--- `classifier` follows, and the encoder's names begin with `bert.`. Layers that can be edited are the linear ones and
--- the embeddings.
---@param options { config: string|table, length: integer, pooling: ("mean"|"cls"|"pooler")?, classes: integer?, seed: integer? }
---@return rledit.Model
function models.bert(options) end

--- DistilBERT encoders (Sanh et al. 2019) with Hugging Face's names: `config` is its `config.json`, a path or a table.
--- Input and `pooling` are those of `bert`. With `classes` the layers `pre_classifier`, ReLU and `classifier` follow,
--- and the encoder's names begin with `distilbert.`. Layers that can be edited are the linear ones and the embeddings.
---@param options { config: string|table, length: integer, pooling: ("mean"|"cls")?, classes: integer?, seed: integer? }
---@return rledit.Model
function models.distilbert(options) end

--- Vision transformers (Dosovitskiy et al. 2021) with torchvision's names (`conv_proj`,
--- `encoder.layers.encoder_layer_0.ln_1`, …, `heads.head`). The defaults are ViT-B/16. Queries, keys and values are
--- three layers (`….self_attention.query`, `.key`, `.value`), which files keep as one tensor `in_proj_weight`. Height
--- and width are multiples of `patch`.
---@param options? { patch: integer?, width: integer?, depth: integer?, heads: integer?, hidden: integer?, classes: integer?, input: integer[]?, seed: integer? }
---@return rledit.Model
function models.vit(options) end

--- The classifier of 28×28 grey images: two convolutions with pooling (16 and 32 channels), then 1568 → 128 → 32 → 10.
--- Its layers are named `conv1`, `relu1`, `pool1`, `conv2`, `relu2`, `pool2`, `flatten`, `fc1`, `relu3`, `fc2`,
--- `relu4`, `fc3`; the layer usually edited is `fc2`. The seed of the initial parameters is the run's by default.
---@param options? { seed: integer? }
---@return rledit.Model
function models.digit_cnn(options) end

--- A classifier of texts: `embedding` (one row of numbers for each word of the vocabulary, summed over a text), then
--- linear layers `fc1`, `fc2`, … with `relu1`, `relu2`, … between them. With the default `hidden = { 64, 16 }` and 2
--- classes the layers that can be edited are `fc1` (64 → 16) and `fc2` (16 → 2). The vocabulary goes with the model
--- into every file.
---@param options { vocabulary: rledit.Vocabulary, hidden: integer[]?, classes: integer?, seed: integer? }
---@return rledit.Model
function models.bag_of_words(options) end

--- Linear layers of the given widths with an activation between them, named `fc1`, `act1`, `fc2`, …
---@param options { widths: integer[], activation: string?, seed: integer? }
---@return rledit.Model
function models.mlp(options) end

return models
