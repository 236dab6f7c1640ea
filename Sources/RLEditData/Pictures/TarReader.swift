/// The members of a tar archive, plain or compressed with gzip, one after the other; nothing is unpacked.
///
/// Formats: POSIX ustar with its prefix, GNU's long names, pax paths and sizes. Sparse files and other rarities are refused
/// where a wanted member would need them.
package final class TarReader {
    /// A file in the archive. Folders, devices and the like are passed over.
    package struct Member {
        /// As in the archive, without `.` parts.
        package let path: String
        package let size: Int
        /// Whether the member only points at another.
        package let isLink: Bool
    }

    /// A pax header or a long name's member, in bytes: more is no honest one.
    private static let longestName = 1 << 20
    private static let longestPath = 4096
    private static let blockSize = 512

    package let path: String
    private let reader: GzipReader
    /// Bytes up to the next header: what is left of the member's contents, and what fills the last block.
    private var unread = 0
    private var left = 0
    private var isAtStart = true

    /// - Throws: ``DataError/unreadableFile(path:reason:)``.
    package init(path: String) throws(DataError) {
        self.path = path
        reader = try GzipReader(path: path)
    }

    /// The next file; nil at the end.
    package func next() throws(DataError) -> Member? {
        var longName: String?
        var pax = PaxRecords()
        while true {
            try skip(unread)
            unread = 0
            guard let header = try readHeader() else {
                if longName != nil || !pax.isEmpty { throw fail(.truncated) }
                return nil
            }
            let size = pax.size ?? header.size
            try announce(size)
            switch header.kind {
            case "x":
                pax = try PaxRecords(parsing: try contents(longest: TarReader.longestName), fail)
            case "L":
                longName = TarReader.text(try contents(longest: TarReader.longestName))
            case "0", "\0", "7", "1", "2":
                let name = pax.path ?? longName ?? header.name
                let isLink = header.kind == "1" || header.kind == "2"
                // A link has no contents, whatever its size says.
                if isLink { try announce(0) }
                return Member(path: try plain(name), size: left, isLink: isLink)
            default:
                // A folder, a device, a global header: neither a file nor about the next one.
                if header.kind != "g", header.kind != "K" { (longName, pax) = (nil, PaxRecords()) }
            }
        }
    }

    /// The contents of the member that came last. Called once at most.
    /// - Parameter longest: more bytes are a fault, before memory is taken.
    package func contents(longest: Int) throws(DataError) -> [UInt8] {
        guard left <= longest else { throw fail(.tooLong(bytes: left, limit: longest)) }
        guard left <= reader.largestSize else { throw fail(.truncated) }
        var failure: DataError?
        let wanted = left
        let bytes = [UInt8](unsafeUninitializedCapacity: wanted) { buffer, count in
            let space = UnsafeMutableRawBufferPointer(start: buffer.baseAddress, count: wanted)
            do throws(DataError) { count = try reader.read(into: space) } catch { failure = error }
        }
        if let failure { throw failure }
        guard bytes.count == wanted else { throw fail(.truncated) }
        unread -= wanted
        left = 0
        return bytes
    }

    private func announce(_ size: Int) throws(DataError) {
        guard size >= 0, size <= Int.max - TarReader.blockSize else { throw fail(.badHeader("its size")) }
        left = size
        unread = (size + TarReader.blockSize - 1) / TarReader.blockSize * TarReader.blockSize
    }

    private func fail(_ fault: TarFault) -> DataError { .invalidTar(path: path, fault: fault) }

    private func skip(_ count: Int) throws(DataError) {
        var rest = count
        var scratch = [UInt8](repeating: 0, count: min(rest, 1 << 16))
        while rest > 0 {
            let wanted = min(rest, scratch.count)
            guard try read(into: &scratch, wanted) == wanted else { throw fail(.truncated) }
            rest -= wanted
        }
    }

    private func read(into bytes: inout [UInt8], _ count: Int) throws(DataError) -> Int {
        let result = bytes.withUnsafeMutableBytes { buffer in
            Result { () throws(DataError) in
                try reader.read(into: UnsafeMutableRawBufferPointer(rebasing: buffer[..<count]))
            }
        }
        return try result.get()
    }

    private struct Header {
        let name: String
        let size: Int
        let kind: Character
    }

    /// nil at the end: a block of zeros, or nothing more.
    private func readHeader() throws(DataError) -> Header? {
        var block = [UInt8](repeating: 0, count: TarReader.blockSize)
        let count = try read(into: &block, block.count)
        if count == 0, !isAtStart { return nil }
        guard count == block.count else { throw fail(isAtStart ? .notTar : .truncated) }
        if block.allSatisfy({ $0 == 0 }) {
            // Reading on also makes zlib check the trailer's length and checksum; tar writes at most a record of zeros.
            var rest = [UInt8](repeating: 0, count: 1 << 16)
            for _ in 0..<1024 {
                if try read(into: &rest, rest.count) < rest.count { return nil }
            }
            throw fail(.trailingBytes)
        }
        // The checksum is over the header with spaces in its own field.
        let sum = block.reduce(0) { $0 + Int($1) } - block[148..<156].reduce(0) { $0 + Int($1) } + 8 * 32
        guard TarReader.number(block[148..<156]) == sum else {
            throw fail(isAtStart ? .notTar : .badHeader("its checksum"))
        }
        isAtStart = false
        guard let size = TarReader.number(block[124..<136]) else { throw fail(.badHeader("its size")) }
        var name = TarReader.text(Array(block[0..<100]))
        // GNU's own format uses the field for other things.
        if block[257..<263].elementsEqual("ustar\0".utf8), block[345] != 0 {
            name = TarReader.text(Array(block[345..<500])) + "/" + name
        }
        return Header(name: name, size: size, kind: Character(Unicode.Scalar(block[156])))
    }

    /// Octal digits between spaces and zeros, or GNU's binary form.
    private static func number(_ field: ArraySlice<UInt8>) -> Int? {
        if let first = field.first, first & 0x80 != 0 {
            var value = Int(first & 0x7F)
            for byte in field.dropFirst() {
                guard value <= Int.max >> 8 else { return nil }
                value = value << 8 | Int(byte)
            }
            return value
        }
        let digits = field.drop { $0 == 32 }.prefix { $0 != 0 && $0 != 32 }
        guard digits.count <= 20 else { return nil }
        return digits.isEmpty ? 0 : Int(String(decoding: digits, as: UTF8.self), radix: 8)
    }

    /// Up to the first NUL.
    private static func text(_ bytes: [UInt8]) -> String {
        String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
    }

    private func plain(_ name: String) throws(DataError) -> String {
        let all = name.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        let parts = all.filter { !$0.isEmpty && !$0.elementsEqual(".".utf8) }
        guard name.utf8.count <= TarReader.longestPath, ImageFolderFault.isPrintable(name) else {
            throw fail(.unusableName)
        }
        guard !name.utf8.starts(with: "/".utf8), !parts.contains(where: { $0.elementsEqual("..".utf8) }) else {
            throw fail(.outsidePath(name))
        }
        return parts.count == all.count ? name : parts.map { String(Substring($0)) }.joined(separator: "/")
    }
}

/// What a pax header (POSIX.1-2001) says about the next member, as far as it matters here.
private struct PaxRecords {
    var path: String?
    var size: Int?
    var isEmpty: Bool { path == nil && size == nil }

    init() {}

    /// Records are `length key=value\n`, the length that of the whole record.
    init(parsing bytes: [UInt8], _ fail: (TarFault) -> DataError) throws(DataError) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let digits = rest.prefix { $0 != 32 }
            guard digits.count <= 8, let length = Int(String(decoding: digits, as: UTF8.self)), length <= rest.count,
                length > digits.count + 1
            else { throw fail(.badHeader("its pax records")) }
            let record = rest.prefix(length).dropFirst(digits.count + 1)
            rest = rest.dropFirst(length)
            guard record.last == 10, let equals = record.firstIndex(of: UInt8(ascii: "=")) else {
                throw fail(.badHeader("its pax records"))
            }
            let value = String(decoding: record[(equals + 1)...].dropLast(), as: UTF8.self)
            switch String(decoding: record[..<equals], as: UTF8.self) {
            case "path": path = value
            case "size":
                guard let number = Int(value), number >= 0 else { throw fail(.badHeader("its pax size")) }
                size = number
            case let key where key.hasPrefix("GNU.sparse"): throw fail(.sparse)
            default: break
            }
        }
    }
}

/// Faults of a tar archive.
public enum TarFault: Equatable, Sendable, CustomStringConvertible {
    /// The first block is no header.
    case notTar
    case truncated
    /// A header of which this cannot be read.
    case badHeader(String)
    /// A member whose path is absolute or climbs with `..`.
    case outsidePath(String)
    /// A member whose path is very long or holds control characters.
    case unusableName
    /// A member that is larger than the reader takes.
    case tooLong(bytes: Int, limit: Int)
    case sparse
    /// Much follows the end of the archive.
    case trailingBytes

    public var description: String {
        switch self {
        case .notTar: "it does not begin with a tar header"
        case .truncated: "it ends inside a member"
        case .badHeader(let part): "a header is damaged (\(part))"
        case .outsidePath(let path): "the path '\(path)' leads out of the archive"
        case .unusableName: "a member has a path of more than 4096 bytes or with control characters"
        case .tooLong(let bytes, let limit): "a member has \(bytes) bytes, more than the \(limit) that are read"
        case .sparse: "it holds sparse files: make it without --sparse"
        case .trailingBytes: "more than 64 MiB follow its end"
        }
    }
}
