internal import LuaBridge
internal import RLEditBaselines
internal import RLEditCore
internal import RLEditData
internal import RLEditNN
internal import RLEditRuns
internal import RLEditTensor
internal import Synchronization

/// The options of one fit, read from the script.
struct FitRequest {
    /// The tables that `model:fit` and `nn.fit_all` take and give, as scripts' authors read of them.
    static var annotation: String {
        let fields = [
            "optimizer (\"adam\"|\"adamw\"|\"sgd\")? what updates the parameters; default \"adam\"",
            "seed integer? of the order of examples and of dropout; the run's by default",
            "remember boolean? false trains even when the same fit is remembered",
            "on_epoch (fun(epoch: rledit.Epoch): boolean?)? called after each epoch; returning false ends training",
        ]
        let all = TrainingOptions().annotatedFields + fields + Adam().annotatedFields + SGD().annotatedFields
        return """
            @class rledit.FitOptions
            \(all.map { "@field \($0)" }.joined(separator: "\n"))

            What `nn.fit_all` takes: the options of a fit but `on_epoch`, and
            @class rledit.FitAllOptions: rledit.FitOptions
            @field models rledit.Model[]
            @field set rledit.Set

            @class rledit.Epoch
            @field epoch integer from 1 on
            @field epochs integer
            @field loss number mean loss of the epoch
            @field accuracy number? share of right answers, where that has a meaning
            @field learning_rate number
            """
    }

    private var options = TrainingOptions()
    /// The options in words, defaults filled in; nil when the script's own code takes part, which no key can name.
    private var description: JSONObject?
    private let onEpoch: LuaFunction?
    private let isRemembered: Bool
    /// Whether the script's own code takes part, which runs on one thread only.
    let callsScript: Bool

    init(_ fields: LuaOptions, context: ScriptContext) throws {
        try options.read(fields)
        let (name, optimizer, settings) = try FitRequest.optimizer(fields)
        options.optimizer = optimizer
        let seed = try fields.optional("seed", as: Int.self) ?? context.seed
        options.seed = UInt64(bitPattern: Int64(seed))
        onEpoch = try fields.switchable("on_epoch", as: LuaFunction.self) ?? nil
        isRemembered = try fields.optional("remember", as: Bool.self) ?? true
        try fields.finish()
        let rate = try fields.optional("learning_rate", as: ScriptSchedule.self)
        callsScript = rate?.callsScript == true || onEpoch != nil
        try fields.blamingFields { try options.validate() }
        if callsScript { return }
        description = options.json
        description?["seed"] = .integer(seed)
        description?["optimizer"] = .string(name)
        description?["optimizer_settings"] = .object(settings)
    }

    /// Settings that belong to one optimizer are unknown fields for the others.
    private static func optimizer(
        _ fields: LuaOptions
    ) throws -> (name: String, optimizer: OptimizerConfiguration, settings: JSONObject) {
        let name = try fields.optional("optimizer", as: String.self) ?? "adam"
        switch name {
        case "sgd":
            let settings = try SGD().reading(fields)
            return (name, .sgd(settings), settings.json)
        case "adam", "adamw":
            let settings = try Adam().reading(fields)
            return (name, name == "adam" ? .adam(settings) : .adamW(settings), settings.json)
        default: throw fields.unknownWord(name, "optimizer", among: ["adam", "adamw", "sgd"])
        }
    }

    /// The trained network: remembered, or trained now.
    func run(
        _ network: Network, _ examples: TrainingExamples, name: String, host: LuaHost, context: ScriptContext
    ) throws -> Network {
        try context.remembering { try found(network, examples, name: name, host: host, context: context) }
    }

    private func found(
        _ network: Network, _ examples: TrainingExamples, name: String, host: LuaHost, context: ScriptContext
    ) throws -> Network {
        let progress = context.progress("fit \(name)")
        let key = key(network, examples, context)
        if let key, let remembered = remembered(network, key, context) {
            if progress.style != .quiet {
                progress.note("fit \(name): remembered from an earlier run (\(key.prefix(12)))")
            }
            return remembered
        }
        var trained = network
        let total = examples.source.count * options.epochs
        let batch = options.batchSize
        let result = try trained.fit(examples.source, options: options, pool: context.pool) { step in
            let seen = (step.epoch - 1) * examples.source.count + min(step.batch * batch, examples.source.count)
            progress.update(Progress(evaluations: seen, budget: total))
            if context.isInterrupted() { return .stop }
            guard step.batch == step.batches, let onEpoch else { return .proceed }
            return try tell(onEpoch, step, host) ? .proceed : .stop
        }
        progress.finish()
        if let key, !result.wasStopped { store(trained, key, progress, context) }
        return trained
    }

    /// All networks trained on the same examples, one on each worker. The bytes are those of training one after the other,
    /// for any number of workers. One small batch could not be cut for so many workers.
    /// - Parameter seed: of the first network's order of examples; each further one counts one up.
    /// - Precondition: no code of the script takes part (`callsScript`).
    func runAll(_ networks: [Network], _ examples: TrainingExamples, context: ScriptContext) throws -> [Network] {
        try context.remembering { try foundAll(networks, examples, context: context) }
    }

    private func foundAll(
        _ networks: [Network], _ examples: TrainingExamples, context: ScriptContext
    ) throws -> [Network] {
        let progress = context.progress("fit of \(networks.count) networks")
        defer { progress.finish() }
        let requests = networks.indices.map { counted(up: UInt64($0)) }
        let keys = zip(requests, networks).map { $0.key($1, examples, context) }
        var results = zip(keys, networks).map { key, network in
            key.flatMap { remembered(network, $0, context) }
        }
        let missing = results.indices.filter { results[$0] == nil }
        let found = networks.count - missing.count
        if found > 0, progress.style != .quiet {
            progress.note("fit of \(networks.count) networks: \(found) remembered from an earlier run")
        }
        let state = Mutex(ParallelFits(budget: missing.count * examples.source.count * options.epochs))
        let (source, isInterrupted) = (examples.source, context.isInterrupted)
        // Settings without code of the script: plain Swift values and functions of progress alone.
        nonisolated(unsafe) let settings = requests.map(\.options)
        // Drawn under the lock only.
        nonisolated(unsafe) let line = progress
        try context.pool.forEach(missing.count) { piece, _ in
            let index = missing[piece]
            var trained = networks[index]
            var seen = 0
            let batch = settings[index].batchSize
            let result = try trained.fit(source, options: settings[index]) { step in
                let now = (step.epoch - 1) * source.count + min(step.batch * batch, source.count)
                defer { seen = now }
                state.withLock { state in
                    state.done += now - seen
                    line.update(Progress(evaluations: state.done, budget: state.budget))
                }
                return isInterrupted() ? .stop : .proceed
            }
            let finished = trained
            state.withLock { state in
                state.trained[index] = finished
                if result.wasStopped { state.stopped.insert(index) }
            }
        }
        let ended = state.withLock { $0 }
        for index in missing {
            guard let trained = ended.trained[index] else { continue }
            results[index] = trained
            if let key = keys[index], !ended.stopped.contains(index) { store(trained, key, progress, context) }
        }
        return results.compactMap { $0 }
    }

    /// The same request with another seed.
    private func counted(up steps: UInt64) -> FitRequest {
        var request = self
        request.options.seed = options.seed &+ steps
        request.description?["seed"] = .integer(Int(Int64(bitPattern: request.options.seed)))
        return request
    }

    private func remembered(_ network: Network, _ key: String, _ context: ScriptContext) -> Network? {
        context.fits.load(key).flatMap { network.filled(with: $0) }
    }

    /// The name of this fit; nil when it is not to be remembered.
    private func key(_ network: Network, _ examples: TrainingExamples, _ context: ScriptContext) -> String? {
        guard isRemembered, let description, context.fits.isEnabled else { return nil }
        var key = FitKey(engineVersion: context.engineVersion, numericKernels: "\(NumericKernels.current)")
        key.add(network)
        examples.addToKey(&key)
        key.add(options: description)
        return key.finish()
    }

    private func store(_ network: Network, _ key: String, _ progress: ProgressReporter, _ context: ScriptContext) {
        var parameters: [String: Tensor] = [:]
        for name in network.parameterNames { parameters[name] = network.parameter(name) }
        do {
            try context.fits.store(key, parameters)
        } catch {
            // Costs the next run some time and nothing else.
            progress.note("this fit is not remembered: \(error)")
        }
    }

    /// Tells the script about an epoch; `false` from it ends training.
    private func tell(_ function: LuaFunction, _ step: TrainingProgress, _ host: LuaHost) throws -> Bool {
        let table = try host.makeTable()
        try table.set("epoch", step.epoch)
        try table.set("epochs", step.epochs)
        try table.set("loss", step.loss)
        try table.set("accuracy", step.accuracy)
        try table.set("learning_rate", step.learningRate)
        return try function.call(with: table) { results in
            if case .boolean(false) = results.value(1) { return false }
            return true
        }
    }
}

/// The results of several fits at the same time.
private struct ParallelFits: Sendable {
    /// Examples seen by all of them, and to be seen.
    var done = 0
    let budget: Int
    var trained: [Int: Network] = [:]
    var stopped: Set<Int> = []

    init(budget: Int) { self.budget = budget }
}

extension Network {
    /// This network with all parameters replaced; nil when the names or shapes are others.
    func filled(with parameters: [String: Tensor]) -> Network? {
        guard parameters.count == parameterNames.count else { return nil }
        var result = self
        for name in parameterNames {
            guard let value = parameters[name], (try? result.setParameter(name, value)) != nil else { return nil }
        }
        return result
    }
}

extension FitKey {
    /// A network's layers and parameters.
    mutating func add(_ network: Network) {
        add("input", "\(network.inputShape)")
        for node in network.nodes { add("layer", "\(node.name) \(String(reflecting: node.layer)) \(node.inputs)") }
        for name in network.parameterNames {
            if let value = network.parameter(name) { add(parameter: name, value) }
        }
    }
}
