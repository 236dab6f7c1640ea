internal import RLEditTensor

extension ExampleSet: CustomStringConvertible {
    /// Size, shape, range of values, label counts and the number of groups, for example
    /// `train (mnist): 60000 examples of [1, 28, 28], values 0 … 1; labels 0: 5923, 1: 6742, …`. Reads all values.
    public var description: String {
        let form = isSparse ? ", sparse" : ""
        let range = valueRange.map { ", values \(ExampleSet.short($0)) … \(ExampleSet.short($1))" } ?? ""
        return
            "\(name) (\(source)): \(count) example\(count == 1 ? "" : "s") of \(exampleShape)\(form)\(range)\(labelling.summary)"
    }

    /// The smallest and the largest value of the inputs, those left out of sparse ones as 0; nil without examples.
    public var valueRange: (smallest: Float, largest: Float)? {
        if isEmpty { return nil }
        let rows = (0..<count).lazy.map(storageRow)
        var (smallest, largest) = (Float.infinity, -Float.infinity)
        func see(_ value: Float) {
            smallest = min(smallest, value)
            largest = max(largest, value)
        }
        switch storage.values {
        case .bytes(_, let scale):
            // Of each channel the bytes first: normalization is the same for all of it.
            let tables = scale.tables
            let width = storage.exampleSize / tables.count
            var bounds = [(low: UInt8, high: UInt8)](repeating: (.max, .min), count: tables.count)
            storage.forEachRawExample(rows: rows) { example in
                for channel in bounds.indices {
                    for byte in example[channel * width..<(channel + 1) * width] {
                        bounds[channel].low = min(bounds[channel].low, byte)
                        bounds[channel].high = max(bounds[channel].high, byte)
                    }
                }
            }
            for (table, bound) in zip(tables, bounds) {
                see(table[Int(bound.low)])
                see(table[Int(bound.high)])
            }
        case .floats:
            storage.forEachRawExample(rows: rows) { $0.bindMemory(to: Float.self).forEach(see) }
        case .sparse(let sparse):
            for row in rows {
                sparse.withRow(row) { columns, values in
                    values.forEach(see)
                    if columns.count < sparse.columns { see(0) }
                }
            }
        }
        return (smallest, largest)
    }

    /// At most three decimals: enough to tell levels from normalized values.
    private static func short(_ value: Float) -> String {
        if abs(value) >= 1e6 { return "\(value)" }
        let rounded = (value * 1000).rounded() / 1000
        return rounded == rounded.rounded() ? "\(Int(rounded))" : "\(rounded)"
    }
}
