internal import Foundation
internal import RLEditTensor

/// One setting with the values to try: `--grid rank=1,2,4`.
public struct SettingGrid: Sendable, Equatable {
    public let name: String
    /// As `--set` takes them.
    public let values: [String]

    /// - Parameter text: `name=value,value,…`.
    /// - Throws: ``SweepError``.
    public init(_ text: String) throws(SweepError) {
        let (name, list) = try SettingText.split(text, option: "--grid", form: "name=value,value,…")
        let values = list.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        guard !list.isEmpty, !values.contains("") else { throw .noValues(option: "--grid", text: text) }
        if let twice = values.first(where: { value in values.count { $0 == value } > 1 }) {
            throw .repeatedValue(name: name, value: twice)
        }
        self.name = name
        self.values = values
    }
}

/// One setting with the range to draw from: `--range scale=0.1:10:log`.
public struct SettingRange: Sendable, Equatable {
    public let name: String
    public let lower: Double
    public let upper: Double
    /// Equal ratios are equally likely.
    public let isLogarithmic: Bool
    /// Both ends were written as whole numbers: so are the values.
    public let isWhole: Bool

    /// - Parameter text: `name=low:high`, with `:log` after it for ratios.
    /// - Throws: ``SweepError``.
    public init(_ text: String) throws(SweepError) {
        let (name, range) = try SettingText.split(text, option: "--range", form: "name=low:high[:log]")
        let parts = range.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 2 || (parts.count == 3 && parts[2] == "log"), let lower = Double(parts[0]),
            let upper = Double(parts[1]), lower.isFinite, upper.isFinite, lower < upper
        else { throw .invalidRange(text: text, reason: "two numbers expected, the lower one first") }
        isLogarithmic = parts.count == 3
        guard !isLogarithmic || lower > 0 else {
            throw .invalidRange(text: text, reason: "a logarithmic range begins above 0")
        }
        self.name = name
        self.lower = lower
        self.upper = upper
        isWhole = Int(parts[0]) != nil && Int(parts[1]) != nil
    }

    /// - Parameter share: uniform in [0, 1).
    func value(_ share: Double) -> String {
        let value =
            isLogarithmic ? lower * exp(share * log(upper / lower)) : lower + share * (upper - lower)
        if isWhole {
            // Each whole number has its own share, the ends included.
            let wide = isLogarithmic ? value : lower + share * (upper - lower + 1)
            let whole = isLogarithmic ? wide.rounded() : wide.rounded(.down)
            return abs(whole) < 1e15 ? "\(Int(min(max(whole, lower), upper)))" : "\(whole)"
        }
        // Six digits say what was tried, and are what the script gets.
        let scale = pow(10, 5 - log10(max(abs(value), 1e-300)).rounded(.down))
        let short = scale.isFinite && scale > 0 ? (value * scale).rounded() / scale : value
        return "\(min(max(short, lower), upper))"
    }
}

/// `name=text`, as options have it.
private enum SettingText {
    static func split(_ text: String, option: String, form: String) throws(SweepError) -> (name: String, rest: String) {
        guard let sign = text.firstIndex(of: "=") else {
            throw .form(option: option, expected: form, actual: text)
        }
        let name = String(text[..<sign])
        let isName = name.utf8.allSatisfy {
            (48...57).contains($0) || (65...90).contains($0) || (97...122).contains($0) || $0 == 95
        }
        guard !name.isEmpty, isName else { throw .form(option: option, expected: form, actual: text) }
        return (name, String(text[text.index(after: sign)...]))
    }
}

/// One choice of values for all swept settings.
public struct SweepTrial: Sendable, Equatable {
    public struct Setting: Sendable, Equatable {
        public let name: String
        public let value: String
    }

    /// Place in the plan, from 1.
    public let number: Int
    public let settings: [Setting]

    /// For people and folders: `rank=2,horizon=4`.
    public var title: String { settings.map { "\($0.name)=\($0.value)" }.joined(separator: ",") }
}

/// All trials of a sweep, in an order that depends on nothing but the options: each process of a cluster job makes the
/// same plan and takes its share.
public struct SweepPlan: Sendable, Equatable {
    public let trials: [SweepTrial]
    /// Names of the swept settings, in order.
    public let names: [String]

    /// Trials that one command may ask for.
    public static let mostTrials = 100_000

    /// Every combination; the last setting changes fastest.
    /// - Throws: ``SweepError``.
    public init(grids: [SettingGrid]) throws(SweepError) {
        names = try SweepPlan.distinct(grids.map(\.name))
        var count = 1
        for grid in grids {
            let (product, overflow) = count.multipliedReportingOverflow(by: grid.values.count)
            guard !overflow, product <= SweepPlan.mostTrials else { throw .tooManyTrials }
            count = product
        }
        trials = (0..<count).map { index in
            var rest = index
            var settings: [SweepTrial.Setting] = []
            for grid in grids.reversed() {
                settings.append(.init(name: grid.name, value: grid.values[rest % grid.values.count]))
                rest /= grid.values.count
            }
            return SweepTrial(number: index + 1, settings: settings.reversed())
        }
    }

    /// Random choices: of a grid's values each is equally likely.
    /// - Parameters:
    ///   - count: trials; more of them with the same seed begin with the same ones.
    ///   - seed: of the draws.
    /// - Throws: ``SweepError``.
    public init(random count: Int, grids: [SettingGrid], ranges: [SettingRange], seed: Int) throws(SweepError) {
        names = try SweepPlan.distinct(grids.map(\.name) + ranges.map(\.name))
        guard (1...SweepPlan.mostTrials).contains(count) else { throw .tooManyTrials }
        let random = RandomStream(seed: UInt64(bitPattern: Int64(seed)), name: "sweep")
        trials = (1...count).map { number in
            var stream = random.split("trial", number)
            var settings = grids.map { grid in
                SweepTrial.Setting(name: grid.name, value: grid.values[stream.index(below: grid.values.count)])
            }
            settings += ranges.map { range in
                SweepTrial.Setting(name: range.name, value: range.value(Double(stream.uniform())))
            }
            return SweepTrial(number: number, settings: settings)
        }
    }

    private static func distinct(_ names: [String]) throws(SweepError) -> [String] {
        guard !names.isEmpty else { throw .nothingSwept }
        if let twice = names.first(where: { name in names.count { $0 == name } > 1 }) { throw .repeatedName(twice) }
        return names
    }
}

/// One of several equal parts of a plan: `--shard 2/8`.
public struct SweepShard: Sendable, Equatable {
    /// From 1.
    public let index: Int
    public let count: Int

    /// The whole plan.
    public static let whole = SweepShard(index: 1, count: 1)

    private init(index: Int, count: Int) {
        self.index = index
        self.count = count
    }

    /// - Parameter text: `i/n`.
    /// - Throws: ``SweepError``.
    public init(_ text: String) throws(SweepError) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false).map { Int($0) }
        guard parts.count == 2, let index = parts[0], let count = parts[1] else {
            throw .form(option: "--shard", expected: "i/n, for example 2/8", actual: text)
        }
        guard count >= 1, count <= SweepPlan.mostTrials, (1...count).contains(index) else {
            throw .shardOutOfRange(index: index, count: count)
        }
        self.init(index: index, count: count)
    }

    /// Every `count`-th trial: neighbours in the plan, which tend to cost alike, go to different shards.
    public func contains(_ trial: SweepTrial) -> Bool { (trial.number - 1) % count == index - 1 }
}

/// What is wrong with the options of a sweep.
public enum SweepError: Error, Equatable, Sendable, CustomStringConvertible {
    case form(option: String, expected: String, actual: String)
    case noValues(option: String, text: String)
    case repeatedValue(name: String, value: String)
    case repeatedName(String)
    case invalidRange(text: String, reason: String)
    case shardOutOfRange(index: Int, count: Int)
    case nothingSwept
    case tooManyTrials

    public var description: String {
        switch self {
        case .form(let option, let expected, let actual): "\(option) wants \(expected), got '\(actual)'"
        case .noValues(let option, let text): "\(option) \(text): a value is missing"
        case .repeatedValue(let name, let value): "--grid \(name) lists \(value) twice"
        case .repeatedName(let name): "the setting '\(name)' is swept twice"
        case .invalidRange(let text, let reason): "--range \(text): \(reason)"
        case .shardOutOfRange(let index, let count):
            "--shard \(index)/\(count): the shards of \(count) are 1 to \(max(count, 1))"
        case .nothingSwept: "nothing to sweep: name a setting and its values by --grid or --range"
        case .tooManyTrials: "a sweep has 1 to \(SweepPlan.mostTrials) trials"
        }
    }
}
