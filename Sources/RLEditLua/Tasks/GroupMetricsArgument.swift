internal import LuaBridge

/// `m.identity.groups`: the groups of one set, by name.
struct GroupsMetrics: LuaBound {
    static var luaName: String { "rledit.GroupsMetrics" }
    let scope: MetricsScope
    let set: Int
}

/// `m.identity.groups.gay`: the metrics of the examples of one group.
struct GroupMetrics: LuaBound {
    static var luaName: String { "rledit.GroupMetrics" }
    let scope: MetricsScope
    let set: Int
    let group: Int
    let isBase: Bool
}

extension SetMetrics {
    /// The object that a reward reads, with its groups attached: reading `m.identity.groups.gay` stays in Lua.
    func object(host: LuaHost) throws -> LuaObject {
        let object = try host.makeObject(self)
        let groups = try host.makeObject(GroupsMetrics(scope: scope, set: set))
        for (index, name) in scope.groups[set].enumerated() {
            try groups.attach(
                name, try host.makeObject(GroupMetrics(scope: scope, set: set, group: index, isBase: isBase)))
        }
        try object.attach("groups", groups)
        return object
    }
}
