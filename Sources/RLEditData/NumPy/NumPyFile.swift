public import RLEditTensor

/// Arrays that NumPy saved: one in a `.npy` file, several under names in a `.npz` archive.
///
/// Headers are checked when the file is opened, elements are read when they are asked for: the room they need is known
/// before it is taken.
public struct NumPyFile {
    public struct Entry {
        /// As NumPy was told it, without `.npy`; nil for a file of its own. Of another file in an archive, its whole name.
        public let name: String?
        /// Empty for an array that cannot be read, as that of a single number.
        public var shape: [Int] { header?.shape ?? [] }
        /// Number of elements; 0 for an array that cannot be read.
        public var count: Int { header?.count ?? 0 }
        /// Why the array cannot be read though the file is sound: its elements are of a type that no tensor has, or it is a
        /// file of another kind. Asking for it throws this; the others can be read all the same.
        public let fault: DataError?
        fileprivate let header: NumPyHeader?
        /// nil for a file of its own.
        fileprivate let member: ZipArchive.Member?
    }

    /// Bytes that the arrays of a file may take together, in it and in memory.
    public static let largestContents = 1 << 30

    public let path: String
    /// In the order of the file.
    public let entries: [Entry]
    private let file: InputFile

    /// Elements of all arrays together.
    public var count: Int { entries.reduce(0) { $0 + $1.count } }

    /// Opens a `.npy` file.
    /// - Throws: ``DataError/unreadableFile(path:reason:)``, ``DataError/invalidNumPy(path:array:fault:)``.
    public init(array path: String) throws(DataError) {
        self.path = path
        file = try InputFile(path: path)
        let reader = NumPyReader(InputFileReader(file), name: nil)
        entries = [Entry(name: nil, fault: nil, header: try reader.header(fileSize: file.size), member: nil)]
    }

    /// Opens a `.npz` file.
    /// - Throws: as ``init(array:)``, and ``DataError/invalidZip(path:member:fault:)``.
    public init(archive path: String) throws(DataError) {
        self.path = path
        file = try InputFile(path: path)
        var entries: [Entry] = []
        var bytes = 0
        for member in try ZipArchive.members(of: file, limit: NumPyFile.largestContents) {
            func add(_ name: String, unreadable fault: DataError) {
                entries.append(Entry(name: name, fault: fault, header: nil, member: member))
            }
            guard member.name.hasSuffix(".npy"), member.name.utf8.count > 4 else {
                add(member.name, unreadable: .invalidZip(path: path, member: member.name, fault: .notAnArray))
                continue
            }
            let name = String(member.name.dropLast(4))
            let reader = NumPyReader(try ZipMemberReader(member, of: file), name: name)
            let header: NumPyHeader
            do throws(DataError) { header = try reader.header(fileSize: member.size) } catch {
                guard case .invalidNumPy(_, _, let fault) = error, fault.isAboutType else { throw error }
                add(name, unreadable: error)
                continue
            }
            bytes += header.count * MemoryLayout<Float>.size
            guard bytes <= NumPyFile.largestContents else {
                throw .invalidZip(
                    path: path, member: member.name, fault: .tooLarge(limit: NumPyFile.largestContents))
            }
            entries.append(Entry(name: name, fault: nil, header: header, member: member))
        }
        self.entries = entries
    }

    /// The elements of an array of this file, in row-major order whatever theirs was.
    /// - Throws: ``DataError``: ``Entry/fault``, damaged data, or an element that a `Float` cannot hold.
    public func tensor(_ entry: Entry) throws(DataError) -> Tensor {
        if let fault = entry.fault { throw fault }
        guard let header = entry.header else { throw .invalidNumPy(path: path, array: entry.name, fault: .notNumPy) }
        guard let member = entry.member else {
            return try NumPyReader(InputFileReader(file), name: nil).tensor(header)
        }
        let source = try ZipMemberReader(member, of: file)
        let tensor = try NumPyReader(source, name: entry.name).tensor(header)
        try source.finish()
        return tensor
    }
}
