/// A ZIP archive that is open for reading.
///
/// Nothing of it changes once it is open, and each read names its place in the file.
package final class ZipFile: @unchecked Sendable {
    package let path: String
    /// In the order of its directory.
    package let members: [ZipArchive.Member]
    private let file: InputFile

    /// - Parameter limit: bytes of all members together, decoded.
    /// - Throws: ``DataError/unreadableFile(path:reason:)``, ``DataError/invalidZip(path:member:fault:)``.
    package init(path: String, limit: Int) throws(DataError) {
        self.path = path
        file = try InputFile(path: path)
        members = try ZipArchive.members(of: file, limit: limit)
    }

    /// The decoded bytes of a member, whose length and checksum are right.
    package func bytes(of member: ZipArchive.Member) throws(DataError) -> [UInt8] {
        let reader = try ZipMemberReader(member, of: file)
        var bytes = [UInt8](repeating: 0, count: member.size)
        let filled = bytes.withUnsafeMutableBytes { buffer in
            Result { () throws(DataError) in try reader.read(into: buffer) }
        }
        bytes.removeLast(member.size - (try filled.get()))
        try reader.finish()
        return bytes
    }

    /// SHA-256 of the decoded bytes of a member, which are taken piece by piece.
    package func digest(of member: ZipArchive.Member) throws(DataError) -> String {
        let reader = try ZipMemberReader(member, of: file)
        var hasher = SHA256Digest.Hasher()
        var piece = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let filled = piece.withUnsafeMutableBytes { buffer in
                Result { () throws(DataError) in try reader.read(into: buffer) }
            }
            let count = try filled.get()
            if count == 0 { break }
            piece.withUnsafeBytes { hasher.update(UnsafeRawBufferPointer(rebasing: $0[..<count])) }
        }
        try reader.finish()
        return hasher.finish()
    }
}
