import RLEditTensor

/// Random scripts over the whole interface, made by a grammar from a seed. They make sense rarely and reach far: values of every
/// kind meet every function that can be reached from `require "rledit"` and from the standard library.
struct RandomScripts {
    private var random: RandomStream
    /// Variables of the script under way.
    private var variables: [String] = []

    init(seed: Int) { random = RandomStream(seed: UInt64(seed), name: "scripts") }

    /// What every script begins with: small objects of every type, and `call`, which calls a member of a module or an object
    /// and hides its error. Functions that never end by design, such as a fit of many epochs, get small numbers only.
    static let prelude = """
        local rledit = require "rledit"
        local set = rledit.data.set { inputs = { { 0, 1 }, { 1, 0 }, { 1, 1 } }, labels = { 0, 1, 0 }, name = "s" }
        local model = rledit.models.mlp { widths = { 2, 3, 2 } }
        local texts = rledit.data.texts { texts = { "good day", "bad day" }, labels = { 0, 1 } }
        local vocabulary = rledit.data.vocabulary(texts, { minimum_count = 1 })
        local world = rledit.MaskWorld { layer = "fc1" }
        local environment = rledit.env { model = model, world = world, sets = { forget = set }, reward = function(m) return m.forget.accuracy end }
        local tensor = rledit.tensor.ones { 2, 2 }
        local schedule = rledit.schedule.linear(1, 0)
        local function get(from, key) local ok, value = pcall(function() return from[key] end) if ok then return value end end
        local function call(f, ...) local ok, value = pcall(f, ...) if ok then return value end end

        """

    private static let objects = [
        "set", "model", "texts", "vocabulary", "world", "environment", "tensor", "schedule", "rledit", "rledit.tensor",
        "rledit.nn",
        "rledit.models", "rledit.data", "rledit.metrics", "rledit.schedule", "string", "table", "math", "utf8",
        "coroutine", "os",
    ]
    private static let members = [
        "add", "add_", "matmul", "div", "pow_", "maximum", "eq", "equal", "is_close", "exp", "log_", "clamp", "fill_",
        "copy_",
        "softmax", "sum", "mean", "max", "norm", "var", "argmax", "size", "reshape", "transpose", "permute", "squeeze",
        "unsqueeze",
        "broadcast_to", "get", "set", "slice", "index_select", "clone", "item", "to_table", "shape", "count", "new",
        "zeros",
        "full", "eye", "range", "linspace", "uniform", "normal", "concat", "stack", "linear", "conv2d", "max_pool2d",
        "dropout",
        "sequential", "load", "mlp", "bag_of_words", "csv", "idx", "npy", "npz", "generated", "vocabulary", "forward",
        "predict",
        "evaluate",
        "layers", "parameters", "parameter", "set_parameter", "partition", "take", "drop", "shuffle", "split", "subset",
        "named",
        "class_counts", "group", "with_groups", "in_groups", "inputs", "labels", "text", "encode", "contains", "index",
        "words",
        "filter", "group_by_terms", "reset", "step", "edited_model", "best", "progress", "accuracy", "loss", "auc",
        "confusion",
        "fairness", "agreement", "weight_distance", "constant", "cosine", "exponential", "piecewise", "warmup",
        "MaskWorld",
        "ShiftWorld", "PPO", "task", "env", "format", "rep", "gsub", "find", "gmatch", "pack", "unpack", "byte", "char",
        "insert",
        "remove", "move", "sort", "floor", "random", "tointeger", "codepoint", "offset", "codes", "wrap", "create",
        "resume",
        "close", "status", "date", "time", "name", "__index", "__gc",
    ]
    private static let numbers = [
        "0", "1", "2", "3", "-1", "0.5", "-0.0", "1e300", "0/0", "1/0", "2^53", "math.maxinteger", "math.mininteger",
        "16777217",
    ]
    private static let strings = [
        "\"\"", "\"x\"", "\"fc1\"", "\"forget\"", "\"1\"", "\"%s%d\"", "\"(a*)*b\"", "\"\\0\\255\"", "\"good\"",
        "(\"x\"):rep(999)",
        "\"../x\"", "\"i4\"",
    ]

    private mutating func below(_ bound: Int) -> Int { Int(random.nextWord64() % UInt64(bound)) }
    private mutating func pick(_ choices: [String]) -> String { choices[below(choices.count)] }

    /// The next script.
    mutating func next() -> String {
        variables = []
        var text = ""
        for _ in 0..<(4 + below(16)) { text += statement(depth: 0) + "\n" }
        return text
    }

    private mutating func statement(depth: Int) -> String {
        let inner = depth + 1
        switch below(depth > 2 ? 5 : 11) {
        case 0, 1:
            let name = "v\(variables.count)"
            let value = expression(depth: inner)
            guard depth == 0 else { return "call(print == nil, \(value))" }
            variables.append(name)
            return "local \(name) = \(value)"
        case 2: return "call(function() \(place()).\(pick(RandomScripts.members)) = \(expression(depth: inner)) end)"
        case 3: return "call(function() \(place())[\(expression(depth: inner))] = \(expression(depth: inner)) end)"
        case 4: return "call(function() return \(expression(depth: inner)) end)"
        case 5: return "for i = 1, \(1 + below(4)) do \(statement(depth: inner)) end"
        case 6:
            return "if \(expression(depth: inner)) then \(statement(depth: inner)) else \(statement(depth: inner)) end"
        case 7:
            return
                "call(coroutine.wrap(function(...) \(statement(depth: inner)) coroutine.yield(...) end), \(arguments(inner)))"
        case 8: return "call(setmetatable, \(expression(depth: inner)), { \(metamethod(depth: inner)) })"
        case 9:
            return
                "do local c <close> = call(setmetatable, {}, { __close = function() \(statement(depth: inner)) end }) end"
        default: return "collectgarbage(\(pick(["", "\"step\"", "\"count\""])))"
        }
    }

    private mutating func metamethod(depth: Int) -> String {
        let names = [
            "__index", "__newindex", "__call", "__len", "__eq", "__add", "__concat", "__tostring", "__pairs", "__mode",
        ]
        return "\(pick(names)) = function(...) return \(expression(depth: depth + 1)) end"
    }

    private mutating func place() -> String {
        variables.isEmpty || below(3) == 0 ? pick(RandomScripts.objects) : pick(variables)
    }

    private mutating func arguments(_ depth: Int) -> String {
        var all: [String] = []
        for _ in 0..<below(4) { all.append(expression(depth: depth + 1)) }
        return all.isEmpty ? "nil" : all.joined(separator: ", ")
    }

    private mutating func expression(depth: Int) -> String {
        if depth > 4 { return pick(RandomScripts.numbers) }
        switch below(12) {
        case 0, 1: return pick(RandomScripts.numbers)
        case 2: return pick(RandomScripts.strings)
        case 3: return place()
        case 4: return "{ \(arguments(depth)) }"
        case 5: return "{ \(pick(RandomScripts.members)) = \(expression(depth: depth + 1)), layer = \"fc1\" }"
        case 6: return "function(...) return \(expression(depth: depth + 1)) end"
        case 7: return "get(\(place()), \(pick(RandomScripts.strings + RandomScripts.numbers)))"
        case 8:
            let operation = pick(["+", "-", "*", "/", "//", "%", "^", "..", "==", "<", "<=", "and", "or", "&", "<<"])
            let (left, right) = (expression(depth: depth + 1), expression(depth: depth + 1))
            return "call(function() return (\(left)) \(operation) (\(right)) end)"
        case 9:
            return "call(get(\(place()), \"\(pick(RandomScripts.members))\"), \(arguments(depth)))"
        default:
            // As a method, which is what most of them are.
            let object = place()
            return "call(get(\(object), \"\(pick(RandomScripts.members))\"), \(object), \(arguments(depth)))"
        }
    }
}
