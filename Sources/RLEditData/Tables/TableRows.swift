/// Rows of named fields, one after the other: a CSV file, or lines of JSON.
package protocol TableRows {
    var path: String { get }
    /// Place of the row read last.
    var place: TableFault.Row { get }

    /// The number of a column, asked for before the first row.
    /// - Parameter isOptional: whether rows may lack it.
    mutating func index(of column: String, isOptional: Bool) throws(DataError) -> Int
    /// Reads the next row.
    /// - Returns: false at the end.
    mutating func next() throws(DataError) -> Bool
    /// The contents of a field of the row read last, by its column's number; empty where it has none.
    func bytes(_ field: Int) -> ArraySlice<UInt8>
    /// The same as text.
    /// - Throws: ``DataError/invalidTable(path:fault:)`` when it is not UTF-8.
    func text(_ field: Int) throws(DataError) -> String
}

extension TableColumns.Format {
    /// The rows of a source in this format.
    package func rows(_ source: any ByteSource) throws(DataError) -> any TableRows {
        switch self {
        case .csv(let separator, let encoding, let skippedLines):
            try CSVTable(
                DecodedSource(source, encoding: encoding), separator: separator, skippedLines: skippedLines)
        case .jsonLines: JSONLinesTable(source)
        }
    }
}

extension CSVTable: TableRows {
    package var place: TableFault.Row { record.place }

    package func index(of column: String, isOptional: Bool) throws(DataError) -> Int { try index(of: column) }

    package func bytes(_ field: Int) -> ArraySlice<UInt8> { record[field] }
}
