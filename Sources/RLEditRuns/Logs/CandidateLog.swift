/// `candidates.csv`: one row per evaluated candidate, for the trade-off chart and for tables of one's own.
///
/// Columns: `evaluation` (from 1), `reward`, then measures such as `forget.accuracy` that the reward read anyway.
/// Deterministic, and cut back on resume like `metrics.jsonl`.
public final class CandidateLog: Sendable {
    /// Names of the columns after `evaluation` and `reward`.
    public let measures: [String]
    private let log: AppendLog

    public init(creating path: String, measures: [String]) throws(FileError) {
        self.measures = measures
        log = try AppendLog(creating: path)
        try log.append(line: (["evaluation", "reward"] + measures).map(CandidateLog.quoted).joined(separator: ","))
    }

    /// Continues a log with the columns that it has.
    /// - Throws: ``LogResumeError`` or ``FileError``.
    public init(resuming path: String, at offset: Int) throws {
        measures = Array(try CandidateTable.read(path).columns.dropFirst())
        log = try AppendLog(resuming: path, at: offset)
    }

    /// - Parameter values: one per measure; a missing or non-finite one leaves its field empty.
    public func append(evaluation: Int, reward: Double, values: [Double]) throws(FileError) {
        var line = "\(evaluation),\(CandidateLog.field(reward))"
        for index in measures.indices { line += ",\(index < values.count ? CandidateLog.field(values[index]) : "")" }
        try log.append(line: line)
    }

    public func flush() throws(FileError) { try log.flush() }

    /// Length in bytes, buffered ones included.
    public var length: Int { log.length }

    /// - Returns: the length in bytes, for the checkpoint.
    public func synchronize() throws(FileError) -> Int { try log.synchronize() }

    private static func field(_ value: Double) -> String { value.isFinite ? "\(value)" : "" }

    private static func quoted(_ name: String) -> String {
        guard name.utf8.contains(where: { $0 == 0x2C || $0 == 0x22 || $0 == 0x0A || $0 == 0x0D }) else { return name }
        return "\"\(name.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\""))\""
    }
}

/// What a `candidates.csv` holds, by column.
public struct CandidateTable: Sendable, Equatable {
    /// Names of the columns after `evaluation`; the first is `reward`.
    public var columns: [String]
    /// Number of the first row's evaluation and of the following ones.
    public var evaluations: [Int]
    /// Values by column, NaN for an empty field; each as long as `evaluations`.
    public var values: [[Double]]

    public init(columns: [String], evaluations: [Int], values: [[Double]]) {
        self.columns = columns
        self.evaluations = evaluations
        self.values = values
    }

    public subscript(column: String) -> [Double]? { columns.firstIndex(of: column).map { values[$0] } }

    /// Read a file written by ``CandidateLog``. A last line that a kill cut short is left out.
    public static func read(_ path: String) throws(FileError) -> CandidateTable {
        let bytes = try FileSystem.read(path)
        var lines = bytes.split(separator: 0x0A, omittingEmptySubsequences: false)
        // What follows the last newline is not a whole row.
        lines.removeLast()
        guard let header = lines.first else { return CandidateTable(columns: [], evaluations: [], values: []) }
        let columns = Array(names(inHeader: header).dropFirst())
        var table = CandidateTable(
            columns: columns, evaluations: [], values: Array(repeating: [], count: columns.count))
        for line in lines.dropFirst() {
            let fields = line.split(separator: 0x2C, omittingEmptySubsequences: false)
            guard fields.count == columns.count + 1,
                let evaluation = Int(String(decoding: fields[0], as: UTF8.self))
            else { continue }
            table.evaluations.append(evaluation)
            for column in columns.indices {
                table.values[column].append(Double(String(decoding: fields[column + 1], as: UTF8.self)) ?? .nan)
            }
        }
        return table
    }

    private static func names(inHeader line: ArraySlice<UInt8>) -> [String] {
        var names: [[UInt8]] = [[]]
        var quoted = false
        var justClosed = false
        for byte in line {
            switch byte {
            case 0x22:
                // A doubled quote closes and opens again: it means one.
                if justClosed { names[names.count - 1].append(0x22) }
                justClosed = quoted
                quoted.toggle()
                continue
            case 0x2C where !quoted: names.append([])
            default: names[names.count - 1].append(byte)
            }
            justClosed = false
        }
        return names.map { String(decoding: $0, as: UTF8.self) }
    }
}
