internal import LuaBridge
internal import RLEditData
internal import RLEditNN
internal import RLEditTensor
internal import RLEditWorlds

extension HostModules {
    /// `rledit.metrics.fairness(model, set)`: every measure of two classes and of the groups of a set, as a plain table.
    static func fairness(_ call: LuaCall, _ context: ScriptContext) throws -> LuaResults {
        try call.atMost(2)
        let set: ExampleSet
        let scores: Tensor
        var tuning: ScoreMeasures?
        if call.isNil(2), case .table = call.value(1) {
            let options = try call.options(1, of: "rledit.metrics.fairness")
            let model = try options.required("model", as: ScriptModel.self)
            set = try options.required("set", as: ExampleSet.self)
            let tuningSet = try options.optional("tuning", as: ExampleSet.self)
            try options.finish()
            scores = try collect(model.network, set, call, context)
            tuning = try tuningSet.map { try measures(try collect(model.network, $0, call, context), $0) }
        } else {
            set = try call.argument(2)
            if let model = try ScriptModel.luaRead(call.slot(1)) {
                scores = try collect(model.network, set, call, context)
            } else {
                scores = try call.tensor(1)
            }
        }
        return try call.returns(try table(of: try measures(scores, set), set, tuning: tuning, host: call.host))
    }

    /// A measure of two classes of one score per example; what is undefined is an error here, where a script asks for it.
    static func value(
        _ metric: BinaryMetric, _ scores: [Float], _ positives: [Bool], _ call: LuaCall
    ) throws -> Double {
        let column = try Tensor(scores, shape: [scores.count, 1])
        do {
            return try ScoreMeasures(scores: column, labels: positives.map { $0 ? 1 : 0 }, set: "")
                .binary().value(metric)
        } catch {
            guard case .undefinedMetric(_, _, let reason) = error else { throw LuaUsageError(error.description) }
            throw call.argumentError(2, "'\(metric.name)' is undefined: \(reason)")
        }
    }

    private static func measures(_ scores: Tensor, _ set: ExampleSet) throws -> ScoreMeasures {
        let columns = scores.rank == 1 ? try scores.reshaped([scores.count, 1]) : scores
        do {
            return try ScoreMeasures(scores: columns, labels: set.labels, groups: set.groups, set: set.name)
        } catch {
            throw LuaUsageError(error.description)
        }
    }

    /// What is undefined is left out.
    private static func table(
        of measures: ScoreMeasures, _ set: ExampleSet, tuning: ScoreMeasures?, host: LuaHost
    ) throws -> LuaTable {
        let binary: BinaryMeasures
        do { binary = try measures.binary() } catch { throw LuaUsageError(error.description) }
        let table = try host.makeTable()
        func add(_ name: String, to table: LuaTable, _ value: () throws(WorldError) -> Double) throws {
            if let value = try WorldError.defined(value) { try table.set(name, value) }
        }
        try table.set("count", set.count)
        try add("accuracy", to: table) { () throws(WorldError) in try binary.accuracy() }
        for metric in BinaryMetric.allCases {
            try add(metric.name, to: table) { () throws(WorldError) in
                guard let tuning else { return try binary.value(metric) }
                // At the threshold of the tuning set.
                switch metric {
                case .equalErrorThreshold: return try tuning.binary().value(metric)
                case .errorDifferenceAtEER:
                    return try measures.errorDifference(threshold: try tuning.binary().value(.equalErrorThreshold))
                default: return try binary.value(metric)
                }
            }
        }
        let groups = try host.makeTable()
        for (group, name) in binary.groupNames.enumerated() {
            let row = try host.makeTable()
            try row.set("count", binary.count(group: group))
            for metric in GroupMetric.allCases {
                try add(metric.name, to: row) { () throws(WorldError) in try binary.value(metric, group: group) }
            }
            try groups.set(name, row)
        }
        try table.set("groups", groups)
        return table
    }
}
