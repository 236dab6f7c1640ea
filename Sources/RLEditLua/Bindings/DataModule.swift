package import LuaBridge
internal import RLEditData
internal import RLEditRuns
internal import RLEditTensor

extension HostModules {
    /// `rledit.data`: sets of labelled examples.
    package static func addData(to host: LuaHost, context: ScriptContext) throws {
        try registerSets(with: host)
        try registerPictures(with: host)
        try registerTexts(with: host, context: context)
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
            addDigits(to: module, context: context)
            addPictureData(to: module, context: context)
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
                `inputs[3] holds NaN at [1, 14, 2]`. `weights` says how much each example counts in training.
                @param options { inputs: rledit.Numbers, labels: integer[]|rledit.Tensor, weights: rledit.Numbers?, \
                name: string? }
                @return rledit.Set
                """
            ) { call in try set(call) }
            addImageFolder(to: module, context: context)
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
            case .invalidWeights(let fault): throw options.fieldError("weights", fault.description)
            case .unpaired: throw LuaUsageError("\(options.owner): \(error.description)")
            default: throw LuaUsageError(error.description)
            }
        }
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
            ScriptSet(examples: examples, inputBytes: examples.inputBytes))
    }

    /// A set of the script's own numbers.
    private static func set(_ call: LuaCall) throws -> LuaResults {
        try call.atMost(1)
        let options = try call.options(1, of: "rledit.data.set")
        let inputs = try options.tensor("inputs")
        let labels = try options.labels("labels")
        let weights = try options.value("weights").isNil ? nil : try options.tensor("weights").scalars
        let name = try options.optional("name", as: String.self) ?? "set"
        try options.finish()
        let examples = try told(by: options) {
            try ExampleSet(name: name, source: "script", inputs: inputs, labels: labels).withWeights(weights)
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
