package import LuaBridge
internal import RLEditData
internal import RLEditRuns
internal import RLEditTensor

/// What `rledit.data.digits` and its relatives return: a training set, a test set, and where they come from.
struct ScriptDigits: LuaBound {
    static var luaName: String { "rledit.Digits" }
    let data: DigitData
    /// The objects that scripts see: reading a field twice gives the same one.
    let train: LuaObject
    let test: LuaObject

    init(_ data: DigitData, host: LuaHost) throws {
        func object(_ set: ExampleSet) throws -> LuaObject {
            try host.makeObject(
                ScriptSet(examples: set, inputBytes: set.count * set.exampleShape.reduce(1, *)))
        }
        self.data = data
        train = try object(data.train)
        test = try object(data.test)
    }
}

extension HostModules {
    /// `rledit.data`: sets of labelled examples.
    package static func addData(to host: LuaHost, context: ScriptContext) throws {
        try registerSets(with: host)
        try registerTexts(with: host, context: context)
        try host.register(ScriptDigits.self) { type in
            type.property("source") { value, call in try call.returns(value.data.source) }
            type.property("hash") { value, call in try call.returns(value.data.hash) }
            type.property("train") { value, call in try call.returns(value.train) }
            type.property("test") { value, call in try call.returns(value.test) }
            type.description { "digits (\($0.data.source)): train \($0.data.train.count), test \($0.data.test.count)" }
        }
        host.addModule("rledit.data") { module in
            module.function("digits") { call in
                try call.options(1, of: "rledit.data.digits").finish()
                let data = try told { try Digits.digits(locations: context.locations, pool: context.pool) }
                if data.source == "generated" { context.hasStandInDigits = true }
                return try returns(data, call, context)
            }
            module.function("mnist") { call in
                try call.options(1, of: "rledit.data.mnist").finish()
                return try returns(try told { try Digits.mnist(locations: context.locations) }, call, context)
            }
            module.function("generated_digits") { call in
                let options = try call.options(1, of: "rledit.data.generated_digits")
                let seed = try options.optional("seed", as: Int.self).map { UInt64(bitPattern: Int64($0)) }
                let train = try options.optional("train", as: Int.self) ?? Digits.defaultTrainCount
                let test = try options.optional("test", as: Int.self) ?? Digits.defaultTestCount
                try options.finish()
                for (name, count) in [("train", train), ("test", test)] where count < 0 || count > 10_000_000 {
                    throw options.fieldError(name, "between 0 and 10000000 expected, got \(count)")
                }
                // An image of 28 × 28 bytes weighs as much as 196 floats.
                try call.host.checkRoom(forElements: (train + test) * 196)
                return try returns(
                    try told {
                        try Digits.generated(
                            seed: seed ?? Digits.defaultSeed, trainCount: train, testCount: test, pool: context.pool)
                    }, call, context)
            }
            module.function("idx") { call in try idx(call, context) }
            module.function("set") { call in try set(call) }
            addNumPy(to: module, context: context)
            addTexts(to: module, context: context)
        }
    }

    /// Data errors speak for themselves: they name the file or the setting.
    static func told<Result>(_ body: () throws -> Result) throws -> Result {
        do { return try body() } catch let error as DataError { throw LuaUsageError(error.description) }
    }

    /// Returns digits to the script and remembers them for the manifest.
    private static func returns(_ data: DigitData, _ call: LuaCall, _ context: ScriptContext) throws -> LuaResults {
        context.noteUse(of: Manifest.DataSource(name: data.source, file: nil, hash: data.hash))
        return try call.returns(try ScriptDigits(data, host: call.host))
    }

    private static func idx(_ call: LuaCall, _ context: ScriptContext) throws -> LuaResults {
        try call.atMost(1)
        let options = try call.options(1, of: "rledit.data.idx")
        let images = try options.required("images", as: String.self)
        let labels = try options.required("labels", as: String.self)
        let classes = try options.optional("classes", as: Int.self)
        let name = try options.optional("name", as: String.self) ?? "idx"
        try options.finish()
        let examples = try told {
            try IDX.exampleSet(
                name: name, source: images, images: try context.locations.resolve(images),
                labels: try context.locations.resolve(labels), classes: classes)
        }
        context.noteUse(of: Manifest.DataSource(name: name, file: images, hash: examples.contentHash))
        return try call.returns(
            ScriptSet(examples: examples, inputBytes: examples.count * examples.exampleShape.reduce(1, *)))
    }

    /// A set of the script's own numbers.
    private static func set(_ call: LuaCall) throws -> LuaResults {
        try call.atMost(1)
        let options = try call.options(1, of: "rledit.data.set")
        let inputs = try options.tensor("inputs")
        let labels = try options.labels("labels")
        let name = try options.optional("name", as: String.self) ?? "set"
        try options.finish()
        let examples = try told {
            try ExampleSet(name: name, source: "script", inputs: inputs, labels: labels)
        }
        return try call.returns(ScriptSet(examples: examples, inputBytes: inputs.count * 4))
    }
}

extension ScriptContext {
    /// Remembers data for the manifest, once.
    func noteUse(of source: Manifest.DataSource) {
        guard
            let known = usedData.firstIndex(where: {
                ($0.name, $0.file, $0.hash) == (source.name, source.file, source.hash)
            })
        else { return usedData.append(source) }
        // A file that a model was loaded from is that model's, whatever else was read of it.
        if source.kind != .data { usedData[known].kind = source.kind }
    }
}

extension LuaOptions {
    /// A required tensor, or a nested table as one.
    func tensor(_ name: String) throws -> Tensor {
        guard case .table(let table) = try value(name) else { return try required(name) }
        do {
            return try NestedTable.read(table, host: table.host)
        } catch let error as LuaUsageError {
            throw fieldError(name, error.description)
        }
    }

    /// Required class labels: a table or a vector of integers.
    func labels(_ name: String) throws -> [Int] {
        switch try value(name) {
        case .table(let table):
            do { return try table.array(of: Int.self) } catch let error as LuaUsageError {
                throw fieldError(name, error.description)
            }
        case .object:
            let tensor = try required(name, as: Tensor.self)
            guard tensor.rank == 1 else { throw fieldError(name, "a vector expected, got shape \(tensor.shape)") }
            return try tensor.scalars.enumerated().map { index, value in
                guard let label = Int(exactly: value) else {
                    throw fieldError(name, "label \(value) of example \(index + 1) is not an integer")
                }
                return label
            }
        default: throw fieldError(name, "table or \(ScriptTensor.luaName) expected, got \(try value(name).typeName)")
        }
    }
}
