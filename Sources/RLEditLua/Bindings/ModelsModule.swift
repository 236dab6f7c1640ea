package import LuaBridge
internal import RLEditCore
internal import RLEditData
internal import RLEditNN
internal import RLEditRuns
internal import RLEditTensor

extension HostModules {
    /// `rledit.models`: networks for the built-in tasks.
    package static func addModels(to host: LuaHost, context: ScriptContext) throws {
        host.addModule("rledit.models") { [unowned host] module in
            module.documentation(
                """
                Networks for the built-in tasks, and architectures that pretrained weights exist for. The latter are Lua
                files inside the program, built by `rledit.nn.graph`; `docs/models.md` shows how to write one.

                ```lua
                local models = require "rledit.models"
                print(models.digit_cnn { seed = 1 })
                local words = require("rledit.data").vocabulary(require("rledit.data").comments().train)
                print(models.bag_of_words { vocabulary = words })
                local net = models.mlp { widths = { 4, 16, 3 }, activation = "tanh" }
                ```
                """
            )
            addArchitectures(to: module, of: host)
            module.function(
                "digit_cnn",
                """
                The classifier of 28×28 grey images: two convolutions with pooling (16 and 32 channels), then 1568 → 128
                → 32 → 10. Its layers are named `conv1`, `relu1`, `pool1`, `conv2`, `relu2`, `pool2`, `flatten`, `fc1`,
                `relu3`, `fc2`, `relu4`, `fc3`; the layer usually edited is `fc2`. The seed of the initial parameters is
                the run's by default.
                @param options? { seed: integer? }
                @return rledit.Model
                """
            ) { call in
                try call.atMost(1)
                let options = try call.options(1, of: "rledit.models.digit_cnn")
                let seed = try options.optional("seed", as: Int.self) ?? context.seed
                try options.finish()
                return try call.returns(
                    ScriptModel(try Models.digitCNN(random: initialization(seed: seed)), name: "digit_cnn"))
            }
            module.function(
                "bag_of_words",
                """
                A classifier of texts: `embedding` (one row of numbers for each word of the vocabulary, summed over a
                text), then linear layers `fc1`, `fc2`, … with `relu1`, `relu2`, … between them. With the default
                `hidden = { 64, 16 }` and 2 classes the layers that can be edited are `fc1` (64 → 16) and `fc2` (16 →
                2). The vocabulary goes with the model into every file.
                @param options { vocabulary: rledit.Vocabulary, hidden: integer[]?, classes: integer?, seed: integer? }
                @return rledit.Model
                """
            ) { call in try bagOfWords(call, context) }
            module.function(
                "mlp",
                """
                Linear layers of the given widths with an activation between them, named `fc1`, `act1`, `fc2`, …
                @param options { widths: integer[], activation: string?, seed: integer? }
                @return rledit.Model
                """
            ) { call in
                try call.atMost(1)
                let options = try call.options(1, of: "rledit.models.mlp")
                let widths = try options.required("widths", as: LuaTable.self).array(of: Int.self, limit: 1000)
                let name = try options.optional("activation", as: String.self) ?? "relu"
                let seed = try options.optional("seed", as: Int.self) ?? context.seed
                try options.finish()
                guard let function = Activation.Function.allCases.first(where: { "\($0)".snakeCased == name })
                else {
                    throw options.unknownWord(
                        name, "activation", among: Activation.Function.allCases.map { "\($0)".snakeCased })
                }
                guard widths.count >= 2, widths.allSatisfy({ $0 >= 1 && $0 <= 1 << 24 }) else {
                    throw options.fieldError("widths", "at least two sizes between 1 and 2^24 expected, got \(widths)")
                }
                for (inputs, outputs) in zip(widths, widths.dropFirst()) {
                    try call.host.checkRoom(forShape: [inputs, outputs])
                }
                return try call.returns(
                    ScriptModel(
                        try Models.mlp(
                            widths: widths, activation: Activation(function), random: initialization(seed: seed)),
                        name: "mlp"))
            }
        }
    }

    /// `bag_of_words { vocabulary = …, hidden = {64, 16}, classes = 2, seed = … }`.
    private static func bagOfWords(_ call: LuaCall, _ context: ScriptContext) throws -> LuaResults {
        try call.atMost(1)
        let options = try call.options(1, of: "rledit.models.bag_of_words")
        let vocabulary = try options.required("vocabulary", as: Vocabulary.self)
        let hidden = try options.optional("hidden", as: LuaTable.self)?.array(of: Int.self, limit: 1000) ?? [64, 16]
        let classes = try options.optional("classes", as: Int.self) ?? 2
        let seed = try options.optional("seed", as: Int.self) ?? context.seed
        try options.finish()
        guard !hidden.isEmpty, hidden.allSatisfy({ $0 >= 1 && $0 <= 1 << 24 }) else {
            throw options.fieldError("hidden", "at least one size between 1 and 2^24 expected, got \(hidden)")
        }
        guard classes >= 1, classes <= 1 << 24 else {
            throw options.fieldError("classes", "between 1 and 2^24 expected, got \(classes)")
        }
        let widths = [vocabulary.count] + hidden + [classes]
        for (inputs, outputs) in zip(widths, widths.dropFirst()) {
            try call.host.checkRoom(forShape: [inputs, outputs])
        }
        let network = try Models.bagOfWords(widths: widths, random: initialization(seed: seed))
        return try call.returns(ScriptModel(try network.with(vocabulary), name: "bag_of_words"))
    }
}
