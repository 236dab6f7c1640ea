internal import LuaBridge
internal import RLEditData
internal import RLEditNN
internal import RLEditTensor
internal import RLEditWorlds

/// What a task and an environment have in common: an edit problem as a table describes it.
struct TaskParts {
    let model: Network
    /// The file that the model's parameters were loaded from, if any: the edited model keeps its names and types.
    let modelSource: ParameterSource?
    var world: ScriptWorld
    let sets: [NamedSet]
    let reward: LuaFunction
    let observer: any Observer
    let metrics: [CustomMetric]
    let invalidRewards: InvalidRewardRule
    /// Most bytes of what enters the edited layers that are kept between evaluations.
    let prefixLimit: Int

    init(_ options: LuaOptions, _ context: ScriptContext) throws {
        // A snapshot: the network is a value, later changes by the script do not reach it.
        let scriptModel = try options.required("model", as: ScriptModel.self)
        model = scriptModel.network
        modelSource = scriptModel.source
        world = try options.required("world", as: ScriptWorld.self)
        sets = try TaskParts.sets("sets", options)
        guard !sets.isEmpty else { throw options.fieldError("sets", "holds no set") }
        reward = try options.required("reward", as: LuaFunction.self)
        let observer = try options.word("observation", among: TaskParts.observers)
        metrics = try TaskParts.metrics(options)
        invalidRewards = try InvalidRewardRule.read(options, context)
        prefixLimit = context.prefixLimit
        // Here, and not when the run begins, a world that does not fit the model is an error at the script's line.
        let layers = try model.editedLayers(world.layers, includingBias: world.world.editsBias)
        _ = try world.world.bind(to: layers, random: context.random)
        self.observer = observer ?? standardObserver(for: layers)
    }

    static var observers: [(word: String, value: any Observer)] {
        [("standardized", StandardizedWeights()), ("raw", RawWeights()), ("statistics", WeightStatistics())]
    }

    /// Sets by name, in order of names; or a list of `{name = …, set = …}`, in its own order.
    static func sets(_ field: String, _ options: LuaOptions) throws -> [NamedSet] {
        guard let table = try options.optional(field, as: LuaTable.self) else {
            if field == "sets" {
                throw try options.missing("sets", expected: "table of sets")
            }
            return []
        }
        return try sets(in: table, options, field)
    }

    /// The same of a given table; messages name the field of the owner of the options.
    static func sets(in table: LuaTable, _ options: LuaOptions, _ field: String) throws -> [NamedSet] {
        var sets: [NamedSet] = []
        func add(_ name: String, _ examples: ExampleSet) throws {
            guard isName(name) else {
                throw options.fieldError(field, "'\(name)' is not a name for a set: letters, digits and _ expected")
            }
            guard !MetricsArgument.reservedNames.contains(name) else {
                throw options.fieldError(field, "'\(name)' cannot name a set: the metrics have a field of that name")
            }
            guard !sets.contains(where: { $0.name == name }) else {
                throw options.fieldError(field, "two sets are named '\(name)'")
            }
            guard !examples.isEmpty else { throw options.fieldError(field, "set '\(name)' holds no example") }
            sets.append(NamedSet(name: name, examples: examples))
        }
        if case .table = try table.get(1) {
            for (index, entry) in try table.array(of: LuaTable.self, limit: 4096).enumerated() {
                let inner = LuaOptions(owner: "\(options.owner).\(field)[\(index + 1)]", table: entry)
                let name = try inner.required("name", as: String.self)
                let set = try inner.required("set", as: ExampleSet.self)
                try inner.finish()
                try add(name, set)
            }
            return sets
        }
        let fields = LuaOptions(owner: "\(options.owner).\(field)", table: table)
        for key in try table.sortedKeys() {
            guard case .string(let name) = key else {
                throw options.fieldError(field, "names expected as keys, got a \(key.typeName)")
            }
            try add(name.text, try fields.required(name.text, as: ExampleSet.self))
        }
        return sets
    }

    /// `metrics = { name = function(set) … end }`, in order of names.
    static func metrics(_ options: LuaOptions) throws -> [CustomMetric] {
        guard let table = try options.optional("metrics", as: LuaTable.self) else { return [] }
        let fields = LuaOptions(owner: "\(options.owner).metrics", table: table)
        return try table.sortedKeys().map { key in
            guard case .string(let name) = key, isName(name.text) else {
                throw options.fieldError("metrics", "names expected as keys, got a \(key.typeName)")
            }
            guard !(SetMetrics.ownNames + SetMetrics.changeNames).contains(name.text) else {
                throw options.fieldError("metrics", "'\(name.text)' is a metric of this program already")
            }
            return CustomMetric(name: name.text, function: try fields.required(name.text, as: LuaFunction.self))
        }
    }

    private static func isName(_ text: String) -> Bool {
        guard let first = text.utf8.first, !(48...57).contains(first), text.utf8.count <= 64 else { return false }
        return text.utf8.allSatisfy { byte in
            switch byte {
            case 48...57, 65...90, 97...122, 95: true
            default: false
            }
        }
    }

    /// The problem, with a reward of its own.
    func makeProblem(name: String, host: LuaHost) throws -> EditProblem {
        EditProblem(
            network: model, layers: world.layers, sets: sets, world: world.world, observer: observer,
            horizon: world.horizon,
            reward: try ScriptReward(
                task: name, function: reward, sets: sets, metrics: metrics, host: host),
            invalidRewards: invalidRewards, prefixLimit: prefixLimit)
    }

    /// The model with edits of the world's layers.
    func edited(_ edits: [LayerEdit]) throws -> Network {
        var network = model
        for (name, edit) in zip(world.layers, edits) {
            try network.apply(edit, to: editedLayer(name))
        }
        return network
    }

    private func editedLayer(_ name: String) throws -> EditedLayer {
        try EditedLayer(named: name, of: model, includingBias: world.world.editsBias)
    }
}
