internal import LuaBridge
internal import RLEditBaselines
internal import RLEditNN
internal import RLEditRuns

/// The field `baselines` of a task: what its results are to be compared with.
enum ComparedModels {
    /// `{ result, another, ["my own"] = model }`: results of baselines under their own names, in order, then results or
    /// models by name.
    static func read(_ options: LuaOptions) throws -> [ComparedModel] {
        guard let table = try options.optional("baselines", as: LuaTable.self) else { return [] }
        var models: [ComparedModel] = []
        func add(_ name: String, _ network: Network, _ cost: ModelCost?) throws {
            guard !ComparedModel.reservedNames.contains(name) else {
                throw options.fieldError(
                    "baselines", "'\(name)' cannot name a baseline: results have that name already")
            }
            guard !models.contains(where: { $0.name == name }) else {
                throw options.fieldError(
                    "baselines", "two are named '\(name)'; name = \"…\" gives a result another name")
            }
            models.append(ComparedModel(name: name, network: network, cost: cost))
        }
        for key in try table.sortedKeys() {
            let value = try table.get(key)
            let result = try object(value, as: ScriptBaseline.self)
            switch key {
            case .integer(let place):
                guard let result else {
                    throw options.fieldError(
                        "baselines",
                        "\(ScriptBaseline.luaName) expected at [\(place)], got \(value.typeName); give a model a name, "
                            + "as in [\"my own\"] = model")
                }
                try add(result.result.name, result.model.network, ModelCost(result))
            case .string(let name):
                if let result {
                    try add(name.text, result.model.network, ModelCost(result))
                } else if let model = try object(value, as: ScriptModel.self) {
                    try add(name.text, model.network, nil)
                } else {
                    throw options.fieldError(
                        "baselines",
                        "\(ScriptModel.luaName) or \(ScriptBaseline.luaName) expected for '\(name.text)', got "
                            + value.typeName)
                }
            default: throw options.fieldError("baselines", "names expected as keys, got a \(key.typeName)")
            }
        }
        return models
    }

    private static func object<Value: LuaBound>(_ value: LuaValue, as type: Value.Type) throws -> Value? {
        guard case .object(let object) = value else { return nil }
        return try object.value(as: type)
    }
}

extension ModelCost {
    fileprivate init(_ baseline: ScriptBaseline) {
        self.init(kfe: baseline.result.cost.kfe, seconds: baseline.result.cost.seconds)
    }
}
