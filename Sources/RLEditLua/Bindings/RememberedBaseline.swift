internal import RLEditBaselines
internal import RLEditData
internal import RLEditNN
internal import RLEditRuns
internal import RLEditTensor

/// A baseline's result kept from an earlier run, as fits are: under everything that decides it.
struct RememberedBaseline {
    private let key: String
    private let network: Network
    private let context: ScriptContext

    /// - Parameters:
    ///   - method: the method with all of its settings, in words.
    ///   - sets: names and hashes of the sets that it looks at.
    init(
        _ method: String, network: Network, seed: Int, sets: [(name: String, hash: String)], _ context: ScriptContext
    ) {
        self.context = context
        self.network = network
        var key = FitKey(engineVersion: context.engineVersion, numericKernels: "\(NumericKernels.current)")
        key.add("baseline", method)
        key.add(network)
        for set in sets { key.add("set \(set.name)", set.hash) }
        key.add("seed", "\(seed)")
        self.key = key.finish()
    }

    /// Of a method of unlearning: sets that it does not look at decide nothing.
    init(
        _ method: any UnlearningMethod, network: Network, seed: Int, forget: ExampleSet?, retain: ExampleSet?,
        _ context: ScriptContext
    ) {
        let sets = [(SetRole.forget, forget), (.retain, retain)].filter { method.needs.contains($0.0) }
        self.init(
            "\(method)", network: network, seed: seed, sets: sets.map { ($0.0.rawValue, $0.1?.examplesHash ?? "") },
            context)
    }

    /// The remembered result, with the seconds that it took then; else that of `run`.
    func result(_ name: String, _ run: () throws -> BaselineResult) throws -> BaselineResult {
        try context.remembering { try found(name, run) }
    }

    private func found(_ name: String, _ run: () throws -> BaselineResult) throws -> BaselineResult {
        guard context.fits.isEnabled else { return try run() }
        if var kept = context.fits.load(key), let cost = kept.removeValue(forKey: Self.costName).flatMap(Cost.init),
            let network = network.filled(with: kept)
        {
            return BaselineResult(name: name, network: network, cost: cost)
        }
        let found = try run()
        var kept: [String: Tensor] = [:]
        for name in found.network.parameterNames { kept[name] = found.network.parameter(name) }
        kept[Self.costName] = found.cost.tensor
        do {
            try context.fits.store(key, kept)
        } catch {
            // Costs the next run some time and nothing else.
            context.progress("baseline \(name)").note("this result is not remembered: \(error)")
        }
        return found
    }

    /// No parameter has it: theirs have a layer's name before a dot.
    private static let costName = "cost"
}

extension Cost {
    /// The bits of the three numbers, two floats each, so that a remembered cost is the very one that was counted.
    fileprivate var tensor: Tensor {
        Tensor(
            [forwards, backwards, seconds].flatMap { number in
                [UInt32(truncatingIfNeeded: number.bitPattern >> 32), UInt32(truncatingIfNeeded: number.bitPattern)]
                    .map { Float(bitPattern: $0) }
            })
    }

    fileprivate init?(_ tensor: Tensor) {
        let words = tensor.scalars.map { UInt64($0.bitPattern) }
        guard words.count == 6 else { return nil }
        let numbers = stride(from: 0, to: 6, by: 2).map { Double(bitPattern: words[$0] << 32 | words[$0 + 1]) }
        self.init(forwards: numbers[0], backwards: numbers[1], seconds: numbers[2])
    }
}
