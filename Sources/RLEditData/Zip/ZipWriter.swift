/// Writes ZIP archives whose members are stored as they are: equal members give equal bytes, since nothing of the time or
/// the machine goes into them.
///
/// Source: PKWARE's *APPNOTE.TXT* 6.3, sections 4.3.7, 4.3.12 and 4.3.16.
package enum ZipWriter {
    /// The midnight that begins 1980, as MS-DOS writes a date: the first that there is.
    private static let date = 0x21
    /// Names are UTF-8.
    private static let flags = 0x800
    /// A file of Unix that everybody may read.
    private static let mode = 0o100644

    /// - Parameter members: of different names of at most 65,535 bytes; less than 4 GiB together.
    package static func archive(_ members: [(name: String, bytes: [UInt8])]) -> [UInt8] {
        var (archive, directory) = ([UInt8](), [UInt8]())
        for (name, bytes) in members {
            var checksum = CRC32()
            bytes.withUnsafeBytes { checksum.update($0) }
            let offset = archive.count
            /// What both places say of the member, from the version that is needed on.
            var facts: [UInt8] = []
            for number in [20, flags, 0, 0, date] { facts.append(word16: number) }
            for number in [Int(checksum.value), bytes.count, bytes.count] { facts.append(word32: number) }
            for number in [name.utf8.count, 0] { facts.append(word16: number) }

            archive.append(word32: 0x0403_4B50)
            archive += facts
            archive += Array(name.utf8)
            archive += bytes

            directory.append(word32: 0x0201_4B50)
            directory.append(word16: 3 << 8 | 20)
            directory += facts
            for _ in 0..<3 { directory.append(word16: 0) }
            directory.append(word32: mode << 16)
            directory.append(word32: offset)
            directory += Array(name.utf8)
        }
        let start = archive.count
        archive += directory
        archive.append(word32: 0x0605_4B50)
        for number in [0, 0, members.count, members.count] { archive.append(word16: number) }
        for number in [directory.count, start] { archive.append(word32: number) }
        archive.append(word16: 0)
        return archive
    }
}

extension [UInt8] {
    fileprivate mutating func append(word16 number: Int) {
        append(UInt8(truncatingIfNeeded: number))
        append(UInt8(truncatingIfNeeded: number >> 8))
    }

    fileprivate mutating func append(word32 number: Int) {
        append(word16: number)
        append(word16: number >> 16)
    }
}
