/// The columns that say who belongs to which group.
struct GroupColumns {
    private let groups: TableColumns.Groups
    private let columns: [(index: Int, name: String)]
    private var memberships = ExampleGroups.Builder()
    /// Groups by name, numbered as they come.
    private var places: [String: Int32] = [:]

    init(_ groups: TableColumns.Groups, _ rows: inout any TableRows) throws(DataError) {
        self.groups = groups
        var columns: [(index: Int, name: String)] = []
        switch groups {
        case .names(let name): columns.append((try rows.index(of: name, isOptional: true), name))
        case .members(let names, _):
            for name in names { columns.append((try rows.index(of: name, isOptional: true), name)) }
        }
        self.columns = columns
    }

    mutating func read(_ rows: any TableRows) throws(DataError) {
        switch groups {
        case .names:
            let name = try rows.text(columns[0].index).trimmingSpaces
            if !name.isEmpty {
                let next = Int32(truncatingIfNeeded: places.count)
                memberships.add(places[name] ?? next)
                if places[name] == nil { places[name] = next }
            }
            memberships.endExample(isKnown: true)
        case .members(_, let threshold):
            var isKnown = true
            for (group, (index, name)) in columns.enumerated() {
                // Not annotated, which is neither a member nor none.
                if rows.bytes(index).allSatisfy({ $0 == 0x20 || $0 == 0x09 }) {
                    isKnown = false
                } else if try rows.number(index, name) >= threshold {
                    memberships.add(Int32(truncatingIfNeeded: group))
                }
            }
            memberships.endExample(isKnown: isKnown)
        }
    }

    consuming func finish() throws(DataError) -> ExampleGroups {
        guard case .names = groups else { return try memberships.finish(columns.map(\.name)) }
        // In alphabetical order.
        let names = places.keys.sorted()
        var final = [Int32](repeating: 0, count: names.count)
        for (place, name) in names.enumerated() {
            if let number = places[name] { final[Int(number)] = Int32(truncatingIfNeeded: place) }
        }
        return try memberships.finish(names, renumbered: final)
    }
}
