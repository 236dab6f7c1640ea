public import RLEditCore

/// Files that hold one JSON value, such as the `config.json` of a pretrained model.
public enum JSONFile {
    /// Larger files are refused before they take memory.
    static let largestSize = 16 << 20

    /// - Returns: the value, and the SHA-256 of the file.
    /// - Throws: ``DataError/unreadableFile(path:reason:)``, ``DataError/invalidJSON(path:reason:)``.
    public static func read(_ path: String) throws(DataError) -> (value: JSONValue, hash: String) {
        let file = try InputFile(path: path)
        guard file.size <= largestSize else {
            throw .invalidJSON(path: path, reason: "it has \(file.size) bytes, expected at most \(largestSize)")
        }
        let bytes = try file.bytes(at: 0, count: file.size)
        do { return (try JSONValue(parsing: bytes), SHA256Digest.hex(of: bytes)) } catch {
            throw .invalidJSON(path: path, reason: error.description)
        }
    }
}
