internal import RLEditData

/// Small CSV files of our own as rows of text.
enum CSVText {
    /// A field, quoted where it has to be.
    static func field(_ text: String) -> String {
        var bytes: [UInt8] = []
        CSVWriter.append(Array(text.utf8), to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    /// All records of a file.
    /// - Throws: `FileError`, or `DataError` naming row and column.
    static func rows(_ path: String) throws -> [[String]] {
        let reader = CSVReader(MemorySource(try FileSystem.read(path), path: path))
        var record = CSVRecord()
        var rows: [[String]] = []
        while try reader.next(&record) {
            rows.append((0..<record.count).map { String(decoding: record[$0], as: UTF8.self) })
        }
        return rows
    }
}
