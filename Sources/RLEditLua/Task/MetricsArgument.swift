internal import LuaBridge
internal import RLEditCore
internal import RLEditTensor
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

extension HostModules {
    /// The types of a reward's argument.
    static func addMetricsArgument(to host: LuaHost) throws {
        try host.register(MetricsArgument.self) { type in
            type.attachedFields("base", "edit")
            type.property("step") { value, call in try call.returns(value.scope.current().step) }
            type.property("episode") { value, call in try call.returns(value.scope.current().episode) }
            type.number("progress") { try $0.scope.current().progress }
            type.method("copy") { value, call in try call.returns(value.scope.copy(host: call.host)) }
            type.otherFields { value, name, _ in throw noSet(name, value.scope, others: MetricsArgument.reservedNames) }
            type.description { "metrics of the sets \($0.scope.sets.joined(separator: ", "))" }
        }
        try host.register(BaseMetrics.self) { type in
            type.otherFields { value, name, _ in throw noSet(name, value.scope, others: []) }
            type.description { _ in "metrics of the unedited network" }
        }
        try host.register(EditMetrics.self) { type in
            type.number("norm") { try $0.scope.magnitude().norm }
            type.number("mean_abs") { try $0.scope.magnitude().meanAbsolute }
            type.number("relative_norm") { try $0.scope.magnitude().relativeNorm }
            type.property("model") { value, call in try call.returns(try value.scope.editedNetwork()) }
            type.description { _ in "size of the edit" }
        }
        try addGroupMetrics(to: host)
        try host.register(SetMetrics.self) { type in
            for metric in Metric.allCases {
                type.number(metric.luaName) { try $0.scope.value(metric, set: $0.set, isBase: $0.isBase) }
            }
            for metric in BinaryMetric.allCases {
                type.property(metric.name) { value, call in
                    try call.returns(
                        try value.scope.value(metric, set: value.set, isBase: value.isBase, host: call.host))
                }
            }
            addScores(to: type)
            type.attachedFields("groups")
            let names = type.memberNames
            type.otherFields { value, name, call in
                if let index = value.scope.customMetrics.firstIndex(where: { $0.name == name }) {
                    let result = try value.scope.custom(index, set: value.set, isBase: value.isBase, view: value)
                    return try call.returns(result)
                }
                let known = names + value.scope.customMetrics.map(\.name)
                throw LuaUsageError(
                    "set '\(value.scope.sets[value.set])' has no metric '\(name)'"
                        + NearestName.help(for: name, among: known, of: "metrics"))
            }
            type.description { "metrics of the set '\($0.scope.sets[$0.set])'" }
        }
    }

    private static func addScores(to type: LuaType<SetMetrics>) {
        type.property("count") { value, call in try call.returns(value.scope.count(set: value.set)) }
        for name in ["logits", "scores"] {
            type.property(name) { value, call in
                try call.returns(value.scope.scores(set: value.set, isBase: value.isBase))
            }
        }
        type.property("labels") { value, call in
            try call.returns(Tensor(try value.scope.labels(set: value.set).map(Float.init)))
        }
        type.property("predictions") { value, call in
            try call.returns(predictions(try value.scope.scores(set: value.set, isBase: value.isBase)))
        }
        type.property("group_names") { value, call in try call.returns(value.scope.groups[value.set]) }
        type.property("class_accuracy") { value, call in
            let table = try call.host.makeTable()
            for entry in try value.scope.perClassAccuracy(set: value.set, isBase: value.isBase) {
                try table.set(.integer(entry.label), entry.accuracy)
            }
            return try call.returns(table)
        }
    }

    /// The class with the largest score of each row, the lowest one of equals, `[examples]`.
    private static func predictions(_ scores: Tensor) -> Tensor {
        let classes = scores.shape.last ?? 1
        guard classes > 0 else { return Tensor([]) }
        return scores.withUnsafeBufferPointer { scores in
            Tensor(
                stride(from: 0, to: scores.count, by: classes).map { start in
                    var best = 0
                    for index in 1..<max(classes, 1) where scores[start + index] > scores[start + best] { best = index }
                    return Float(best)
                })
        }
    }

    private static func noSet(_ name: String, _ scope: MetricsScope, others: [String]) -> LuaUsageError {
        let nearest = NearestName.suggestion(for: name, among: scope.sets + others)
        return LuaUsageError(
            "the task has no set '\(name)'\(nearest); sets: \(NearestName.list(scope.sets, near: name))")
    }
}
