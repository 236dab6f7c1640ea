/// A metric of a set, of any kind, by the name that scripts, tables and files give it.
public enum SetMetric: Hashable, Sendable {
    case plain(Metric)
    case binary(BinaryMetric)

    /// In the order of columns.
    public static let allCases = Metric.allCases.map(SetMetric.plain) + BinaryMetric.allCases.map(SetMetric.binary)

    /// nil for a name that no metric has.
    public init?(name: String) {
        guard let metric = SetMetric.allCases.first(where: { $0.name == name }) else { return nil }
        self = metric
    }

    /// For example `true_probability`.
    public var name: String {
        switch self {
        case .plain(.trueProbability): "true_probability"
        case .plain(let metric): "\(metric)"
        case .binary(let metric): metric.name
        }
    }
}

extension MetricSelection {
    public mutating func insert(_ metric: SetMetric, set: Int) {
        switch metric {
        case .plain(let metric): insert(metric, set: set)
        case .binary(let metric): insert(metric, set: set)
        }
    }

    public func contains(_ metric: SetMetric, set: Int) -> Bool {
        switch metric {
        case .plain(let metric): contains(metric, set: set)
        case .binary(let metric): contains(metric, set: set)
        }
    }
}

extension EvaluationBatch {
    /// A metric of one candidate on one set; NaN where it is undefined, which tables show as –.
    public func value(_ metric: SetMetric, candidate: Int, set: Int) throws -> Double {
        switch metric {
        case .plain(let metric): return try value(metric, candidate: candidate, set: set)
        case .binary(let metric):
            do { return try value(metric, candidate: candidate, set: set) } catch WorldError.undefinedMetric {
                return .nan
            }
        }
    }
}
