internal import LuaBridge
internal import RLEditData

extension HostModules {
    /// Fields and methods of `rledit.Set` that have to do with groups.
    static func addGroups(to type: LuaType<ScriptSet>) {
        type.property("groups", "string[] names of the groups, in their order; empty for a set without groups") {
            set, call in
            try call.returns(set.examples.groups?.names ?? [])
        }
        type.method(
            "group_counts",
            """
            Number of examples by group.
            @return table<string, integer>
            """
        ) { set, call in
            try call.atMost(0)
            let table = try call.host.makeTable()
            if let groups = set.examples.groups {
                for (name, count) in zip(groups.names, groups.counts) { try table.set(name, count) }
            }
            return try call.returns(table)
        }
        type.method(
            "group_members",
            """
            Places of the examples of a group, ascending.
            @param name string
            @return integer[]
            """
        ) { set, call in
            try call.atMost(1)
            let name = try call.string(1)
            let members = try call.blaming(1) { try set.examples.members(ofGroup: name) }
            return try call.returns(members.map { $0 + 1 })
        }
        type.method(
            "group",
            """
            The examples of one group; the result has this group only.
            @param name string
            @return rledit.Set
            """
        ) { set, call in
            try call.atMost(1)
            let name = try call.string(1)
            return try call.returns(try call.blaming(1) { try set.examples.inGroups([name]) })
        }
        type.method(
            "in_groups",
            """
            The examples that belong to at least one of these groups. The result has these groups only, in this order: a
            set of the tuning terms knows nothing of the held-out ones.
            @param names string[]
            @return rledit.Set
            """
        ) { set, call in
            try call.atMost(1)
            let names = try call.table(1).array(of: String.self)
            return try call.returns(try call.blaming(1) { try set.examples.inGroups(names) })
        }
        type.method(
            "with_groups",
            """
            The same examples with these groups instead of any they had: names, each with the places of its examples, as
            in `{ short = { 1, 4 }, long = { 2, 4, -1 } }`. They come in the order of their names.
            @param members table<string, integer[]>
            @return rledit.Set
            """
        ) { set, call in
            try call.atMost(1)
            let (names, members) = try memberLists(call, count: set.examples.count)
            return try call.returns(try call.blaming(1) { try set.examples.withGroups(names: names, members: members) })
        }
        type.method(
            "without_groups",
            """
            The same examples without groups.
            @return rledit.Set
            """
        ) { set, call in
            try call.atMost(0)
            return try call.returns(try set.examples.withGroups(nil))
        }
    }

    /// Groups as scripts give them: a table from names to lists of places. They come by sorted name, since a table has
    /// no order.
    private static func memberLists(_ call: LuaCall, count: Int) throws -> (names: [String], members: [[Int]]) {
        let table = try call.table(1)
        var names: [String] = []
        var members: [[Int]] = []
        for key in try table.sortedKeys() {
            guard case .string(let name) = key else {
                throw call.argumentError(1, "a group's name must be a string, got \(key.typeName)")
            }
            let places: [Int]
            do {
                guard case .table(let list) = try table.get(key) else {
                    throw LuaUsageError("table of places expected, got \(try table.get(key).typeName)")
                }
                places = try list.array(of: Int.self)
            } catch let error as LuaUsageError {
                throw call.argumentError(1, "group '\(name.text)': \(error.description)")
            }
            names.append(name.text)
            members.append(
                try places.map { place in
                    guard let resolved = ScriptIndex.resolve(place, count: count) else {
                        throw call.argumentError(
                            1, "group '\(name.text)': place \(place) is outside a set of \(count) examples")
                    }
                    return resolved
                })
        }
        return (names, members)
    }
}
