internal import LuaBridge
internal import RLEditData
internal import RLEditTensor

extension HostModules {
    /// `rledit.TextSet`, `rledit.Vocabulary`, `rledit.Comments` and `rledit.Templates`.
    static func registerTexts(with host: LuaHost, context: ScriptContext) throws {
        try host.register(ScriptTextSet.self) { type in
            type.property("name") { set, call in try call.returns(set.texts.name) }
            type.property("source") { set, call in try call.returns(set.texts.source) }
            type.property("count") { set, call in try call.returns(set.texts.count) }
            type.property("hash") { set, call in try call.returns(set.texts.contentHash) }
            type.property("groups") { set, call in try call.returns(set.texts.groups?.names ?? []) }
            type.length { $0.texts.count }
            type.description { $0.texts.description }
            type.nativeBytes { $0.textBytes + $0.texts.count * 8 + ($0.texts.groups?.byteCount ?? 0) }
            addSelections(to: type)
            addGroups(to: type, context: context)
            addContents(to: type)
        }
        try registerVocabulary(with: host)
        try host.register(ScriptComments.self) { type in
            type.property("source") { value, call in try call.returns(value.comments.source) }
            type.property("hash") { value, call in try call.returns(value.comments.hash) }
            type.property("train") { value, call in try call.returns(value.train) }
            type.property("validation") { value, call in try call.returns(value.validation) }
            type.property("test") { value, call in try call.returns(value.test) }
            type.description { $0.comments.description }
        }
        try host.register(ScriptTemplates.self) { type in
            type.property("source") { value, call in try call.returns(value.templates.source) }
            type.property("hash") { value, call in try call.returns(value.templates.hash) }
            type.property("sentences") { value, call in try call.returns(value.sentences) }
            type.property("terms") { value, call in try call.returns(value.templates.terms) }
            type.description { $0.templates.description }
        }
    }

    /// Methods that give sets.
    private static func addSelections(to type: LuaType<ScriptTextSet>) {
        type.method("partition") { set, call in
            try call.atMost(1)
            let predicate = try call.function(1)
            let (matching, rest) = try set.texts.partition { label in
                try answer(of: predicate, to: [.integer(label)], call) { "for label \(label)" }
            }
            return try call.returns(matching, rest)
        }
        type.method("filter") { set, call in
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
        type.method("take") { set, call in
            try call.atMost(1)
            let count = try call.integer(1)
            return try call.returns(try call.blaming(1) { try set.texts.take(count) })
        }
        type.method("drop") { set, call in
            try call.atMost(1)
            let count = try call.integer(1)
            return try call.returns(try call.blaming(1) { try set.texts.drop(count) })
        }
        type.method("shuffle") { set, call in
            try call.atMost(1)
            return try call.returns(set.texts.shuffled(seed: UInt64(bitPattern: Int64(try call.integer(1)))))
        }
        type.method("split") { set, call in
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
        type.method("concat") { set, call in
            try call.atMost(1)
            let other = try call.argument(1, as: TextSet.self)
            try call.host.checkRoom(forElements: (set.texts.byteCount + other.byteCount) / 4)
            let joined = try call.blaming(1) { try set.texts.concat(other) }
            return try call.returns(ScriptTextSet(texts: joined, textBytes: joined.byteCount))
        }
        type.method("subset") { set, call in
            try call.atMost(1)
            let indices = try call.table(1).array(of: Int.self).map { index in
                guard let resolved = ScriptIndex.resolve(index, count: set.texts.count) else {
                    throw call.argumentError(1, "index \(index) is outside a set of \(set.texts.count) texts")
                }
                return resolved
            }
            return try call.returns(try set.texts.subset(indices))
        }
        type.method("named") { set, call in
            try call.atMost(1)
            return try call.returns(set.texts.named(try call.string(1)))
        }
    }

    /// Methods that have to do with groups.
    private static func addGroups(to type: LuaType<ScriptTextSet>, context: ScriptContext) {
        type.method("group_by_terms") { set, call in
            try call.atMost(1)
            let terms: [String]
            if case .table(let table) = call.value(1) {
                terms = try table.array(of: String.self, limit: 100_000)
            } else {
                let path = try call.string(1)
                terms = try told { try TermMatcher.terms(file: try context.locations.resolve(path)) }
            }
            return try call.returns(try call.blaming(1) { try set.texts.groupedByTerms(terms) })
        }
        type.method("group_counts") { set, call in
            try call.atMost(0)
            let table = try call.host.makeTable()
            if let groups = set.texts.groups {
                for (name, count) in zip(groups.names, groups.counts) { try table.set(name, count) }
            }
            return try call.returns(table)
        }
        type.method("group") { set, call in
            try call.atMost(1)
            let name = try call.string(1)
            return try call.returns(try call.blaming(1) { try set.texts.inGroups([name]) })
        }
        type.method("in_groups") { set, call in
            try call.atMost(1)
            let names = try call.table(1).array(of: String.self)
            return try call.returns(try call.blaming(1) { try set.texts.inGroups(names) })
        }
        type.method("without_groups") { set, call in
            try call.atMost(0)
            return try call.returns(try set.texts.withGroups(nil))
        }
    }

    /// Methods that give what is in a set.
    private static func addContents(to type: LuaType<ScriptTextSet>) {
        type.method("class_counts") { set, call in
            try call.atMost(0)
            let table = try call.host.makeTable()
            for (label, count) in set.texts.classCounts { try table.set(label, count) }
            return try call.returns(table)
        }
        type.method("text") { set, call in
            try call.atMost(1)
            let index = try call.integer(1)
            guard let resolved = ScriptIndex.resolve(index, count: set.texts.count) else {
                throw call.argumentError(1, "index \(index) is outside a set of \(set.texts.count) texts")
            }
            return try call.returns(set.texts.text(resolved))
        }
        type.method("texts") { set, call in
            try call.atMost(2)
            let rows = try rows(call, count: set.texts.count)
            return try call.returns(rows.map { set.texts.text($0) })
        }
        type.method("labels") { set, call in
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

    private static func registerVocabulary(with host: LuaHost) throws {
        try host.register(ScriptVocabulary.self) { type in
            type.property("count") { value, call in try call.returns(value.vocabulary.count) }
            type.property("weights") { value, call in try call.returns(value.vocabulary.weights.rawValue) }
            type.property("minimum_count") { value, call in try call.returns(value.vocabulary.minimumCount) }
            type.length { $0.vocabulary.count }
            type.description { $0.vocabulary.description }
            type.nativeBytes { $0.vocabulary.byteCount }
            type.method("encode") { value, call in
                try call.atMost(1)
                let texts = try call.argument(1, as: TextSet.self)
                let set = try call.blaming(1) { try value.vocabulary.encode(texts) }
                return try call.returns(ScriptSet(examples: set, inputBytes: set.inputBytes))
            }
            type.method("contains") { value, call in
                try call.atMost(1)
                return try call.returns(value.vocabulary.contains(try call.string(1)))
            }
            type.method("index") { value, call in
                try call.atMost(1)
                return try call.returns(value.vocabulary.index(of: try call.string(1)).map { $0 + 1 })
            }
            type.method("words") { value, call in
                try call.atMost(2)
                let rows = try rows(call, count: value.vocabulary.count)
                return try call.returns(Array(value.vocabulary.words[rows]))
            }
        }
    }
}
