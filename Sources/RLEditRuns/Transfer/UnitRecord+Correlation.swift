internal import RLEditCore

/// What the factors of a policy go with.
extension UnitRecord {
    /// The pair of a network and a class, in words.
    var pair: String { "\(network), class \(label)" }

    /// Pearson correlation of each feature with the first column's factor, each pair's factor brought to deviation 1;
    /// strongest first.
    static func correlations(_ units: [UnitRecord]) -> [NamedNumber] {
        let factors = standardizedFactors(units)
        return (units.first?.features.indices ?? 0..<0).map { place in
            NamedNumber(
                units[0].features[place].name, correlation(units.map { $0.features[place].value }, factors))
        }.filter { $0.value.isFinite }.sorted { (-abs($0.value), $0.name) < (-abs($1.value), $1.name) }
    }

    /// The factors of each pair divided by their root mean square: their length means nothing.
    static func standardizedFactors(_ units: [UnitRecord]) -> [Double] {
        let lengths = Dictionary(grouping: units, by: \.pair).mapValues { own in
            (own.reduce(0.0) { $0 + ($1.factors.first ?? 0) * ($1.factors.first ?? 0) } / Double(own.count))
                .squareRoot()
        }
        return units.map { unit in
            let length = lengths[unit.pair] ?? 0
            return length > 0 ? (unit.factors.first ?? 0) / length : 0
        }
    }

    private static func correlation(_ x: [Double], _ y: [Double]) -> Double {
        let count = Double(max(x.count, 1))
        let (meanX, meanY) = (x.reduce(0, +) / count, y.reduce(0, +) / count)
        var (xy, xx, yy) = (0.0, 0.0, 0.0)
        for (a, b) in zip(x, y) {
            xy += (a - meanX) * (b - meanY)
            xx += (a - meanX) * (a - meanX)
            yy += (b - meanY) * (b - meanY)
        }
        return xx > 0 && yy > 0 ? xy / (xx * yy).squareRoot() : .nan
    }
}
