public import RLEditCore
internal import RLEditTensor
public import RLEditWorlds

/// The ranges of what a policy saw of the layers that it was trained on. They tell how far another network is from those.
public struct FeatureRanges: Sendable, Equatable {
    struct Range: Sendable, Equatable {
        var low: Double
        var high: Double
        var mean: Double
        var deviation: Double
    }

    /// By name, in order (`UnitFeatures.signature`).
    private(set) var ranges: [(name: String, range: Range)]

    /// A deviation below this counts as this: a number that was always the same says little about its scale.
    private static let smallestDeviation = 0.1

    public static func == (left: FeatureRanges, right: FeatureRanges) -> Bool {
        left.ranges.map(\.name) == right.ranges.map(\.name) && left.ranges.map(\.range) == right.ranges.map(\.range)
    }

    /// - Parameter layers: signatures, all of the same names; at least one.
    init(of layers: [[NamedNumber]]) {
        ranges = (layers.first ?? []).enumerated().map { place, first in
            let values = layers.map { $0[place].value }
            let mean = values.reduce(0, +) / Double(values.count)
            let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count)
            return (
                first.name,
                Range(
                    low: values.min() ?? mean, high: values.max() ?? mean, mean: mean,
                    deviation: variance.squareRoot())
            )
        }
    }

    /// Of the layers of training pairs, as episodes show them first.
    static func training(_ pairs: [EditPair], _ features: UnitFeatureSet) throws -> FeatureRanges {
        let random = RandomStream(seed: 0, name: "ranges")
        return FeatureRanges(
            of: try pairs.enumerated().flatMap { index, pair in
                try (0..<(pair.episodes.drawsExamples ? drawsOfPair : 1)).flatMap {
                    try pair.episodes.episode(random.split("pair", index).split("draw", $0)).first.features.map {
                        $0.signature(features)
                    }
                }
            })
    }

    private static let drawsOfPair = 8

    /// The ranges of several policies together.
    func joined(_ other: FeatureRanges) -> FeatureRanges {
        var result = self
        for (place, entry) in other.ranges.enumerated() where result.ranges[place].name == entry.name {
            let own = result.ranges[place].range
            result.ranges[place].range = Range(
                low: min(own.low, entry.range.low), high: max(own.high, entry.range.high),
                mean: (own.mean + entry.range.mean) / 2, deviation: max(own.deviation, entry.range.deviation))
        }
        return result
    }

    // MARK: - How far a network is

    /// How far the layers of a network are from those of the training.
    public struct Distance: Sendable, Equatable {
        /// Root mean square over the numbers of how far each is outside its range, in deviations; 0 inside of all.
        public let value: Double
        /// The number that is furthest outside, with its value; nil inside.
        public let furthest: NamedNumber?
        /// Its range in training.
        public let range: ClosedRange<Double>?

        /// For a person.
        public var sentence: String {
            let number = NumberText.fixed(value, digits: 2)
            guard let furthest, let range, value > 0 else {
                return "distance from the training \(number): the network is like those that the policy was trained on"
            }
            let cause =
                "\(furthest.name) is \(NumberText.fixed(furthest.value, digits: 2)), in training "
                + "\(NumberText.fixed(range.lowerBound, digits: 2)) to \(NumberText.fixed(range.upperBound, digits: 2))"
            let judgement =
                value < Distance.near
                ? "close to those that the policy was trained on"
                : value < Distance.far
                    ? "unlike those that the policy was trained on; check the held-out sets"
                    : "far from those that the policy was trained on; do not trust the edit without held-out sets"
            return "distance from the training \(number): the network is \(judgement) (\(cause))"
        }

        static let near = 0.25
        static let far = 1.0
    }

    /// The largest distance of some layers.
    public func distance(_ layers: [UnitFeatures], _ features: UnitFeatureSet) -> Distance {
        layers.map { distance($0.signature(features)) }.max { $0.value < $1.value }
            ?? Distance(value: 0, furthest: nil, range: nil)
    }

    private func distance(_ numbers: [NamedNumber]) -> Distance {
        var squares = 0.0
        var furthest: (excess: Double, number: NamedNumber, range: Range)?
        for (number, (_, range)) in zip(numbers, ranges) {
            let outside = max(range.low - number.value, number.value - range.high, 0)
            let excess = outside / max(range.deviation, FeatureRanges.smallestDeviation)
            squares += excess * excess
            if excess > furthest?.excess ?? 0 { furthest = (excess, number, range) }
        }
        return Distance(
            value: (squares / Double(max(ranges.count, 1))).squareRoot(), furthest: furthest?.number,
            range: furthest.map { $0.range.low...$0.range.high })
    }

    // MARK: - In a file

    /// Lists of lowest, highest, mean and deviation by name.
    var json: JSONObject {
        var object = JSONObject()
        for (name, range) in ranges {
            object[name] = .array([range.low, range.high, range.mean, range.deviation].map { .number($0) })
        }
        return object
    }

    /// - Returns: nil for anything but what ``json`` writes.
    init?(_ object: JSONObject) {
        var ranges: [(name: String, range: Range)] = []
        for member in object.members {
            guard let list = member.value.array else { return nil }
            let values = list.compactMap(\.double)
            guard list.count == 4, values.count == 4, values.allSatisfy(\.isFinite), values[0] <= values[1],
                values[3] >= 0
            else { return nil }
            ranges.append(
                (
                    member.key,
                    Range(low: values[0], high: values[1], mean: values[2], deviation: values[3])
                ))
        }
        guard !ranges.isEmpty else { return nil }
        self.ranges = ranges
    }
}

/// Whether to search around what a policy says, given how many examples there are to judge by.
public enum SearchAdvice {
    /// With at least so many forget examples, the same ones can choose the scale (docs/transfer.md).
    static let plenty = 100

    /// A sentence for a person.
    public static func sentence(forget: Int) -> String {
        forget >= plenty
            ? "scale search (--refine) can be trusted: \(NumberText.grouped(forget)) examples to forget are plenty"
            : "scale search (--refine) is not wise: \(NumberText.grouped(forget)) examples to forget would judge the edit "
                + "that they have made; apply at once, or choose by \(plenty) or more that the policy has not seen"
    }
}
