internal import LuaBridge
internal import RLEditWorlds

/// `m`: what a reward is given.
struct MetricsArgument: LuaBound {
    static var luaName: String { "rledit.Metrics" }
    let scope: MetricsScope
}

/// `m.forget`: the metrics of one set.
struct SetMetrics: LuaBound {
    static var luaName: String { "rledit.SetMetrics" }
    let scope: MetricsScope
    let set: Int
    let isBase: Bool

    /// Names that a metric of the task author's cannot have.
    static let ownNames =
        Metric.allCases.map(\.luaName) + BinaryMetric.allCases.map(\.name) + [
            "count", "logits", "scores", "labels", "predictions", "class_accuracy", "groups", "group_names",
        ]
}

/// `m.base`: the metrics of the unedited network.
struct BaseMetrics: LuaBound {
    static var luaName: String { "rledit.BaseMetrics" }
    let scope: MetricsScope
}

/// `m.edit`: how far the candidate has moved.
struct EditMetrics: LuaBound {
    static var luaName: String { "rledit.EditMetrics" }
    let scope: MetricsScope
}

extension MetricsArgument {
    /// Names that a set cannot have, since `m` has them.
    static let reservedNames = ["base", "edit", "step", "episode", "progress", "copy"]

    /// The object that a reward is given, with an object for each set attached to it: reading `m.forget` stays in Lua.
    static func make(for scope: MetricsScope, host: LuaHost) throws -> LuaObject {
        let object = try host.makeObject(MetricsArgument(scope: scope))
        let base = try host.makeObject(BaseMetrics(scope: scope))
        for (index, name) in scope.sets.enumerated() {
            try object.attach(name, try SetMetrics(scope: scope, set: index, isBase: false).object(host: host))
            try base.attach(name, try SetMetrics(scope: scope, set: index, isBase: true).object(host: host))
        }
        try object.attach("base", base)
        try object.attach("edit", try host.makeObject(EditMetrics(scope: scope)))
        return object
    }
}
