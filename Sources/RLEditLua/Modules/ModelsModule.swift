package import LuaBridge
internal import RLEditCore
internal import RLEditData
internal import RLEditNN
internal import RLEditRuns
internal import RLEditTensor

extension HostModules {
    /// `rledit.models`: networks for the built-in tasks.
    package static func addModels(to host: LuaHost, context: ScriptContext) throws {
        host.addModule("rledit.models") { module in
            module.function("digit_cnn") { call in
                try call.atMost(1)
                let options = try call.options(1, of: "rledit.models.digit_cnn")
                let seed = try options.optional("seed", as: Int.self) ?? context.seed
                try options.finish()
                return try call.returns(
                    ScriptModel(try Models.digitCNN(random: initialization(seed: seed)), name: "digit_cnn"))
            }
            module.function("bag_of_words") { call in try bagOfWords(call, context) }
            module.function("mlp") { call in
                try call.atMost(1)
                let options = try call.options(1, of: "rledit.models.mlp")
                let widths = try options.required("widths", as: LuaTable.self).array(of: Int.self, limit: 1000)
                let name = try options.optional("activation", as: String.self) ?? "relu"
                let seed = try options.optional("seed", as: Int.self) ?? context.seed
                try options.finish()
                guard let function = Activation.Function.allCases.first(where: { LuaName.snakeCase("\($0)") == name })
                else {
                    throw options.fieldError("activation", unknown(name, Activation.Function.allCases.map { "\($0)" }))
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

    /// "one of 'a', 'b' expected, got 'x'".
    static func unknown(_ name: String, _ known: [String]) -> String {
        "one of \(known.map { "'\($0)'" }.joined(separator: ", ")) expected, got '\(name)'"
            + NearestName.suggestion(for: name, among: known)
    }
}
