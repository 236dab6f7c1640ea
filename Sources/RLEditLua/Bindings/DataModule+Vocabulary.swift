internal import LuaBridge
internal import RLEditData
internal import RLEditTensor

extension HostModules {
    /// `rledit.Vocabulary`.
    static func registerVocabulary(with host: LuaHost) throws {
        try host.register(ScriptVocabulary.self) { type in
            type.documentation(
                in: "rledit.data",
                """
                The words that a text classifier knows. `#vocabulary` is their number. It is saved with the models that
                use it.
                """
            )
            type.property("count", "integer number of words") { value, call in
                try call.returns(value.vocabulary.count)
            }
            type.property("weights", "\"binary\"|\"counts\"|\"tfidf\" which number a word of a text gets") {
                value, call in
                try call.returns(value.vocabulary.weights.rawValue)
            }
            type.property("minimum_count", "integer how often a word had to occur") { value, call in
                try call.returns(value.vocabulary.minimumCount)
            }
            type.length { $0.vocabulary.count }
            type.description { $0.vocabulary.description }
            type.nativeBytes { $0.vocabulary.byteCount }
            type.method(
                "encode",
                """
                The texts as examples for a network, `{ #vocabulary }` numbers each, almost all of them 0 and therefore
                kept sparse. Labels, groups and name are those of the texts.
                @param texts rledit.TextSet
                @return rledit.Set
                """
            ) { value, call in
                try call.atMost(1)
                let texts = try call.argument(1, as: TextSet.self)
                let set = try call.blaming(1) { try value.vocabulary.encode(texts) }
                return try call.returns(ScriptSet(examples: set, inputBytes: set.inputBytes))
            }
            type.method(
                "contains",
                """
                Whether the vocabulary has all words of a term.
                @param term string a word, or several
                @return boolean
                """
            ) { value, call in
                try call.atMost(1)
                return try call.returns(value.vocabulary.contains(try call.string(1)))
            }
            type.method(
                "index",
                """
                The number of a word, from 1 on; nil when the vocabulary does not have it.
                @param word string
                @return integer?
                """
            ) { value, call in
                try call.atMost(1)
                return try call.returns(value.vocabulary.index(of: try call.string(1)).map { $0 + 1 })
            }
            type.method(
                "words",
                """
                Words `first` to `last`, most frequent first; all by default.
                @param first integer?
                @param last integer?
                @return string[]
                """
            ) { value, call in
                try call.atMost(2)
                let rows = try rows(call, count: value.vocabulary.count)
                return try call.returns(Array(value.vocabulary.words[rows]))
            }
        }
    }
}
