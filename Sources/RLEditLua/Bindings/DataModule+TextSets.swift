internal import LuaBridge
internal import RLEditData
internal import RLEditTensor

extension HostModules {
    /// `rledit.TextSet`, `rledit.Vocabulary`, `rledit.Comments` and `rledit.Templates`.
    static func registerTexts(with host: LuaHost, context: ScriptContext) throws {
        try host.register(ScriptTextSet.self) { type in
            type.documentation(
                in: "rledit.data",
                """
                An ordered set of labelled texts. Sets do not change: methods give new ones, which share the texts.
                `#set` is the number of texts. A vocabulary makes a set of examples of it.
                """
            )
            type.property("name", "string") { set, call in try call.returns(set.texts.name) }
            type.property("source", "string where the texts come from") { set, call in
                try call.returns(set.texts.source)
            }
            type.property("count", "integer number of texts") { set, call in try call.returns(set.texts.count) }
            type.property("hash", "string SHA-256 of texts, labels and groups in their order") { set, call in
                try call.returns(set.texts.contentHash)
            }
            type.property("groups", "string[] names of the groups, in their order; empty for a set without groups") {
                set, call in
                try call.returns(set.texts.groups?.names ?? [])
            }
            type.property("classes", "string[] names of the labels: label 0 has the first; empty where they have none")
            {
                set, call in
                try call.returns(set.texts.classNames)
            }
            type.length { $0.texts.count }
            type.description { $0.texts.description }
            type.nativeBytes { $0.textBytes + $0.texts.count * 8 + ($0.texts.groups?.byteCount ?? 0) }
            addSelections(to: type)
            addGroups(to: type, context: context)
            addLabels(to: type)
            addContents(to: type)
            addSwapping(to: type)
        }
        try registerVocabulary(with: host)
        try registerWordPiece(with: host)
        try host.register(ScriptComments.self) { type in
            type.documentation(in: "rledit.data", "Comments in three parts.")
            type.property("source", "string `jigsaw` or `generated`") { value, call in
                try call.returns(value.comments.source)
            }
            type.property("hash", "string SHA-256 of all parts") { value, call in
                try call.returns(value.comments.hash)
            }
            type.property("train", "rledit.TextSet comments to learn from") { value, call in
                try call.returns(value.train)
            }
            type.property("validation", "rledit.TextSet comments to choose by, or for a reward") { value, call in
                try call.returns(value.validation)
            }
            type.property("test", "rledit.TextSet comments held out") { value, call in try call.returns(value.test) }
            type.description { $0.comments.description }
        }
        try host.register(ScriptTemplates.self) { type in
            type.documentation(in: "rledit.data", "Sentences about identity terms.")
            type.property("source", "string `jigsaw` or `generated`") { value, call in
                try call.returns(value.templates.source)
            }
            type.property("hash", "string SHA-256 of sentences, labels and groups") { value, call in
                try call.returns(value.templates.hash)
            }
            type.property("sentences", "rledit.TextSet with a group for each term") { value, call in
                try call.returns(value.sentences)
            }
            type.property("terms", "string[] the terms, in the order of their list") { value, call in
                try call.returns(value.templates.terms)
            }
            addTermHalves(to: type)
            type.description { $0.templates.description }
        }
    }

    /// Methods that give sets.
    private static func addSelections(to type: LuaType<ScriptTextSet>) {
        type.method(
            "partition",
            """
            Two sets: the texts whose label satisfies the predicate, and the rest. The predicate is asked once for each
            label that occurs and must answer true or false.
            @param predicate fun(label: integer): boolean
            @return rledit.TextSet matching
            @return rledit.TextSet rest
            """
        ) { set, call in
            try call.atMost(1)
            let predicate = try call.function(1)
            let (matching, rest) = try set.texts.partition { label in
                try answer(of: predicate, to: [.integer(label)], call) { "for label \(label)" }
            }
            return try call.returns(matching, rest)
        }
        type.method(
            "filter",
            """
            Two sets: the texts that satisfy the predicate, and the rest. The predicate gets a text, its label and, in a
            set with groups, the names of its groups.
            @param predicate fun(text: string, label: integer, groups: string[]?): boolean
            @return rledit.TextSet matching
            @return rledit.TextSet rest
            """
        ) { set, call in
            try call.atMost(1)
            let predicate = try call.function(1)
            let texts = set.texts
            let (matching, rest) = try texts.divide { index in
                var arguments: [LuaValue] = [
                    .string(LuaString(texts.text(index))), .integer(Int(texts.orderedLabels[index])),
                ]
                if let groups = texts.groups {
                    arguments.append(
                        .table(try call.host.makeTable(groups.groups(of: index).map { groups.names[$0] })))
                }
                return try answer(of: predicate, to: arguments, call) { "for text \(index + 1)" }
            }
            return try call.returns(matching, rest)
        }
        type.method(
            "take",
            """
            The first `count` texts; an error when there are fewer.
            @param count integer
            @return rledit.TextSet
            """
        ) { set, call in
            try call.atMost(1)
            let count = try call.integer(1)
            return try call.returns(try call.blaming(1) { try set.texts.take(count) })
        }
        type.method(
            "drop",
            """
            All but the first `count` texts; an error when there are fewer.
            @param count integer
            @return rledit.TextSet
            """
        ) { set, call in
            try call.atMost(1)
            let count = try call.integer(1)
            return try call.returns(try call.blaming(1) { try set.texts.drop(count) })
        }
        type.method(
            "shuffle",
            """
            The texts in an order drawn from the seed.
            @param seed integer
            @return rledit.TextSet
            """
        ) { set, call in
            try call.atMost(1)
            return try call.returns(set.texts.shuffled(seed: UInt64(bitPattern: Int64(try call.integer(1)))))
        }
        type.method(
            "split",
            """
            Consecutive parts: the first `fraction` and the rest, or parts of the given sizes.
            @param parts number|integer[] a fraction in 0 … 1, or sizes
            @return rledit.TextSet ...
            """
        ) { set, call in
            try call.atMost(1)
            let parts: [TextSet]
            if case .table(let table) = call.value(1) {
                let counts = try table.array(of: Int.self, limit: 1000)
                parts = try call.blaming(1) { try set.texts.split(counts: counts) }
            } else {
                let fraction = try call.number(1)
                // Two parts in any case, as sets of examples have them.
                parts = try call.blaming(1) {
                    let parts = try set.texts.split(fractions: [fraction])
                    return parts.count == 2 ? parts : [parts[0], try set.texts.drop(parts[0].count)]
                }
            }
            return try call.returns(
                list: try parts.map { .object(try call.host.makeObject(ScriptTextSet(texts: $0))) })
        }
        type.method(
            "concat",
            """
            The texts of this set, then those of the other. Groups of one name become one.
            @param other rledit.TextSet
            @return rledit.TextSet
            """
        ) { set, call in
            try call.atMost(1)
            let other = try call.argument(1, as: TextSet.self)
            try call.host.checkRoom(forElements: (set.texts.byteCount + other.byteCount) / 4)
            let joined = try call.blaming(1) { try set.texts.concat(other) }
            return try call.returns(ScriptTextSet(texts: joined, textBytes: joined.byteCount))
        }
        type.method(
            "subset",
            """
            The texts at these places, in this order; a place may come more than once.
            @param indices integer[]
            @return rledit.TextSet
            """
        ) { set, call in
            try call.atMost(1)
            let indices = try call.table(1).array(of: Int.self).map { index in
                guard let resolved = ScriptIndex.resolve(index, count: set.texts.count) else {
                    throw call.argumentError(1, "index \(index) is outside a set of \(set.texts.count) texts")
                }
                return resolved
            }
            return try call.returns(try set.texts.subset(indices))
        }
        type.method(
            "named",
            """
            The same texts under another name.
            @param name string
            @return rledit.TextSet
            """
        ) { set, call in
            try call.atMost(1)
            return try call.returns(set.texts.named(try call.string(1)))
        }
    }

    /// Methods that give what is in a set.
    private static func addContents(to type: LuaType<ScriptTextSet>) {
        type.method(
            "class_counts",
            """
            Number of texts by label.
            @return table<integer, integer>
            """
        ) { set, call in
            try call.atMost(0)
            let table = try call.host.makeTable()
            for (label, count) in set.texts.classCounts { try table.set(label, count) }
            return try call.returns(table)
        }
        type.method(
            "text",
            """
            The text at a place.
            @param index integer from 1 on, or from the end when negative
            @return string
            """
        ) { set, call in
            try call.atMost(1)
            let index = try call.integer(1)
            guard let resolved = ScriptIndex.resolve(index, count: set.texts.count) else {
                throw call.argumentError(1, "index \(index) is outside a set of \(set.texts.count) texts")
            }
            return try call.returns(set.texts.text(resolved))
        }
        type.method(
            "texts",
            """
            Texts `first` to `last`; all by default.
            @param first integer?
            @param last integer?
            @return string[]
            """
        ) { set, call in
            try call.atMost(2)
            let rows = try rows(call, count: set.texts.count)
            return try call.returns(rows.map { set.texts.text($0) })
        }
        type.method(
            "labels",
            """
            Labels of texts `first` to `last`; all by default.
            @param first integer?
            @param last integer?
            @return integer[]
            """
        ) { set, call in
            try call.atMost(2)
            let rows = try rows(call, count: set.texts.count)
            return try call.returns(Array(set.texts.labels[rows]))
        }
    }

    /// What a predicate of the script's says.
    private static func answer(
        of predicate: LuaFunction, to arguments: [LuaValue], _ call: LuaCall, place: () -> String
    ) throws -> Bool {
        let result = try predicate.call(arguments).first ?? .nil
        guard case .boolean(let answer) = result else {
            throw call.argumentError(1, "\(place()): boolean expected, got \(result.typeName)")
        }
        return answer
    }
}
