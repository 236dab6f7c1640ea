extension ExampleSet {
    /// The same examples with these groups instead of any they had.
    /// - Parameters:
    ///   - names: one for each group, in their order.
    ///   - members: for each group, the 0-based indices of its examples, in any order.
    /// - Throws: ``DataError/invalidGroups(_:)`` saying which name or index does not fit.
    public func withGroups(names: [String], members: [[Int]]) throws(DataError) -> ExampleSet {
        try withGroups(ExampleGroups(names: names, members: members, exampleCount: count))
    }

    /// The same examples with these groups instead of any they had; nil takes them away.
    /// - Throws: ``DataError/invalidGroups(_:)`` for memberships of another number of examples.
    public func withGroups(_ groups: ExampleGroups?) throws(DataError) -> ExampleSet {
        with(try labelling.withGroups(groups))
    }

    /// The examples that belong to one of the named groups at least, in the order of this set. The result has these
    /// groups and no others, in the order of `names`: a set of the tuning terms knows nothing of the held-out ones.
    /// - Throws: ``DataError/unknownGroup(set:name:known:)``; ``DataError/invalidGroups(_:)`` for a name given twice.
    public func inGroups(_ names: [String]) throws(DataError) -> ExampleSet {
        guard let groups else {
            guard let name = names.first else { return selecting([]) }
            throw .unknownGroup(set: self.name, name: name, known: [])
        }
        let (examples, restricted) = groups.restricted(to: try groups.indices(of: names, in: self.name))
        return try selecting(examples).withGroups(restricted)
    }

    /// Indices of the examples of a group, ascending.
    /// - Throws: ``DataError/unknownGroup(set:name:known:)``.
    public func members(ofGroup name: String) throws(DataError) -> [Int] {
        guard let groups else { throw .unknownGroup(set: self.name, name: name, known: []) }
        return groups.members(of: try groups.index(of: name, in: self.name))
    }
}
