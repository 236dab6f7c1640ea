public import RLEditCore
internal import RLEditTensor

extension UnitFeatures {
    /// What is characteristic of a layer, so that it can be compared with those of a policy's training: its sizes, its context,
    /// and of each side and feature the mean and the largest magnitude.
    /// - Parameter set: which features these are.
    public func signature(_ set: UnitFeatureSet) -> [NamedNumber] {
        var numbers = zip(set.context, context.scalars).map { NamedNumber($0.name, Double($1)) }
        let names = set.features.map(\.name) + (0..<set.customCount).map { "custom_\($0 + 1)" }
        for (side, tensor) in [("input", inputs), ("output", outputs)] {
            let units = tensor.shape[0]
            let values = tensor.scalars
            numbers.append(
                NamedNumber("log2 of the \(side) units", PortableMath.log(Double(units)) / PortableMath.log(2)))
            for (place, name) in names.enumerated() {
                let column = (0..<units).map { Double(values[$0 * names.count + place]) }
                let mean = column.reduce(0, +) / Double(max(units, 1))
                numbers.append(NamedNumber("mean \(name) of the \(side) units", mean))
                numbers.append(NamedNumber("largest \(name) of the \(side) units", column.map(abs).max() ?? 0))
            }
        }
        return numbers
    }
}
