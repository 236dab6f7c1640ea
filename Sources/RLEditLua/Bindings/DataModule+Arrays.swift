internal import LuaBridge
internal import RLEditData
internal import RLEditRuns
internal import RLEditTensor

extension HostModules {
    /// `rledit.data.arrays`.
    static func addArrays(to module: LuaModule, context: ScriptContext) {
        module.function(
            "arrays",
            """
            A set from arrays that NumPy saved: `inputs` is `[examples, …]`, `labels` has a whole number for each. Both are
            `.npy` files, or with `path` names of arrays in a `.npz` file. Inputs are multiplied by `scale`, labels count from
            `labels_from` (0 by default) and with `classes` must be fewer. `weights` has a number for each example, how much it
            counts in training.

            ```
            local set = data.arrays { inputs = "images.npy", labels = "labels.npy", scale = 1 / 255, classes = 10 }
            local other = data.arrays { path = "digits.npz", inputs = "x_train", labels = "y_train", scale = 1 / 255 }
            ```
            @param options { inputs: string, labels: string, weights: string?, path: string?, scale: number?, \
            labels_from: integer?, classes: integer?, name: string? }
            @return rledit.Set
            """
        ) { call in try arrays(call, context) }
    }

    private static func arrays(_ call: LuaCall, _ context: ScriptContext) throws -> LuaResults {
        try call.atMost(1)
        let options = try call.options(1, of: "rledit.data.arrays")
        let inputsName = try options.required("inputs", as: String.self)
        let labelsName = try options.required("labels", as: String.self)
        let path = try options.optional("path", as: String.self)
        let scale = try options.optional("scale", as: Double.self) ?? 1
        let first = try labelsFrom(options) ?? 0
        let weightsName = try options.optional("weights", as: String.self)
        let classes = try options.optional("classes", as: Int.self)
        let name = try options.optional("name", as: String.self) ?? fileName(path ?? inputsName)
        try options.finish()
        guard scale.isFinite, scale != 0, Float(scale).isFinite else {
            throw options.fieldError("scale", "a number other than 0 expected, got \(scale)")
        }
        if let classes, classes < 1 || classes > 1 << 30 {
            throw options.fieldError("classes", "a whole number from 1 on expected, got \(classes)")
        }
        let inputs = try array(inputsName, of: path, options, "inputs", call, context)
        guard inputs.shape.first ?? 0 > 0 else {
            throw options.fieldError(
                "inputs", "'\(inputsName)' has the shape \(inputs.shape): at least one example expected")
        }
        let labels = try array(labelsName, of: path, options, "labels", call, context)
        guard labels.count == labels.shape.first ?? 0 else {
            throw options.fieldError(
                "labels", "'\(labelsName)' has the shape \(labels.shape): one label for each example expected")
        }
        let weights = try weightsName.map { try array($0, of: path, options, "weights", call, context).scalars }
        let numbers = try labels.scalars.enumerated().map { index, value -> Int in
            guard let label = Int(exactly: value) else {
                throw options.fieldError("labels", "label \(value) of example \(index + 1) is not an integer")
            }
            guard label >= first, label - first < classes ?? Int(Int32.max) else {
                let last = classes.map { " to \(first + $0 - 1)" } ?? " on"
                throw options.fieldError(
                    "labels", "label \(label) of example \(index + 1) is out of range: \(first)\(last) expected")
            }
            return label - first
        }
        if scale != 1 { try call.host.checkRoom(forElements: inputs.count) }
        // 1 / 255 is not a float, but 255 is. Division gives the numbers that bytes become in sets of other files.
        let divisor = (1 / scale).rounded()
        let scaled =
            scale == 1
            ? inputs
            : abs(divisor * scale - 1) < 1e-12 ? inputs.div(Float(divisor)) : inputs.mul(Float(scale))
        let examples = try told(by: options) {
            try ExampleSet(name: name, source: path ?? inputsName, inputs: scaled, labels: numbers)
                .withWeights(weights)
        }
        warnOfMissing(classes, in: examples, by: options, call)
        return try call.returns(ScriptSet(examples: examples, inputBytes: examples.inputBytes))
    }

    /// One array, which the manifest names.
    private static func array(
        _ name: String, of archive: String?, _ options: LuaOptions, _ field: String, _ call: LuaCall,
        _ context: ScriptContext
    ) throws -> Tensor {
        let path = archive ?? name
        let tensor = try told {
            let resolved = try context.locations.resolve(path)
            let file = archive == nil ? try NumPyFile(array: resolved) : try NumPyFile(archive: resolved)
            let known = file.entries.compactMap(\.name)
            guard let entry = file.entries.first(where: { archive == nil || $0.name == name }) else {
                throw options.fieldError(
                    field,
                    "'\(path)' has no array '\(name)'"
                        + (known.isEmpty
                            ? "" : "; it has \(known.prefix(20).map { "'\($0)'" }.joined(separator: ", "))"))
            }
            try call.host.checkRoom(forElements: entry.count)
            return try file.tensor(entry)
        }
        context.noteUse(
            of: Manifest.DataSource(
                name: fileName(path), file: path,
                hash: try told { try SHA256Digest.hex(ofFile: context.locations.resolve(path)) }))
        return tensor
    }

    /// Warns of classes that no example has.
    static func warnOfMissing(_ classes: Int?, in set: ExampleSet, by options: LuaOptions, _ call: LuaCall) {
        guard let classes, classes <= 1 << 16 else { return }
        let present = Set(set.classCounts.map(\.label))
        let missing = (0..<classes).filter { !present.contains($0) }
        guard !missing.isEmpty else { return }
        let shown = missing.prefix(10).map(String.init).joined(separator: ", ") + (missing.count > 10 ? ", …" : "")
        call.host.warningSink(
            "warning: \(options.owner): no example of set '\(set.name)' has the label\(missing.count == 1 ? "" : "s") \(shown)"
        )
    }
}
