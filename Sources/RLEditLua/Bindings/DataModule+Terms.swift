internal import LuaBridge
internal import RLEditData
internal import RLEditTensor

/// Terms that texts mention: pairs that differ in them, and halves of a list.
extension HostModules {
    /// `swap_terms` of texts.
    static func addSwapping(to type: LuaType<ScriptTextSet>) {
        type.method(
            "swap_terms",
            """
            The texts that mention one of these terms, and the same texts with each term in place of another one: pairs that
            say the same of others. `with` gives words to put in the place of terms, `{ "person" }` for example. Both have
            the words of the texts in lower case with blanks between them, and their labels.
            @param terms string[] at least two, or one where there are words
            @param options? { with: string[]?, seed: integer? }
            @return rledit.TextSet original
            @return rledit.TextSet swapped
            """
        ) { set, call in
            try call.atMost(2)
            let terms = try call.table(1).array(of: String.self)
            let options = try call.options(2, of: "rledit.TextSet:swap_terms")
            let seed = try options.optional("seed", as: Int.self) ?? 0
            let words = try options.optional("with", as: LuaTable.self)?.array(of: String.self)
            try options.finish()
            try call.host.checkRoom(forElements: set.texts.byteCount / 2)
            var stream = RandomStream(seed: UInt64(bitPattern: Int64(seed)), name: "swap terms")
            let pairs = try call.blaming(1) { try set.texts.pairsBySwapping(terms, with: words, using: &stream) }
            return try call.returns(pairs.original, pairs.swapped)
        }
    }

    /// `split_terms` of templates.
    static func addTermHalves(to type: LuaType<ScriptTemplates>) {
        type.method(
            "split_terms",
            """
            The terms in two halves, in an order drawn from the seed: one to tune on, one to judge by.
            @param seed integer
            @return string[] first
            @return string[] second
            """
        ) { value, call in
            try call.atMost(1)
            let seed = UInt64(bitPattern: Int64(try call.integer(1)))
            var stream = RandomStream(seed: seed, name: "split terms")
            let terms = value.templates.terms
            let order = stream.permutation(terms.count).map { terms[$0] }
            let middle = order.count / 2
            return try call.returns(Array(order[..<middle]), Array(order[middle...]))
        }
        type.method(
            "split_words",
            """
            The sentences that use one half of the words, and those that use the other half, in halves drawn from the seed;
            those with words of both are left out. Terms and the words of grammar (`i am a`, `you are`, `being`) count for
            neither. Words of toxic sentences, of harmless ones and of both are halved apart.
            @param seed integer
            @return rledit.TextSet first
            @return rledit.TextSet second
            """
        ) { value, call in
            try call.atMost(1)
            let seed = UInt64(bitPattern: Int64(try call.integer(1)))
            var stream = RandomStream(seed: seed, name: "split words")
            let halves = try told { try WordHalves(of: value.templates, using: &stream) }
            return try call.returns(halves.first, halves.second)
        }
    }
}
