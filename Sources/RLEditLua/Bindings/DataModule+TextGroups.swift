internal import LuaBridge
internal import RLEditData

extension HostModules {
    /// Methods that have to do with groups.
    static func addGroups(to type: LuaType<ScriptTextSet>, context: ScriptContext) {
        type.method(
            "group_by_terms",
            """
            The same texts with a group for each term: a text belongs to the groups of the terms that it mentions. Terms
            are words or sequences of words, as a list or as the path of a file with one a line. Whole words only; where
            terms overlap, the longest counts, so that `african american` is not a mention of `american`. An error when no
            text mentions any of them.
            @param terms string[]|string
            @return rledit.TextSet
            """
        ) { set, call in
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
        type.method(
            "group_counts",
            """
            Number of texts of each group.
            @return table<string, integer>
            """
        ) { set, call in
            try call.atMost(0)
            let table = try call.host.makeTable()
            if let groups = set.texts.groups {
                for (name, count) in zip(groups.names, groups.counts) { try table.set(name, count) }
            }
            return try call.returns(table)
        }
        type.method(
            "group",
            """
            The texts of one group, with that group only.
            @param name string
            @return rledit.TextSet
            """
        ) { set, call in
            try call.atMost(1)
            let name = try call.string(1)
            return try call.returns(try call.blaming(1) { try set.texts.inGroups([name]) })
        }
        type.method(
            "in_groups",
            """
            The texts that belong to one of the named groups at least, with these groups only, in this order.
            @param names string[]
            @return rledit.TextSet
            """
        ) { set, call in
            try call.atMost(1)
            let names = try call.table(1).array(of: String.self)
            return try call.returns(try call.blaming(1) { try set.texts.inGroups(names) })
        }
        type.method(
            "without_groups",
            """
            The same texts without groups.
            @return rledit.TextSet
            """
        ) { set, call in
            try call.atMost(0)
            return try call.returns(try set.texts.withGroups(nil))
        }
    }
}
