public import RLEditCore

extension Verification {
    /// The verdict, and a table of what differs.
    public var text: String {
        let counted = "\(files) files and \(NumberText.grouped(numbers)) numbers compared"
        switch verdict {
        case .sameBytes: return "same bytes: \(counted)"
        case .withinTolerance:
            return "within tolerance: \(counted); \(excuse ?? "") give other bytes, and every held-out measure is near "
                + "enough\n\(table)"
        case .differs:
            let reason = excuse.map { ", more than \($0) explain" } ?? ""
            return "differs: \(counted), \(differences.count { !$0.isAllowed }) differ\(reason)\n\(table)"
        }
    }

    /// What must not differ comes first.
    private var table: String {
        var table = TextTable([
            .init("what", .left), .init("recorded", .right), .init("again", .right), .init("allowed", .right),
            .init("", .left),
        ])
        let rows = differences.filter { !$0.isAllowed } + differences.filter(\.isAllowed)
        for row in rows.prefix(Verification.mostRows) {
            table.append([row.what, row.recorded, row.again, row.allowed ?? "none", row.isAllowed ? "" : "differs"])
        }
        let rest = rows.count - Verification.mostRows
        return table.text + (rest > 0 ? "\nand \(rest) more" : "")
    }

    private static let mostRows = 40

    public var json: JSONValue {
        [
            "verdict": .string(verdict.rawValue), "files": .integer(files), "numbers": .integer(numbers),
            "excuse": excuse.map(JSONValue.string) ?? .null,
            "differences": .array(
                differences.map {
                    [
                        "what": .string($0.what), "recorded": .string($0.recorded), "again": .string($0.again),
                        "allowed": $0.allowed.map(JSONValue.string) ?? .null, "is_allowed": .bool($0.isAllowed),
                    ]
                }),
        ]
    }
}
