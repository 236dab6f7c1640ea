/// The directory of a ZIP archive, as far as `.npz`, PyTorch files and packs use it: one disk, members stored or deflated.
///
/// Source: PKWARE's *APPNOTE.TXT* 6.3, sections 4.3.7 (before a member), 4.3.12 (directory), 4.3.16 (its end). Sizes come
/// from the directory alone. The 64-bit forms are not read: they are for contents over our limit of bytes, and where they
/// come between the directory and its end, as in PyTorch's files, they repeat what the directory says.
package enum ZipArchive {
    package struct Member: Sendable {
        package let name: String
        /// Whether it is a file: not a link, a folder or a device, as far as the system that wrote it says.
        package let isFile: Bool
        let isDeflated: Bool
        let checksum: UInt32
        /// Bytes as they lie in the file.
        let storedSize: Int
        /// Bytes when decoded.
        package let size: Int
        /// Where its data begins.
        let offset: Int
    }

    private static let endSize = 22
    private static let longestComment = 0xFFFF

    /// The members of an archive, in the order of its directory.
    /// - Parameter limit: bytes of all members together, decoded.
    static func members(of file: InputFile, limit: Int) throws(DataError) -> [Member] {
        func refuse(_ fault: ZipFault, _ member: String? = nil) -> DataError {
            .invalidZip(path: file.path, member: member, fault: fault)
        }
        let tailStart = max(0, file.size - ZipArchive.endSize - ZipArchive.longestComment)
        let tail = LittleEndian(try file.bytes(at: tailStart, count: file.size - tailStart))
        guard let end = ZipArchive.end(in: tail) else { throw refuse(.noDirectory) }
        let (count, size, start) = (tail.word16(end + 10), tail.word32(end + 12), tail.word32(end + 16))
        guard tail.word32(end + 4) == 0, tail.word16(end + 8) == count, start + size <= tailStart + end else {
            throw refuse(.malformedDirectory)
        }

        let directory = LittleEndian(try file.bytes(at: start, count: size))
        var members: [Member] = []
        var names: Set<String> = []
        var (position, total) = (0, 0)
        for _ in 0..<count {
            guard position + 46 <= directory.count, directory.word32(position) == 0x0201_4B50 else {
                throw refuse(.malformedDirectory)
            }
            let nameLength = directory.word16(position + 28)
            let next = position + 46 + nameLength + directory.word16(position + 30) + directory.word16(position + 32)
            guard next <= directory.count else { throw refuse(.malformedDirectory) }
            let nameBytes = directory.bytes[position + 46..<position + 46 + nameLength]
            let name = String(decoding: nameBytes, as: UTF8.self)
            guard !name.isEmpty, !name.unicodeScalars.contains(where: { $0.properties.generalCategory == .control })
            else { throw refuse(.unusableName) }
            guard names.insert(name).inserted else { throw refuse(.duplicate, name) }
            guard directory.word16(position + 8) & 1 == 0 else { throw refuse(.encrypted, name) }
            let method = directory.word16(position + 10)
            guard method == 0 || method == 8 else { throw refuse(.unsupportedMethod(method), name) }
            let (stored, size) = (directory.word32(position + 20), directory.word32(position + 24))
            total += size
            guard total <= limit else { throw refuse(.tooLarge(limit: limit), name) }
            guard size <= (method == 0 ? stored : stored * InflateStream.largestExpansion) else {
                throw refuse(.wrongSize(expected: size), name)
            }

            let before = directory.word32(position + 42)
            let local = LittleEndian(try file.bytes(at: before, count: 30 + nameLength))
            guard local.count == 30 + nameLength, local.word32(0) == 0x0403_4B50, local.word16(8) == method,
                local.word16(26) == nameLength, local.bytes[30...].elementsEqual(nameBytes)
            else { throw refuse(.malformedMember, name) }
            let data = before + 30 + nameLength + local.word16(28)
            guard data + stored <= start else { throw refuse(.malformedMember, name) }
            members.append(
                Member(
                    name: name, isFile: isFile(directory, position), isDeflated: method == 8,
                    checksum: UInt32(directory.word32(position + 16)),
                    storedSize: stored, size: size, offset: data))
            position = next
        }
        guard position == directory.count else { throw refuse(.malformedDirectory) }
        return members
    }

    /// Systems of the kind of Unix (3) put the file's mode above the attributes; a name that ends in a slash is a folder.
    private static func isFile(_ directory: LittleEndian, _ entry: Int) -> Bool {
        let type = directory.word16(entry + 40) & 0o170000
        let isOfUnix = directory.word16(entry + 4) >> 8 == 3
        let nameEnd = entry + 46 + directory.word16(entry + 28)
        return (!isOfUnix || type == 0 || type == 0o100000) && directory.bytes[nameEnd - 1] != UInt8(ascii: "/")
    }

    /// Where the end of the directory begins: the last place whose comment reaches to the end of the file.
    private static func end(in tail: LittleEndian) -> Int? {
        guard tail.count >= endSize else { return nil }
        return stride(from: tail.count - endSize, through: 0, by: -1).first {
            tail.word32($0) == 0x0605_4B50 && $0 + endSize + tail.word16($0 + 20) == tail.count
        }
    }
}

/// Little-endian numbers at places of an array. The places are the caller's to check.
private struct LittleEndian {
    let bytes: [UInt8]
    var count: Int { bytes.count }

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    func word16(_ place: Int) -> Int { Int(bytes[place]) | Int(bytes[place + 1]) << 8 }
    func word32(_ place: Int) -> Int { word16(place) | word16(place + 2) << 16 }
}

/// The decoded bytes of a member, from front to back.
final class ZipMemberReader: ByteSource {
    let path: String
    private let member: ZipArchive.Member
    private let file: InputFile
    private let stream: InflateStream?
    private var input: [UInt8] = []
    private var inputStart = 0
    /// Bytes of the member that were taken from the file, and bytes that were given.
    private var (fetched, produced) = (0, 0)
    private var isOver = false
    private var checksum = CRC32()

    init(_ member: ZipArchive.Member, of file: InputFile) throws(DataError) {
        path = file.path
        self.member = member
        self.file = file
        if member.isDeflated {
            guard let stream = InflateStream(.none) else {
                throw .unreadableFile(path: path, reason: "zlib could not be started")
            }
            self.stream = stream
        } else {
            stream = nil
        }
    }

    func read(into buffer: UnsafeMutableRawBufferPointer) throws(DataError) -> Int {
        var filled = 0
        while filled < buffer.count, !isOver {
            if inputStart == input.count {
                let count = min(1 << 16, member.storedSize - fetched)
                // An empty piece ends a stored member; a deflate stream says itself where it ends.
                if count == 0 {
                    if stream != nil { throw refuse(.corrupt("it is truncated")) }
                    isOver = true
                    break
                }
                input = try file.bytes(at: member.offset + fetched, count: count)
                guard input.count == count else { throw refuse(.corrupt("the file became shorter")) }
                fetched += count
                inputStart = 0
            }
            let space = UnsafeMutableRawBufferPointer(rebasing: buffer[filled...])
            filled +=
                try stream.map { stream throws(DataError) in try decode(stream, into: space) } ?? copy(into: space)
        }
        checksum.update(UnsafeRawBufferPointer(rebasing: buffer[..<filled]))
        produced += filled
        return filled
    }

    /// To be called when everything that is wanted has been read: nothing more may come, and the checksum must fit.
    func finish() throws(DataError) {
        var rest: UInt8 = 0
        var failure: DataError?
        let count = withUnsafeMutableBytes(of: &rest) { space in
            do throws(DataError) { return try read(into: space) } catch {
                failure = error
                return 0
            }
        }
        if let failure { throw failure }
        guard count == 0, produced == member.size, fetched == member.storedSize, inputStart == input.count else {
            throw refuse(.wrongSize(expected: member.size))
        }
        guard checksum.value == member.checksum else { throw refuse(.wrongChecksum) }
    }

    private func copy(into space: UnsafeMutableRawBufferPointer) -> Int {
        let count = min(space.count, input.count - inputStart)
        space.copyBytes(from: input[inputStart..<inputStart + count])
        inputStart += count
        return count
    }

    private func decode(
        _ stream: InflateStream, into space: UnsafeMutableRawBufferPointer
    ) throws(DataError) -> Int {
        let step: InflateStream.Step
        do throws(InflateStream.Fault) { step = try stream.decode(input[inputStart...], into: space) } catch {
            throw refuse(.corrupt(error.message))
        }
        inputStart += step.taken
        isOver = step.isEnd
        return step.written
    }

    private func refuse(_ fault: ZipFault) -> DataError { .invalidZip(path: path, member: member.name, fault: fault) }
}
