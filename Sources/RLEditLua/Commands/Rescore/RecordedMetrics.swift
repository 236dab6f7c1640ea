internal import LuaBridge
internal import RLEditCore
internal import RLEditRuns
internal import RLEditWorlds

/// `m` of a reward that is asked about a recorded candidate.
struct RecordedMetrics: LuaBound {
    static var luaName: String { "rledit.RecordedMetrics" }
    let scope: RecordedScope
}

/// `m.forget`, or `m.base.forget`: what was recorded of one set.
struct RecordedSet: LuaBound {
    static var luaName: String { "rledit.RecordedSet" }
    let scope: RecordedScope
    let set: Int
    let isBase: Bool
}

/// What the objects of a reward read from: one row of the table at a time.
final class RecordedScope {
    let sets: [(name: String, examples: Int)]
    /// Places of the columns by measure, for each set.
    private let columns: [[String: Int]]
    /// Values of the unedited model by measure, for each set.
    private let base: [[String: Double]]
    private let values: [[Double]]
    var row = 0

    init(_ candidates: RecordedCandidates) {
        let sets = candidates.sets
        self.sets = sets
        values = candidates.table.values
        /// By set, then measure. A measure has no dot, a set may have some.
        func grouped<Value>(_ items: [(String, Value)]) -> [[String: Value]] {
            sets.map { set in
                Dictionary(
                    items.filter { $0.0.hasPrefix(set.name + ".") }.map {
                        (String($0.0.dropFirst(set.name.count + 1)), $0.1)
                    }
                ) { first, _ in first }
            }
        }
        columns = grouped(candidates.table.columns.enumerated().map { ($1, $0) })
        base = grouped(candidates.unedited.map { ($0.name, $0.value) })
    }

    /// - Returns: nil for a measure that was not recorded.
    func value(_ measure: String, set: Int, isBase: Bool) -> Double? {
        isBase ? base[set][measure] : columns[set][measure].map { values[$0][row] }
    }

    /// Why something cannot be read.
    func missing(_ name: String) -> LuaUsageError {
        let known = sets.indices.flatMap { set in columns[set].keys.sorted().map { "\(sets[set].name).\($0)" } }
        return LuaUsageError(
            "'\(name)' was not recorded: a run records of its candidates what its own "
                + "reward has read of the first ones, here \(known.joined(separator: ", "))")
    }
}

extension RecordedMetrics {
    static func register(in host: LuaHost) throws {
        try host.register(RecordedMetrics.self) { type in
            type.otherFields("") { value, name, _ in throw value.scope.missing(name) }
            type.description { _ in "recorded metrics" }
        }
        try host.register(RecordedSet.self) { type in
            let binary = Set(BinaryMetric.allCases.map(\.name))
            type.otherFields("") { value, name, call in
                let (scope, set) = (value.scope, value.scope.sets[value.set])
                if name == "count" { return try call.returns(set.examples) }
                guard let number = scope.value(name, set: value.set, isBase: value.isBase) else {
                    throw scope.missing("\(value.isBase ? "base." : "")\(set.name).\(name)")
                }
                // Undefined measures of two classes read as nil in a run, too.
                return try call.returns(number.isNaN && binary.contains(name) ? nil : number)
            }
            type.description { "recorded metrics of the set '\($0.scope.sets[$0.set].name)'" }
        }
    }

    /// The object that a reward is given, as `MetricsArgument.make` makes it of what is measured.
    static func make(for scope: RecordedScope, host: LuaHost) throws -> LuaObject {
        let object = try host.makeObject(RecordedMetrics(scope: scope))
        let base = try host.makeObject(RecordedMetrics(scope: scope))
        for (index, set) in scope.sets.enumerated() {
            try object.attach(set.name, try host.makeObject(RecordedSet(scope: scope, set: index, isBase: false)))
            try base.attach(set.name, try host.makeObject(RecordedSet(scope: scope, set: index, isBase: true)))
        }
        try object.attach("base", base)
        return object
    }
}
