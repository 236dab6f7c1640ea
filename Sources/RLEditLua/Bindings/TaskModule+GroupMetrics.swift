internal import LuaBridge
internal import RLEditCore
internal import RLEditWorlds

extension HostModules {
    /// The types of `m.identity.groups`.
    static func addGroupMetrics(to host: LuaHost) throws {
        try host.register(GroupsMetrics.self) { type in
            type.documentation(in: "rledit.task", "The groups of a set by name; `#groups` is their number.")
            type.otherFields("rledit.GroupMetrics") { value, name, _ in
                let (set, known) = (value.scope.sets[value.set], value.scope.groups[value.set])
                throw LuaUsageError(
                    known.isEmpty
                        ? "set '\(set)' has no groups"
                        : "set '\(set)' has no group '\(name)'"
                            + NearestName.help(for: name, among: known, of: "groups"))
            }
            type.length { $0.scope.groups[$0.set].count }
            type.description { "metrics of the groups of the set '\($0.scope.sets[$0.set])'" }
        }
        try host.register(GroupMetrics.self) { type in
            type.documentation(
                in: "rledit.task",
                """
                Measures of two classes on the examples of one group; nil, with one warning, where undefined.
                """
            )
            for metric in GroupMetric.allCases {
                type.property(metric.name, "number? \(metric.documentation)") { value, call in
                    try call.returns(
                        try value.scope.value(
                            metric, group: value.group, set: value.set, isBase: value.isBase, host: call.host))
                }
            }
            type.property("count", "integer number of examples") { value, call in
                try call.returns(try value.scope.count(ofGroup: value.group, set: value.set))
            }
            type.description { value in
                "metrics of the group '\(value.scope.groups[value.set][value.group])' of the set "
                    + "'\(value.scope.sets[value.set])'"
            }
        }
    }
}
