internal import LuaBridge
internal import RLEditCore
internal import RLEditLearners
internal import RLEditRuns
internal import RLEditTensor
internal import RLEditWorlds

/// `rledit.UnitPolicy { … }`: what a policy over units looks at, and how large it is.
struct UnitPolicySettings: LuaBound {
    static var luaName: String { "rledit.UnitPolicy" }
    /// The tables of its constructor.
    static let annotation =
        """
        @class rledit.UnitPolicyOptions
        @field features ("label_aware"|"label_free"|string[])? all features (the default), those that read no label, \
        or a list of names; `docs/transfer.md` defines them
        @field custom_features (fun(layer: rledit.LayerActivations): rledit.Tensor, rledit.Tensor)? further features \
        of your own: `[out, n]` and `[in, n]`
        @field hidden integer? tanh units of each of the two networks; 2 by default, 0 for a policy that is linear in \
        the features
        @field forget string? name of the set of what is to change; `forget` by default
        @field retain string? name of the set of what is to stay; `retain` by default

        What custom features are made of, of one layer of one network.
        @class rledit.LayerActivations
        @field name string the layer's
        @field weights rledit.Tensor `[out, in]`
        @field forget_inputs rledit.Tensor what enters on the forget set, `[examples, in]`
        @field retain_inputs rledit.Tensor
        @field forget_outputs rledit.Tensor what leaves, `[examples, out]`
        @field retain_outputs rledit.Tensor
        """

    let features: [UnitFeature]
    /// tanh units of each side's network.
    let hidden: Int
    /// Further features of the script's own.
    let custom: CustomFeatureFunction?
    /// Names of the sets that hold what is to change and what is to stay.
    let forgetSet: String
    let retainSet: String

    /// Two are as good as twelve on the networks that were tried, and safer on other widths (docs/results.md).
    static let defaultHidden = 2
    static let mostHidden = 1024

    init(_ options: LuaOptions) throws {
        features = try UnitPolicySettings.features(options)
        hidden = try options.optional("hidden", as: Int.self) ?? UnitPolicySettings.defaultHidden
        guard (0...UnitPolicySettings.mostHidden).contains(hidden) else {
            throw options.fieldError("hidden", "must be from 0 to \(UnitPolicySettings.mostHidden), got \(hidden)")
        }
        custom = try options.optional("custom_features", as: LuaFunction.self).map { CustomFeatureFunction($0) }
        forgetSet = try options.optional("forget", as: String.self) ?? SetNames.forget
        retainSet = try options.optional("retain", as: String.self) ?? SetNames.retain
        guard forgetSet != retainSet else {
            throw options.fieldError("retain", "names the same set as 'forget', '\(forgetSet)'")
        }
        try options.finish()
    }

    private static func features(_ options: LuaOptions) throws -> [UnitFeature] {
        let value = try options.value("features")
        switch value {
        case .nil: return UnitFeature.labelAware
        case .string(let word):
            switch word.text {
            case "label_aware": return UnitFeature.labelAware
            case "label_free": return UnitFeature.labelFree
            default:
                throw options.unknownWord(word.text, "features", among: ["label_aware", "label_free"])
            }
        case .table(let table):
            let names: [String]
            do { names = try table.array(of: String.self, limit: 1024) } catch let error as LuaUsageError {
                throw options.fieldError("features", error.description)
            }
            return try names.map { name in
                guard let feature = UnitFeature(name: name) else {
                    throw options.unknownWord(name, "features", among: UnitFeature.allCases.map(\.name))
                }
                return feature
            }
        default:
            throw options.fieldError(
                "features", "\"label_aware\", \"label_free\" or a list of names expected, got \(value.typeName)")
        }
    }

    var settings: JSONObject {
        [
            "features": .array(features.map { .string($0.name) }), "custom_features": .bool(custom != nil),
            "hidden": .integer(hidden), "forget": .string(forgetSet), "retain": .string(retainSet),
        ]
    }
}

/// Names that sets have unless a script says otherwise.
enum SetNames {
    static let forget = "forget"
    static let retain = "retain"
}

/// Features that a script computes: a function of a layer's activations and weights that returns two tensors,
/// `[out, features]` and `[in, features]`.
struct CustomFeatureFunction {
    private let function: LuaFunction

    init(_ function: LuaFunction) { self.function = function }

    func callAsFunction(_ layer: LayerActivations, host: LuaHost) throws -> (outputs: Tensor, inputs: Tensor) {
        let table = try host.makeTable()
        try table.set("name", layer.layer.name)
        try table.set("weights", layer.layer.base)
        try table.set("forget_inputs", layer.forgetInputs)
        try table.set("retain_inputs", layer.retainInputs)
        try table.set("forget_outputs", layer.forgetOutputs)
        try table.set("retain_outputs", layer.retainOutputs)
        return try function.call(with: table, resultCount: 2) { results in
            func tensor(_ number: Int, _ what: String) throws -> Tensor {
                guard let tensor = try Tensor.luaRead(results.slot(number)), tensor.rank == 2 else {
                    throw LuaUsageError(
                        "custom_features must return two tensors, [out, features] and [in, features]; \(what) is "
                            + "\(results.slot(number).typeName)")
                }
                return tensor
            }
            return (try tensor(1, "the first"), try tensor(2, "the second"))
        }
    }
}
