internal import LuaBridge
internal import RLEditCore
internal import RLEditTensor
internal import RLEditWorlds

extension HostModules {
    /// The types of a reward's argument.
    static func addMetricsArgument(to host: LuaHost) throws {
        try host.register(MetricsArgument.self) { type in
            type.documentation(
                in: "rledit.task",
                """
                What a reward is given: an entry for each set of the task (`m.forget.accuracy`), and these. What a
                reward does not read is not computed. It belongs to its call: reading it later raises; keep `m:copy()`.
                """
            )
            type.attachedField("base", "rledit.BaseMetrics the unedited network's metrics, by set")
            type.attachedField("edit", "rledit.EditMetrics how far the candidate has moved")
            type.property("step", "integer step within the episode, from 1") { value, call in
                try call.returns(value.scope.current().step)
            }
            type.property("episode", "integer episode within the run, from 1") { value, call in
                try call.returns(value.scope.current().episode)
            }
            type.number("progress", "number share of the budget spent, 0 … 1") { try $0.scope.current().progress }
            type.method(
                "copy",
                """
                What has been measured by now, as a plain table that cannot be changed.
                @return table
                """
            ) { value, call in try call.returns(value.scope.copy(host: call.host)) }
            type.otherFields("rledit.SetMetrics") { value, name, _ in
                throw noSet(name, value.scope, others: MetricsArgument.reservedNames)
            }
            type.description { "metrics of the sets \($0.scope.sets.joined(separator: ", "))" }
        }
        try host.register(BaseMetrics.self) { type in
            type.documentation(in: "rledit.task", "The unedited network's metrics, by set.")
            type.otherFields("rledit.SetMetrics") { value, name, _ in throw noSet(name, value.scope, others: []) }
            type.description { _ in "metrics of the unedited network" }
        }
        try host.register(EditMetrics.self) { type in
            type.documentation(in: "rledit.task", "How far a candidate has moved from the unedited network.")
            type.number("norm", "number Frobenius norm of the change of the edited layers") {
                try $0.scope.magnitude().norm
            }
            type.number("mean_abs", "number mean absolute change of a weight") { try $0.scope.magnitude().meanAbsolute }
            type.number("relative_norm", "number `norm` in units of the unedited layers' norm") {
                try $0.scope.magnitude().relativeNorm
            }
            type.property(
                "model",
                """
                rledit.Model the candidate as a model of its own, made when it is read. The measures of depth in \
                `rledit.metrics` take models; they cost from milliseconds to a second, so a reward should read them in \
                every nth episode only: `if m.episode % 50 == 1 then task.state.probe = \
                rledit.metrics.probe_recall { model = m.edit.model, … } end`
                """
            ) { value, call in
                try call.returns(try value.scope.editedNetwork())
            }
            type.description { _ in "size of the edit" }
        }
        try addGroupMetrics(to: host)
        try host.register(SetMetrics.self) { type in
            type.documentation(
                in: "rledit.task",
                """
                Means over the examples of a set, unless said otherwise.

                From `precision` on they are measures of two classes: class 1 is positive, and an example is predicted 1
                when its score 1 is above its score 0. Each is nil, with one warning, where it is undefined: for another
                number of classes, for a set without groups, for a group that lacks a class. They are exact, ties
                included.
                """
            )
            for metric in Metric.allCases {
                type.number(metric.luaName, "number \(metric.documentation)") {
                    try $0.scope.value(metric, set: $0.set, isBase: $0.isBase)
                }
            }
            for metric in BinaryMetric.allCases {
                type.property(metric.name, "number? \(metric.documentation)") { value, call in
                    try call.returns(
                        try value.scope.value(metric, set: value.set, isBase: value.isBase, host: call.host))
                }
            }
            addScores(to: type)
            SetMetrics.addChanges(to: type)
            type.attachedField(
                "groups", "rledit.GroupsMetrics metrics of each group, by name: `m.identity.groups.deaf.auc`")
            let names = type.memberNames
            type.otherFields("number metrics of your own") { value, name, call in
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
        type.property("count", "integer number of examples") { value, call in
            try call.returns(value.scope.count(set: value.set))
        }
        for (name, text) in [("logits", "scores, `[examples, classes]`"), ("scores", "the same as `logits`")] {
            type.property(name, "rledit.Tensor \(text)") { value, call in
                try call.returns(value.scope.scores(set: value.set, isBase: value.isBase))
            }
        }
        type.property("labels", "rledit.Tensor labels, `[examples]`") { value, call in
            try call.returns(Tensor(try value.scope.labels(set: value.set).map(Float.init)))
        }
        type.property("predictions", "rledit.Tensor predicted classes, `[examples]`; -1 where a score is NaN") {
            value, call in
            let scores = try value.scope.scores(set: value.set, isBase: value.isBase)
            return try call.returns(Tensor(PredictedClass.ofRows(scores).map(Float.init)))
        }
        type.property("group_names", "string[] names of the set's groups, in their order") { value, call in
            try call.returns(value.scope.groups[value.set])
        }
        type.property("class_accuracy", "table<integer, number> accuracy of each label that occurs") { value, call in
            let table = try call.host.makeTable()
            for entry in try value.scope.perClassAccuracy(set: value.set, isBase: value.isBase) {
                try table.set(.integer(entry.label), entry.accuracy)
            }
            return try call.returns(table)
        }
    }

    private static func noSet(_ name: String, _ scope: MetricsScope, others: [String]) -> LuaUsageError {
        let nearest = NearestName.suggestion(for: name, among: scope.sets + others)
        return LuaUsageError(
            "the task has no set '\(name)'\(nearest); sets: \(NearestName.list(scope.sets, near: name))")
    }
}
