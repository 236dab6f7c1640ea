extension ExampleSet {
    /// The same examples with other labels.
    /// - Parameter label: asked once for each label that occurs, by ascending label.
    /// - Throws: ``DataError/labelOutOfRange(source:position:label:classes:)``, or what `label` throws.
    public func relabelled(_ label: (Int) throws -> Int) throws -> ExampleSet {
        ExampleSet(
            name: name, source: source, exampleShape: exampleShape, storage: storage, order: order,
            labels: try RLEditData.relabelled(orderedLabels, classCounts.map(\.label), of: name, label), groups: groups)
    }
}

extension TextSet {
    /// The same texts with other labels.
    /// - Parameter label: asked once for each label that occurs, by ascending label.
    /// - Throws: ``DataError/labelOutOfRange(source:position:label:classes:)``, or what `label` throws.
    public func relabelled(_ label: (Int) throws -> Int) throws -> TextSet {
        TextSet(
            name: name, source: source, storage: storage, order: order,
            labels: try RLEditData.relabelled(orderedLabels, classCounts.map(\.label), of: name, label), groups: groups)
    }
}

private func relabelled(
    _ labels: [Int32], _ known: [Int], of name: String, _ label: (Int) throws -> Int
) throws -> [Int32] {
    var results: [Int32: Int] = [:]
    for old in known { results[Int32(truncatingIfNeeded: old)] = try label(old) }
    return try ExampleSet.stored(labels.map { results[$0] ?? 0 }, of: name)
}
