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
        try registerPictures(with: host)
        try registerTexts(with: host, context: context)
        try host.register(ScriptDigits.self) { type in
            type.documentation(in: "rledit.data", "Training and test images of the ten digits.")
            type.property("source", "string `mnist` or `generated`") { value, call in
                try call.returns(value.data.source)
            }
            type.property("hash", "string SHA-256 of both sets") { value, call in try call.returns(value.data.hash) }
            type.property("train", "rledit.Set examples to learn from") { value, call in try call.returns(value.train) }
            type.property("test", "rledit.Set examples held out") { value, call in try call.returns(value.test) }
            type.description { "digits (\($0.data.source)): train \($0.data.train.count), test \($0.data.test.count)" }
        }
        host.addModule("rledit.data") { module in
            module.documentation(
                """
                Sets of labelled examples.

                Paths are looked up under the data roots: `--data`, `RLEDIT_DATA`, `$XDG_DATA_HOME/rledit`, and `data/`
                under the current folder, in this order. Absolute paths and `..` need `--allow FILE`. What a script
                loads is named, with its hash, in the run's manifest.

                ```lua
                local data = require "rledit.data"
                local digits = data.digits()
                local sevens, others = digits.train:partition(function(label) return label == 7 end)
                print(digits.source, sevens:take(500), others:shuffle(1):take(2000))

                local comments = data.comments()
                local vocabulary = data.vocabulary(comments.train, { maximum_size = 5000 })
                print(comments, vocabulary:contains "teacher", vocabulary:encode(comments.train))
                ```
                """
            )
            module.function(
                "digits",
                """
                MNIST if a data root holds it, else generated digits; the field `source` says which.
                @return rledit.Digits
                """
            ) { call in
                try call.options(1, of: "rledit.data.digits").finish()
                let data = try told { try Digits.digits(locations: context.locations, pool: context.pool) }
                if data.source == "generated" { context.hasStandInDigits = true }
                return try returns(data, call, context)
            }
            module.function(
                "mnist",
                """
                The 60,000 training and 10,000 test images of MNIST. Raises when a data root does not hold it, and names
                the command that fetches it.
                @return rledit.Digits
                """
            ) { call in
                try call.options(1, of: "rledit.data.mnist").finish()
                return try returns(try told { try Digits.mnist(locations: context.locations) }, call, context)
            }
            module.function(
                "generated_digits",
                """
                Digits drawn from strokes with random pose, thickness and noise: 28×28 grey images, the same on every
                machine for a seed. By default 20,000 for training and 4,000 for testing, of seed 0.
                @param options? { seed: integer?, train: integer?, test: integer? }
                @return rledit.Digits
                """
            ) { call in
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
            module.function(
                "idx",
                """
                A set read from a pair of IDX files, plain or compressed with gzip: grey images in 0 … 1 and their
                labels. With `classes`, labels must be below it.
                @param options { images: string, labels: string, classes: integer?, name: string? }
                @return rledit.Set
                """
            ) { call in try idx(call, context) }
            module.function(
                "set",
                """
                A set of your own numbers: `inputs` is `[examples, …]`, with a label (an integer from 0 on) for each
                example. A number that is NaN or infinite in 32 bits is an error that names the example and the place:
                `inputs[3] holds NaN at [1, 14, 2]`.
                @param options { inputs: rledit.Numbers, labels: integer[]|rledit.Tensor, name: string? }
                @return rledit.Set
                """
            ) { call in try set(call) }
            addPictures(to: module, context: context)
            addNumPy(to: module, context: context)
            addJSON(to: module, context: context)
            addArrays(to: module, context: context)
            addTables(to: module, context: context)
            addTexts(to: module, context: context)
            addWordPiece(to: module, context: context)
        }
    }

    /// Data errors speak for themselves: they name the file or the setting.
    static func told<Result>(_ body: () throws -> Result) throws -> Result {
        do { return try body() } catch let error as DataError { throw LuaUsageError(error.description) }
    }

    /// The same of what a script gave itself, which no file names: the function and the field do.
    static func told<Result>(by options: LuaOptions, _ body: () throws -> Result) throws -> Result {
        do { return try body() } catch let error as DataError {
            switch error {
            case .notFinite, .inputsWithoutExamples: throw options.fieldError("inputs", error.description)
            case .labelOutOfRange(_, let position, let label, _):
                throw options.fieldError(
                    "labels", "label \(label) of example \(position + 1) is out of range: labels begin at 0")
            case .unpaired: throw LuaUsageError("\(options.owner): \(error.description)")
            default: throw LuaUsageError(error.description)
            }
        }
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
        let examples = try told(by: options) {
            try ExampleSet(name: name, source: "script", inputs: inputs, labels: labels)
        }
        return try call.returns(ScriptSet(examples: examples, inputBytes: inputs.count * 4))
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
                if let word = try table.firstWord() {
                    throw fieldError(
                        name,
                        "label \(word.index) is the word '\(word.text)': labels are whole numbers from 0 on; a table makes them, "
                            + "({ [\"\(word.text)\"] = 0, … })[word]")
                }
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

extension LuaTable {
    /// The first element of an array that is a word: text that is not a number.
    fileprivate func firstWord() throws -> (index: Int, text: String)? {
        var index = 1
        while true {
            switch try get(index) {
            case .nil: return nil
            case .string(let text) where Double(text.text) == nil:
                return (index, String(text.text.prefix(40)))
            default: index += 1
            }
        }
    }
}
