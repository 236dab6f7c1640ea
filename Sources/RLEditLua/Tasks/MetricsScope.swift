internal import LuaBridge
internal import RLEditCore
internal import RLEditData
internal import RLEditNN
internal import RLEditTensor
internal import RLEditWorlds

/// The metrics argument of a reward while the reward runs: one candidate of one batch.
///
/// The objects that scripts read are made once and point here, so that a call allocates nothing. Between calls there is
/// no candidate, and reading raises.
final class MetricsScope {
    let sets: [String]
    /// Names of the groups of each set.
    let groups: [[String]]
    /// Number of examples of the groups of each set.
    let groupCounts: [[Int]]
    let customMetrics: [CustomMetric]
    private var context: RewardContext?
    /// Custom metrics of this call by set, then metric; nil until read.
    private var customValues: [Double?]
    /// Custom metrics that are being computed, as places in `customValues`.
    private var customInProgress: Set<Int> = []
    private var isMagnitudeRead = false
    private let warnings: UndefinedMeasures
    /// Indices of the sets and of the custom metrics that were read of a candidate. `rledit-lua check` warns of those that
    /// nothing reads.
    private(set) var readSets: Set<Int> = []
    private(set) var readMetrics: Set<Int> = []

    init(sets: [NamedSet], customMetrics: [CustomMetric], warnings: UndefinedMeasures) {
        self.warnings = warnings
        self.sets = sets.map(\.name)
        groups = sets.map { $0.examples.groups?.names ?? [] }
        groupCounts = sets.map { $0.examples.groups?.counts ?? [] }
        self.customMetrics = customMetrics
        customValues = Array(repeating: nil, count: sets.count * customMetrics.count)
    }

    func begin(_ context: RewardContext) {
        self.context = context
        isMagnitudeRead = false
        for index in customValues.indices { customValues[index] = nil }
    }

    func end() { context = nil }

    /// The candidate being judged.
    func current() throws -> RewardContext {
        guard let context else {
            throw LuaUsageError(
                "the metrics of a reward can be read during its call only; keep what m:copy() returns instead")
        }
        return context
    }

    func value(_ metric: Metric, set: Int, isBase: Bool) throws -> Double {
        let context = try current()
        noteRead(set, isBase)
        return isBase
            ? try context.base.value(metric, candidate: 0, set: set)
            : try context.batch.value(metric, candidate: context.candidate, set: set)
    }

    func scores(set: Int, isBase: Bool) throws -> Tensor {
        let context = try current()
        noteRead(set, isBase)
        return isBase
            ? try context.base.scores(candidate: 0, set: set)
            : try context.batch.scores(candidate: context.candidate, set: set)
    }

    /// What is read of the unedited network says nothing about candidates.
    private func noteRead(_ set: Int, _ isBase: Bool) { if !isBase { readSets.insert(set) } }

    func labels(set: Int) throws -> [Int] { try current().batch.evaluator.labels(of: set) }

    func count(set: Int) throws -> Int { try current().batch.evaluator.sets[set].examples.count }

    func count(ofGroup group: Int, set: Int) throws -> Int {
        _ = try current()
        return groupCounts[set][group]
    }

    func magnitude() throws -> EditMagnitude {
        let context = try current()
        isMagnitudeRead = true
        return try context.batch.magnitude(candidate: context.candidate)
    }

    /// The candidate as a network of its own.
    func editedNetwork() throws -> Network {
        let context = try current()
        return try context.batch.network(candidate: context.candidate)
    }

    /// A metric of two classes; nil when it is undefined.
    func value(_ metric: BinaryMetric, set: Int, isBase: Bool, host: LuaHost) throws -> Double? {
        try defined(host: host) { try candidate(set, isBase) { try $0.value(metric, candidate: $1, set: set) } }
    }

    /// A metric of one group; nil when it is undefined.
    func value(_ metric: GroupMetric, group: Int, set: Int, isBase: Bool, host: LuaHost) throws -> Double? {
        try defined(host: host) {
            try candidate(set, isBase) { try $0.value(metric, group: group, candidate: $1, set: set) }
        }
    }

    /// Accuracy of each class.
    func perClassAccuracy(set: Int, isBase: Bool) throws -> [ScoreMeasures.ClassAccuracy] {
        try candidate(set, isBase) { try $0.scoreMeasures(candidate: $1, set: set).perClassAccuracy() }
    }

    /// Runs `read` on the batch and the index of the candidate that is asked for.
    private func candidate<Value>(
        _ set: Int, _ isBase: Bool, _ read: (EvaluationBatch, Int) throws -> Value
    ) throws -> Value {
        let context = try current()
        noteRead(set, isBase)
        return isBase ? try read(context.base, 0) : try read(context.batch, context.candidate)
    }

    /// A measure that may be undefined: then nil, and one warning for the set and measure.
    private func defined(host: LuaHost, _ read: () throws -> Double) throws -> Double? {
        do {
            return try read()
        } catch let error as WorldError {
            guard case .undefinedMetric(let metric, let name, _) = error else { throw error }
            if warnings.told.insert("\(name).\(metric)").inserted {
                host.warningSink("\(error.description); it reads as nil")
            }
            return nil
        }
    }

    /// A metric of the task author's.
    func custom(_ index: Int, set: Int, isBase: Bool, view: SetMetrics) throws -> Double {
        let place = set * customMetrics.count + index
        noteRead(set, isBase)
        readMetrics.insert(index)
        // The base's values are asked for once in a while only.
        if !isBase, let known = customValues[place] { return known }
        guard customInProgress.insert(place).inserted else {
            throw LuaUsageError("metric '\(customMetrics[index].name)' of set '\(sets[set])' reads itself")
        }
        defer { customInProgress.remove(place) }
        let value = try customMetrics[index].value(of: view, set: sets[set])
        if !isBase { customValues[place] = value }
        return value
    }

    // MARK: - Copies

    /// What has been measured by now, as a plain table that nobody can change.
    func copy(host: LuaHost) throws -> LuaTable {
        let context = try current()
        let table = try host.makeTable()
        for set in sets.indices {
            try table.set(sets[set], try copy(of: context.batch, context.candidate, set: set, host: host))
        }
        let base = try host.makeTable()
        for set in sets.indices { try base.set(sets[set], try copy(of: context.base, 0, set: set, host: host)) }
        try table.set("base", try base.readOnlyView(named: "the copied metrics"))
        if isMagnitudeRead {
            let magnitude = try context.batch.magnitude(candidate: context.candidate)
            let edit = try host.makeTable()
            try edit.set("norm", magnitude.norm)
            try edit.set("mean_abs", magnitude.meanAbsolute)
            try edit.set("relative_norm", magnitude.relativeNorm)
            try table.set("edit", try edit.readOnlyView(named: "the copied metrics"))
        }
        try table.set("step", context.step)
        try table.set("episode", context.episode)
        try table.set("progress", context.progress)
        return try table.readOnlyView(named: "the copied metrics")
    }

    private func copy(of batch: EvaluationBatch, _ candidate: Int, set: Int, host: LuaHost) throws -> LuaTable {
        let table = try host.makeTable()
        for metric in Metric.allCases where batch.isMeasured(metric, set: set) {
            try table.set(metric.luaName, try batch.value(metric, candidate: candidate, set: set))
        }
        try table.set("count", batch.evaluator.sets[set].examples.count)
        for metric in BinaryMetric.allCases where batch.isMeasured(metric, set: set) {
            try table.set(metric.name, try batch.definedValue(metric, candidate: candidate, set: set))
        }
        if let groups = try copyOfGroups(of: batch, candidate, set: set, host: host) { try table.set("groups", groups) }
        if batch !== (try current().base) {
            for (index, metric) in customMetrics.enumerated() {
                if let value = customValues[set * customMetrics.count + index] { try table.set(metric.name, value) }
            }
        }
        return try table.readOnlyView(named: "the copied metrics")
    }

    /// By name of the group; nil when nothing of groups has been measured.
    private func copyOfGroups(
        of batch: EvaluationBatch, _ candidate: Int, set: Int, host: LuaHost
    ) throws -> LuaTable? {
        let measured = GroupMetric.allCases.filter { batch.isMeasured(group: $0, set: set) }
        if measured.isEmpty { return nil }
        let table = try host.makeTable()
        for (group, name) in groups[set].enumerated() {
            let row = try host.makeTable()
            for metric in measured {
                try row.set(
                    metric.name, try batch.definedValue(metric, group: group, candidate: candidate, set: set))
            }
            try table.set(name, try row.readOnlyView(named: "the copied metrics"))
        }
        return try table.readOnlyView(named: "the copied metrics")
    }
}

extension EvaluationBatch {
    /// A metric of two classes; nil when it is undefined.
    func definedValue(_ metric: BinaryMetric, candidate: Int, set: Int) throws -> Double? {
        try EvaluationBatch.defined { try value(metric, candidate: candidate, set: set) }
    }

    /// A metric of one group; nil when it is undefined.
    func definedValue(_ metric: GroupMetric, group: Int, candidate: Int, set: Int) throws -> Double? {
        try EvaluationBatch.defined { try value(metric, group: group, candidate: candidate, set: set) }
    }

    private static func defined(_ read: () throws -> Double) throws -> Double? {
        do { return try read() } catch WorldError.undefinedMetric { return nil }
    }
}

/// Measures without a value that a warning was given for.
final class UndefinedMeasures {
    var told: Set<String> = []
}

extension Metric {
    /// As scripts read it: `true_probability`.
    var luaName: String { "\(self)".snakeCased }
}

/// A metric that a task's author has written: `metrics = { gap = function(set) … end }`.
struct CustomMetric {
    let name: String
    let function: LuaFunction

    func value(of view: SetMetrics, set: String) throws -> Double {
        let value: Double
        do {
            value = try function.callNumber(view)
        } catch let mismatch as LuaMismatch {
            throw LuaUsageError("metric '\(name)' of set '\(set)': \(mismatch.description)")
        }
        return value
    }
}
