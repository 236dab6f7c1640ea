package import LuaBridge
internal import RLEditNN
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
            module.function("mlp") { call in
                try call.atMost(1)
                let options = try call.options(1, of: "rledit.models.mlp")
                let widths = try options.required("widths", as: LuaTable.self).array(of: Int.self, limit: 1000)
                let name = try options.optional("activation", as: String.self) ?? "relu"
                let seed = try options.optional("seed", as: Int.self) ?? context.seed
                try options.finish()
                guard let function = Activation.Function.allCases.first(where: { LuaName.snakeCase("\($0)") == name }) else {
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

    /// "one of 'a', 'b' expected, got 'x'".
    static func unknown(_ name: String, _ known: [String]) -> String {
        "one of \(known.map { "'\($0)'" }.joined(separator: ", ")) expected, got '\(name)'"
            + NearestName.suggestion(for: name, among: known)
    }
}
