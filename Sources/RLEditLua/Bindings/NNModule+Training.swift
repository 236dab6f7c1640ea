internal import LuaBridge
internal import RLEditBaselines
internal import RLEditCore
internal import RLEditData
internal import RLEditNN
internal import RLEditRuns
internal import RLEditTensor
internal import Synchronization

extension HostModules {
    /// `model:fit(set, options)`.
    static func addTraining(to type: LuaType<ScriptModel>, context: ScriptContext) {
        type.method(
            "fit",
            """
            Trains the parameters. The same fit is not repeated on the next run: it is remembered by the initial
            parameters, the examples, the options and this program's version, and gives the same bytes as training again.
            Fits in which a Lua function takes part (as `on_epoch` or as a schedule) are not remembered. While it runs,
            callbacks see the parameters from before and cannot change the model.
            @param examples rledit.Set|{ inputs: rledit.Numbers, labels: integer[]?, targets: rledit.Numbers? }
            @param options? rledit.FitOptions
            @return rledit.Model self
            """
        ) { model, call in
            try call.atMost(2)
            try model.checkWritable()
            let examples = try TrainingExamples(call, model.network)
            let request = try FitRequest(try call.options(2, of: "model:fit"), context: context)
            model.isTraining = true
            defer { model.isTraining = false }
            model.network = try call.blaming(1) {
                try request.run(model.network, examples, name: model.name, host: call.host, context: context)
            }
            return call.returnsSelf()
        }
    }

    /// `rledit.nn.fit_all { models = …, set = … }`.
    static func fitAll(_ call: LuaCall, _ context: ScriptContext) throws -> LuaResults {
        try call.atMost(1)
        let options = LuaOptions(owner: "rledit.nn.fit_all", table: try call.table(1))
        let models: [ScriptModel]
        do {
            models = try options.required("models", as: LuaTable.self).array(of: ScriptModel.self, limit: 10_000)
        } catch let error as LuaUsageError where !error.description.contains("field") {
            throw options.fieldError("models", error.description)
        }
        guard !models.isEmpty else { throw options.fieldError("models", "holds no model") }
        for (index, model) in models.enumerated() {
            try model.checkWritable()
            guard !models[..<index].contains(where: { $0 === model }) else {
                throw options.fieldError("models", "[\(index + 1)] is there twice")
            }
        }
        let set = try options.required("set", as: ExampleSet.self)
        let request = try FitRequest(options, context: context)
        guard !request.callsScript else {
            throw options.fieldError(
                "models",
                "are trained side by side, where the script's own functions cannot run: use model:fit for those")
        }
        let examples = TrainingExamples(set)
        models.forEach { $0.isTraining = true }
        defer { models.forEach { $0.isTraining = false } }
        let trained = try request.runAll(models.map(\.network), examples, context: context)
        for (model, network) in zip(models, trained) { model.network = network }
        return try call.returns(options.value("models"))
    }
}

/// What a fit learns from: a set, or `{ inputs = …, labels = … }`, `{ inputs = …, targets = … }`.
struct TrainingExamples {
    let source: any BatchSource
    /// Names the contents in the key of a remembered fit.
    let addToKey: (inout FitKey) -> Void

    init(_ set: ExampleSet) {
        source = ExampleSetSource(set)
        addToKey = { $0.add("set", set.examplesHash) }
    }

    init(_ call: LuaCall, _ network: Network) throws {
        if let set = try ExampleSet.luaRead(call.slot(1)) {
            self.init(set)
            return
        }
        guard case .table = call.value(1) else {
            throw call.argumentError(
                1, "\(ScriptSet.luaName) or table expected, got \(call.slot(1).typeName)")
        }
        let options = try call.options(1, of: "model:fit's examples")
        let inputs = try options.tensor("inputs")
        let hasTargets = try !options.value("targets").isNil
        let targets: Targets =
            hasTargets ? .values(try options.tensor("targets")) : .classes(try options.labels("labels"))
        options.allow("labels", "targets")
        try options.finish()
        self.init(source: try call.blaming(1) { try TensorBatchSource(inputs: inputs, targets: targets) }) { key in
            key.add(parameter: "inputs", inputs)
            switch targets {
            case .classes(let labels): key.add("labels", "\(labels)")
            case .weightedClasses(let labels, let weights):
                key.add("labels", "\(labels)")
                key.add("weights", "\(weights)")
            case .values(let values): key.add(parameter: "targets", values)
            case .distillation(let labels, let teacher):
                key.add("labels", "\(labels)")
                key.add(parameter: "teacher", teacher)
            }
        }
    }

    private init(source: any BatchSource, addToKey: @escaping (inout FitKey) -> Void) {
        self.source = source
        self.addToKey = addToKey
    }
}
