internal import LuaBridge
internal import RLEditData
internal import RLEditRuns
internal import RLEditTensor

extension HostModules {
    /// `rledit.data.wordpiece`.
    static func addWordPiece(to module: LuaModule, context: ScriptContext) {
        module.function(
            "wordpiece",
            """
            The tokenizer of a pretrained encoder of BERT's kind: its `tokenizer.json`, which says its own rules, or its
            `vocab.txt`, which is uncased unless `cased = true`, or the same list as a table. Texts become the tokens that
            Hugging Face's tokenizer gives.

            ```
            local tokenizer = data.wordpiece "tokenizer.json"
            local set = tokenizer:encode(data.comments().train, { maximum_length = 64 })
            local encoder = rledit.models.bert { config = "config.json", length = 64, classes = 2 }
            ```
            @param file string|{ path: string?, tokens: string[]?, cased: boolean? }
            @return rledit.WordPiece
            """
        ) { call in
            try call.atMost(1)
            var path = ""
            var cased: Bool?
            if case .string = call.value(1) {
                path = try call.string(1)
            } else {
                let options = try call.options(1, of: "rledit.data.wordpiece")
                cased = try options.optional("cased", as: Bool.self)
                if let tokens = try options.optional("tokens", as: LuaTable.self) {
                    try options.finish()
                    let made: WordPiece
                    let list = try tokens.array(of: String.self)
                    do throws(WordPieceFault) { made = try WordPiece(tokens: list, cased: cased ?? false) } catch {
                        throw options.fieldError("tokens", error.description)
                    }
                    return try call.returns(ScriptWordPiece(tokenizer: made))
                }
                path = try options.required("path", as: String.self)
                try options.finish()
            }
            let (tokenizer, hash) = try told {
                let resolved = try context.locations.resolve(path)
                // Strings and nodes of a tree, about ten bytes for each of the file.
                try call.host.checkRoom(forElements: try sizeOfFile(resolved) * 3)
                return try WordPiece.read(resolved, cased: cased)
            }
            context.noteUse(of: Manifest.DataSource(name: fileName(path), file: path, hash: hash))
            return try call.returns(ScriptWordPiece(tokenizer: tokenizer))
        }
    }

    /// `rledit.WordPiece`.
    static func registerWordPiece(with host: LuaHost) throws {
        try host.register(ScriptWordPiece.self) { type in
            type.documentation(
                in: "rledit.data",
                """
                BERT's tokenizer. `#tokenizer` is the number of its tokens. Numbers of tokens are those of the file, from 0.
                """
            )
            type.property("count", "integer number of tokens") { value, call in try call.returns(value.tokenizer.count)
            }
            type.property("cased", "boolean whether capitals stay") { value, call in
                try call.returns(!value.tokenizer.rules.lowersCase)
            }
            type.length { $0.tokenizer.count }
            type.description { $0.tokenizer.description }
            type.nativeBytes { $0.tokenizer.byteCount }
            addEncoding(to: type)
        }
    }

    private static func addEncoding(to type: LuaType<ScriptWordPiece>) {
        type.method(
            "encode",
            """
            The texts as examples for an encoder such as `rledit.models.bert`: each is `maximum_length` numbers (128 by
            default), the tokens with [CLS] and [SEP], then -1. A text with more tokens loses its end. Labels, groups and name
            are those of the texts.
            @param texts rledit.TextSet
            @param options? { maximum_length: integer? }
            @return rledit.Set
            """
        ) { value, call in
            try call.atMost(2)
            let texts = try call.argument(1, as: TextSet.self)
            let options = try call.options(2, of: "encode")
            let length = try options.optional("maximum_length", as: Int.self) ?? 128
            try options.finish()
            guard length >= 2, length <= 1 << 16 else {
                throw options.fieldError("maximum_length", "between 2 and \(1 << 16) expected, got \(length)")
            }
            try call.host.checkRoom(forElements: texts.count * length)
            let examples = try call.blaming(1) { try value.tokenizer.encode(texts, maximumLength: length).examples }
            return try call.returns(ScriptSet(examples: examples, inputBytes: examples.inputBytes))
        }
        type.method(
            "tokens",
            """
            The numbers of the tokens of one text, with [CLS] and [SEP].
            @param text string
            @return integer[]
            """
        ) { value, call in
            try call.atMost(1)
            return try call.returns(value.tokenizer.encode(try call.string(1)))
        }
        type.method(
            "decode",
            """
            The text of some tokens: its words and marks with a blank between them, without [CLS], [SEP] and padding.
            @param tokens integer[]
            @return string
            """
        ) { value, call in
            try call.atMost(1)
            let tokens = try call.table(1).array(of: Int.self)
            return try call.returns(try call.blaming(1) { try value.tokenizer.decode(tokens) })
        }
    }
}
