import Foundation
import RLEditCore
import RLEditLearners

/// A call of every function and a read of every property that scripts can reach, on small objects: for tests that are to hold for
/// each of them, new ones included. ``BoundFunctionTests`` compares the table with the names that there really are.
enum BoundCalls {
    /// The objects that the calls below use. `inside(f)` calls `f` with the metrics of a candidate, in a reward.
    static let setting = """
        local rledit = require "rledit"
        local tensor, nn, models, data, metrics = rledit.tensor, rledit.nn, rledit.models, rledit.data, rledit.metrics
        local schedule, worlds, learners, baselines, run = rledit.schedule, rledit.worlds, rledit.learners, rledit.baselines, rledit.run
        local t, u, square = tensor.new { { 1, 2, 3 }, { 4, 5, 6 } }, tensor.full({ 2, 3 }, 2), tensor.eye(3)
        local set = data.set { inputs = { { 0, 1 }, { 1, 0 }, { 1, 1 }, { 0, 0 } }, labels = { 0, 1, 0, 1 }, name = "s" }
          :with_groups { a = { 1, 2 }, b = { 3, 4 } }
        local forget, retain = set:partition(function(label) return label == 1 end)
        local model, other = models.mlp { widths = { 2, 3, 2 } }:load "base.safetensors", models.mlp { widths = { 2, 3, 2 }, seed = 2 }
        local texts = data.texts { texts = { "good day", "bad day", "good deaf day", "bad deaf day" }, labels = { 0, 1, 0, 1 } }
          :group_by_terms { "deaf", "day" }
        local vocabulary, tokenizer = data.vocabulary(texts), data.wordpiece "vocab.txt"
        local world = rledit.MaskWorld { layer = "fc2" }
        local layer, learner = nn.linear(2, 3), rledit.RandomSearch { steps = 2, batch_size = 2 }
        local digits, comments, templates = data.digits(), data.comments(), data.templates()
        local pictures = data.objects()
        local function options(reward)
          return { model = model, world = world, sets = { forget = set }, reward = reward or function(m) return m.forget.accuracy end }
        end
        local function whole() local o = options() o.heldout, o.learner, o.target, o.state = { forget = set }, learner, 1, {} return o end
        local task, env = rledit.task(whole()), rledit.env(options())
        env:reset(0)
        local baseline = baselines.bias_edit { model = model, forget = forget, retain = retain }
        local normed = nn.sequential { input = { 2 }, nn.linear(2, 3), nn.batch_norm(3), nn.relu(), nn.linear(3, 2) }
        local scores, labels = model:forward(set), set:labels()
        local function inside(f)
          local e = rledit.env(options(function(m) return 1, {}, f(m) and false end))
          e:reset(0)
          e:step(tensor.zeros { e.action_size })
        end
        model:save "m.safetensors"
        local distribution = rledit.TaskDistribution {
          networks = { model, other }, classes = { 0, 1 }, sets = function() return { forget = forget, retain = retain } end }
        local transfer_task = rledit.task {
          distribution = distribution, world = rledit.ShiftWorld { layer = "fc2" }, state = {}, reward = function(m) return m.forget.accuracy end,
          learner = rledit.EvolutionStrategy { steps = 32, population_size = 32 } }
        local pairs_env = rledit.env(transfer_task)
        pairs_env:reset(0)
        local policy = rledit.load_policy "forget.policy.safetensors"
        local g, inputs
        local function fresh() g, inputs = nn.graph(), {} return g end
        local function input(shape) inputs[1] = inputs[1] or g:input("x", shape) return inputs[1] end
        local function x() return input { 2, 4, 4 } end
        local function v() return input { 3 } end
        local function e() return g:token_embedding(v(), { tokens = 3, features = 2 }) end
        local function scored() return g:linear(v(), { outputs = 2 }) end
        local port = fresh():input("x", { 2 })
        local encoder = {
          vocab_size = 3, hidden_size = 2, num_hidden_layers = 1, num_attention_heads = 1, intermediate_size = 2,
          max_position_embeddings = 2, type_vocab_size = 1, dim = 2, n_layers = 1, n_heads = 1, hidden_dim = 2 }

        """

    /// Files of the data root, small ones where the program expects large ones.
    static func dataFiles() throws -> [String: [UInt8]] {
        func idx(_ sizes: [UInt8], _ values: [UInt8]) -> [UInt8] {
            [0, 0, 8, UInt8(sizes.count)] + sizes.flatMap { [0, 0, 0, $0] } + values
        }
        var files: [String: [UInt8]] = [
            "settings.json": Array(#"{"a": [1, "b", null]}"#.utf8),
            "words.jsonl": Array(#"{"text": "good", "label": 0}"#.utf8),
            "words.csv": Array("text,label\ngood,0\nbad,1\n".utf8),
            "jigsaw/comments.csv": Array(
                ("comment_text,toxic\n" + (0..<20).map { "comment \($0),\($0 % 2)\n" }.joined()).utf8),
            "jigsaw/bias_madlibs_77k.csv": Array(
                "Text,Label\nI am deaf,NOT_BAD\nI hate deaf,BAD\nI am old,NOT_BAD\nI hate old,BAD\n".utf8),
            "jigsaw/identity_terms.txt": Array("deaf\nold\n".utf8),
        ]
        // A policy that was trained elsewhere; it edits a layer of any width.
        let examples = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: "examples")
        files["forget.policy.safetensors"] = Array(
            try Data(contentsOf: examples.appending(path: "forget_class.policy.safetensors")))
        let corpus = examples.deletingLastPathComponent().appending(path: "Sources/RLEditTestSupport/Corpus")
        files["vector.npy"] = Array(try Data(contentsOf: corpus.appending(path: "npy/vector.npy")))
        files["vocab.txt"] = Array(try Data(contentsOf: corpus.appending(path: "wordpiece/vocab.txt")))
        files["pairs.npz"] = Array(try Data(contentsOf: corpus.appending(path: "npz/pairs.npz")))
        files["arrays.npz"] = Array(try Data(contentsOf: corpus.appending(path: "npz/stored.npz")))
        files["pictures/a/1.png"] = Array(try Data(contentsOf: corpus.appending(path: "picture/one-pixel.png")))
        for name in (1...5).map({ "data_batch_\($0)" }) + ["test_batch"] {
            files["cifar10/\(name).bin"] = [7] + [UInt8](repeating: 9, count: 3072)
        }
        for name in ["train", "test"] { files["cifar100/\(name).bin"] = [3, 7] + [UInt8](repeating: 9, count: 3072) }
        for (part, count) in [("train", 4), ("t10k", 2)] {
            files["mnist/\(part)-images-idx3-ubyte"] = idx(
                [UInt8(count), 28, 28], Array(repeating: 9, count: count * 28 * 28))
            files["mnist/\(part)-labels-idx1-ubyte"] = idx([UInt8(count)], (0..<UInt8(count)).map { $0 })
        }
        return files
    }

    /// What has the members of each owner: a module, or an object of the type. `m` is what a reward is given.
    static let places: [String: String] = [
        "rledit": "rledit", "rledit.tensor": "tensor", "rledit.nn": "nn", "rledit.models": "models",
        "rledit.data": "data",
        "rledit.metrics": "metrics", "rledit.schedule": "schedule", "rledit.worlds": "worlds",
        "rledit.learners": "learners", "rledit.baselines": "baselines", "rledit.run": "run",
        "rledit.transfer": "rledit.transfer",
        "rledit.Arguments": "rledit.args", "rledit.Tensor": "t", "rledit.Set": "set", "rledit.TextSet": "texts",
        "rledit.Vocabulary": "vocabulary", "rledit.WordPiece": "tokenizer", "rledit.Model": "model",
        "rledit.Layer": "layer", "rledit.World": "world",
        "rledit.Learner": "learner", "rledit.Task": "task", "rledit.Environment": "env",
        "rledit.Baseline": "baseline", "rledit.Pictures": "pictures",
        "rledit.Comments": "comments",
        "rledit.Templates": "templates", "rledit.Schedule": "schedule.linear(1, 0)", "rledit.Metrics": "m",
        "rledit.BaseMetrics": "m.base", "rledit.EditMetrics": "m.edit", "rledit.SetMetrics": "m.forget",
        "rledit.TaskDistribution": "distribution", "rledit.UnitPolicy": "rledit.UnitPolicy {}",
        "rledit.Policy": "policy", "rledit.Graph": "fresh()", "rledit.Port": "port",
        "rledit.TransferTask": "transfer_task", "rledit.TransferEnvironment": "pairs_env",
        "rledit.GroupsMetrics": "m.forget.groups", "rledit.GroupMetrics": "m.forget.groups.a",
    ]

    /// An expression of what has the members, evaluated where there is such a thing.
    static func evaluating(_ place: String, _ expression: String) -> String {
        place == "m" || place.hasPrefix("m.") ? "inside(function(m) return \(expression) end)" : expression
    }

    /// Calls of an owner's functions, a line each. What is not listed is a property, and read.
    static let calls: [String: String] = {
        let unary = ["abs", "exp", "log", "neg", "relu", "sigmoid", "sign", "sqrt", "square", "tanh"]
        let binary = ["add", "div", "maximum", "minimum", "mul", "pow", "sub"]
        let measures = [
            "accuracy", "loss", "confidence", "true_probability", "margin", "entropy", "confusion",
            "per_class_accuracy",
        ]
        let measuresOfTwo = [
            "auc", "false_positive_rate", "precision", "recall", "f1", "true_positive_rate", "false_negative_rate",
        ]
        let unlearning = "{ model = model, forget = forget, retain = retain"
        let trained = [
            "retrain", "fine_tune", "gradient_ascent", "gradient_ascent_stopped", "neg_grad_plus", "random_label",
            "salun", "l1_sparse",
        ]
        let learners = Learners.all.map { "\($0.name) {}" }
        let worlds = ["MaskWorld { layer = 'fc1', horizon = 2 }", "ShiftWorld { layers = { 'fc1', 'fc2' } }"]
        let transfer = [
            "TaskDistribution { networks = { model }, classes = { 0 }, sets = function() return { forget = forget, retain = retain } end }",
            "UnitPolicy { hidden = 1 }", "load_policy 'forget.policy.safetensors'",
            "apply { policy = policy, model = model, sets = { forget = forget, retain = retain }, layer = 'fc2' }",
            "train_policy(transfer_task, { seeds = 1 })",
        ]
        var calls: [String: [String]] = [
            "rledit.transfer": transfer,
            "rledit.Policy": ["save('p.safetensors')"],
            "rledit.TransferEnvironment": [
                "reset(1)", "step(tensor.zeros { pairs_env.action_size })", "edited_model()",
            ],
            "rledit": transfer + learners + worlds + [
                "require_version('0.1')", "task(whole())", "env(options())", "check_environment(task)",
            ],
            "rledit.learners": learners, "rledit.worlds": worlds, "rledit.run": ["task(rledit.task(whole()))"],
            "rledit.metrics": measures.map { "\($0)(scores, labels)" }
                + measuresOfTwo.map { "\($0)({ 1, -1, 2, -2 }, labels)" } + [
                    "fairness(model, set)", "membership_auc { model = model, members = set, others = set }",
                    "membership_rate { model = model, examples = set, trained = set, untrained = set }",
                    "relearn_steps { model = model, forget = forget, test = forget, cap = 3 }",
                    "probe_recall { model = model, layer = 'fc2', train = set, test = forget }",
                    "total_variation { model = model, reference = other, set = set }",
                    "agreement { model = model, reference = other, set = set }",
                    "divergence { model = model, reference = other, set = set }",
                    "margin_gap(scores, scores)", "flip_rate(scores, scores)", "margin_drift(scores, scores)",
                    "membership_svc { model = model, forget = forget, retain = set, test = set }",
                    "average_gap { model = model, retrained = other, forget = forget, retain = set, test = set }",
                    "worst_group { model = model, set = set, resamples = 10 }",
                    "weight_distance { model = model, reference = other }",
                    "prediction_entropy { model = model, set = set }",
                ],
            "rledit.baselines": trained.map { "\($0) \(unlearning), epochs = 1 }" } + [
                "scrub \(unlearning), epochs = 2 }", "fisher_forgetting \(unlearning) }", "ssd \(unlearning) }",
                "contrast_rule \(unlearning), layer = 'fc2' }", "erasure \(unlearning), layer = 'fc2' }",
                "task_arithmetic \(unlearning), epochs = 1 }",
                "fine_pruning \(unlearning), layer = 'fc2', epochs = 1 }",
                "leace { model = model, set = set }",
                "inlp { model = model, set = set, iterations = 3 }",
                "group_dro { model = model, set = set, epochs = 1 }",
                "logit_pairing { model = model, set = set, original = set, swapped = set, epochs = 1 }",
                "counterfactual_augmentation { model = model, set = set, swapped = set, epochs = 1 }",
                "adversarial_neuron_pruning { model = normed, retain = set, steps = 1 }",
                "neighbour_transport \(unlearning), layer = 'fc2' }",
                "policy_edit \(unlearning), layer = 'fc2', policy = policy }",
                "bias_edit \(unlearning) }",
                "gradient_edit \(unlearning), layer = 'fc2' }",
                "gradient_mask \(unlearning), layer = 'fc2' }",
                "gradient_shift \(unlearning), layer = 'fc2' }",
                "greedy_pruning \(unlearning), layer = 'fc2' }",
                "fine_tune_last_layer { model = model, set = set, epochs = 1 }",
                "threshold { model = model, set = set }",
            ],
            "rledit.schedule": [
                "constant(1)", "linear(1, 0)", "cosine(1, 0)", "exponential(1, 0.5)",
                "piecewise { { 0, 1 }, { 1, 0 } }",
                "warmup(0.1, schedule.constant(1))",
            ],
            "rledit.tensor": [
                "new { { 1, 2 }, { 3, 4 } }", "zeros { 2, 2 }", "ones { 2 }", "full({ 2 }, 3)", "eye(2)", "range(1, 5)",
                "linspace { first = 0, last = 1, count = 3 }", "uniform { 2, 2 }", "normal { 2, 2 }",
                "concat({ t, u }, 1)", "stack({ t, u }, 1)",
            ],
            "rledit.nn": [
                "linear(2, 3)", "embedding_bag(3, 2)", "conv2d { inputs = 1, outputs = 2, kernel = 3 }",
                "max_pool2d(2)", "average_pool2d(2)", "global_average_pool2d()", "flatten()", "dropout(0.5)", "relu()",
                "gelu()", "sigmoid()", "tanh()", "gelu_tanh()", "silu()", "hard_swish()", "hard_sigmoid()", "relu6()",
                "batch_norm(2)", "layer_norm(2)", "group_norm(1, 2)", "pad_channels { after = 1 }",
                "slice { last = 1 }",
                "softmax()", "token_embedding(3, 2)",
                "position_embedding { positions = 3, features = 2 }", "first_token()", "pixel_tokens()",
                "class_token { features = 2 }",
                "graph { name = 'n', seed = 1 }",
                "sequential { input = { 2 }, nn.linear(2, 3), nn.relu() }",
                "load 'm.safetensors'",
                "fit_all { models = { model, other }, set = set, epochs = 1, remember = false }",
                "read_safetensors 'm.safetensors'",
            ],
            "rledit.models": [
                "mlp { widths = { 2, 2 } }", "digit_cnn()", "bag_of_words { vocabulary = vocabulary, hidden = { 2 } }",
                "resnet_cifar { depth = 8, input = { 1, 4, 4 } }", "resnet { input = { 1, 32, 32 }, classes = 2 }",
                "vgg { hidden = 2, classes = 2 }", "mobilenet_v2 { input = { 1, 32, 32 }, classes = 2 }",
                "bert { config = encoder, length = 2, classes = 2 }", "distilbert { config = encoder, length = 2 }",
                "vit { patch = 2, width = 4, depth = 1, heads = 2, hidden = 4, classes = 2, input = { 1, 4, 4 } }",
            ],
            "rledit.Graph": [
                "input('x', { 2 })", "linear(v(), { outputs = 2 })", "embedding_bag(v(), { outputs = 2 })",
                "conv2d(x(), { outputs = 2, kernel = 3 })", "batch_norm(x())", "layer_norm(v())",
                "max_pool2d(x(), { kernel = 2 })", "average_pool2d(x(), { kernel = 2 })", "global_average_pool2d(x())",
                "pad_channels(x(), { after = 1 })", "group_norm(x(), { groups = 1 })", "slice(x(), { last = 1 })",
                "softmax(v())",
                "flatten(x())", "dropout(x(), { rate = 0.5 })", "add(x(), x())",
                "multiply(x(), x())", "concatenate(x(), x())", "token_embedding(v(), { tokens = 3, features = 2 })",
                "position_embedding(e(), { positions = 3 })", "attention(e(), e(), e(), v(), { heads = 2 })",
                "token_mean(e(), v())", "first_token(e())", "pixel_tokens(x())", "class_token(e())", "relu(x())",
                "gelu(x())", "tanh(x())", "sigmoid(x())",
                "gelu_tanh(x())", "silu(x())", "hard_swish(x())", "hard_sigmoid(x())", "relu6(x())",
                "network { scores = scored() }",
            ],
            "rledit.data": [
                "digits()", "mnist()", "generated_digits { train = 2, test = 1 }",
                "idx { images = 'mnist/t10k-images-idx3-ubyte', labels = 'mnist/t10k-labels-idx1-ubyte' }",
                "set { inputs = { { 1 }, { 2 } }, labels = { 0, 1 } }", "npy('vector.npy')", "json('settings.json')",
                "npz('arrays.npz')", "image_folder { path = 'pictures' }", "objects()", "cifar10()", "cifar100()",
                "generated_objects { train = 2, test = 1 }",
                "csv { path = 'words.csv', text = 'text', label = 'label' }",
                "jsonl { path = 'words.jsonl', text = 'text', label = 'label' }",
                "arrays { path = 'pairs.npz', inputs = 'x', labels = 'y' }",
                "texts { texts = { 'x' }, labels = { 0 } }",
                "comments()", "templates()", "vocabulary(texts)", "wordpiece('vocab.txt')",
            ],
            "rledit.Tensor": unary.flatMap { ["\($0)()", "\($0)_()"] } + binary.flatMap { ["\($0)(u)", "\($0)_(u)"] }
                + ["eq", "ne", "lt", "le", "gt", "ge", "equal", "is_close", "copy_"].map { "\($0)(u)" }
                + ["sum", "mean", "max", "min", "norm", "var", "std", "argmax", "argmin", "softmax", "log_softmax"]
                .map { "\($0)(1)" } + [
                    "broadcast_to { 2, 2, 3 }", "clamp(2, 3)", "clamp_(2, 3)", "clone()", "fill_(1)", "flatten()",
                    "get { 1, 2 }", "index_select({ 1 }, 1)", "matmul(square)", "permute { 2, 1 }", "reshape { 3, 2 }",
                    "set({ 1, 2 }, 5)", "size(1)", "slice(1, 1)", "squeeze()", "to_table()", "transpose(1, 2)",
                    "unsqueeze(1)", "sum(1, true):slice(1, 1):reshape({ 3 }):slice(1, 1):item()",
                ],
            "rledit.Set": [
                "class_counts()", "concat(set)", "drop(1)", "group('a')", "group_counts()", "group_members('a')",
                "in_groups { 'a' }", "inputs()", "labels()", "named('x')", "weights()",
                "partition(function(label) return label == 1 end)", "relabel { [0] = 1, [1] = 0 }", "shuffle(1)",
                "split(0.5)", "subset { 1, 2 }", "take(1)",
                "class_counts() and pictures.train:stamp { patch = { { 1 } } }", "with_groups { c = { 1 } }",
                "without_groups()",
            ],
            "rledit.TextSet": [
                "class_counts()", "concat(texts)", "drop(1)", "filter(function(text) return #text > 7 end)",
                "group('deaf')", "group_by_terms { 'good' }", "group_counts()", "in_groups { 'deaf' }", "labels()",
                "named('x')", "partition(function(label) return label == 1 end)", "relabel { [0] = 1, [1] = 0 }",
                "shuffle(1)",
                "split(0.5)", "subset { 1, 2 }", "swap_terms { 'day', 'deaf' }", "take(1)", "text(1)", "texts()",
                "without_groups()",
            ],
            "rledit.Templates": ["split_terms(1)", "split_words(1)"],
            "rledit.WordPiece": ["decode { 6 }", "encode(texts)", "tokens('ban')"],
            "rledit.Vocabulary": ["contains('good day')", "encode(texts)", "index('good')", "words()"],
            "rledit.Model": [
                "clone()", "evaluate(set)", "fit(set, { epochs = 1, remember = false })", "forward(set)", "layers()",
                "load('m.safetensors')", "parameter('fc1.weight')", "parameter_names()", "parameters()", "predict(set)",
                "save('n.safetensors')", "set_parameter('fc1.bias', tensor.zeros { 3 })",
                "apply_delta('delta.safetensors')",
                "apply_delta('delta.safetensors'):revert_delta('delta.safetensors')",
            ],
            "rledit.Environment": [
                "best()", "edited_model()", "evaluate(tensor.zeros { 2, env.action_size })", "reset(1)",
                "step(tensor.zeros { env.action_size })",
            ],
            "rledit.Metrics": ["copy()"],
            "rledit.SetMetrics": ["margin_gap(m.forget)", "flip_rate(m.base.forget)"],
        ]
        for owner in calls.keys { calls[owner]?.sort() }
        return calls.mapValues { $0.joined(separator: "\n") }
    }()

    /// Names of all functions, ascending.
    static var functionNames: [String] {
        let lines = calls.values.flatMap { $0.split(separator: "\n") }
        return Set(lines.map(name)).sorted()
    }

    /// The last of a chain of methods is the one that a line is for.
    private static func name(of line: Substring) -> String {
        String((line.split(separator: ":").last ?? line).prefix { $0 != "(" && $0 != " " })
    }

    /// A call of a function, or a read of a property; nil for an owner that is not in the table.
    static func call(_ owner: String, _ name: String) -> String? {
        guard let place = places[owner] else { return nil }
        let listed = (calls[owner] ?? "").split(separator: "\n").first { self.name(of: $0) == name }
        guard let listed else { return evaluating(place, "\(place).\(name)") }
        let isType = owner.split(separator: ".").last?.first?.isUppercase == true
        return evaluating(place, "\(place)\(isType ? ":" : ".")\(listed)")
    }
}
