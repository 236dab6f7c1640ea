public import RLEditTensor

/// Pictures in a folder for each class, in a folder and named by a table, or in a tar archive of these, as a set.
public struct ImageFolder: Sendable {
    /// How pictures become examples.
    public struct Options: Sendable {
        /// The folder of classes inside the folder or archive that is read; empty for that itself.
        public var folder = ""
        /// The classes to read, in the order of their labels; nil for all, in the order of their names' bytes.
        public var classes: [String]?
        /// Folders in one another that make a class, in an archive: with 2 a class is `train/cat`.
        var classDepth = 1
        /// The side of the square that each picture is brought to; nil when all have the same size already.
        public var size: Int?
        /// One channel in place of three.
        public var isGrey = false
        public var normalization: Normalization?
        /// Do without broken pictures.
        public var skipsBroken = false
        /// Most bytes of the decoded pictures together.
        public var mostBytes = Int.max

        public init() {}

        var channels: Int { isGrey ? 1 : 3 }
    }

    /// Largest side that pictures are brought to.
    public static let largestSize = 4096

    /// Pictures in the order of the bytes of their paths, labelled with the place of their class; or as a table has them.
    public let examples: ExampleSet
    /// Names of the labels; empty for a table that does not say.
    public let classes: [String]
    /// Paths of the broken pictures that were passed over, in their order.
    public let skipped: [String]
    /// Paths of the pictures that the table does not name, in the order of their bytes.
    public let unlisted: [String]

    /// Reads all pictures, decoded by several workers at once; the result is the same for any number of them.
    ///
    /// The values of an example are `[channels, rows, columns]`, bytes over 255, normalized when they enter a network. Memory
    /// is that of the decoded bytes, and of a few hundred files.
    /// - Parameters:
    ///   - path: a folder, or a tar archive, plain or compressed; may be read, links followed.
    ///   - source: what sets and messages name in its place.
    /// - Throws: ``DataError`` naming the picture, the class or the setting at fault.
    public init(
        path: String, name: String, source: String, options: Options, locations: DataLocations, pool: WorkerPool
    ) throws(DataError) {
        try ImageFolder.check(options, source: source)
        let choice = PictureChoice(
            source: source, folder: options.folder, wanted: options.classes, depth: options.classDepth)
        let decoding: PictureDecoding
        if FiledPictures.isFolder(path) {
            let files = try FiledPictures(path: path, choice: choice, locations: locations)
            decoding = try PictureDecoding(of: files, archive: nil, source: source, options: options, pool: pool)
            try files.choice.check(found: decoding.classes)
        } else {
            let files = try ArchivedPictures(path: path, choice: choice)
            decoding = try PictureDecoding(of: files, archive: source, source: source, options: options, pool: pool)
            try files.choice.check(found: decoding.classes)
        }
        classes = options.classes ?? decoding.classes.sorted(by: PictureChoice.precedes)
        skipped = decoding.skipped
        unlisted = []
        examples = try decoding.examples(name: name, source: source, classes: classes)
    }

    /// Reads the pictures that a table names, in the order of its rows, with its labels and groups.
    ///
    /// - Parameters: as above; classes are those of the table.
    /// - Throws: ``DataError`` naming the picture and the row, or the setting at fault.
    package init(
        path: String, name: String, source: String, options: Options, listing: PictureListing,
        locations: DataLocations, pool: WorkerPool
    ) throws(DataError) {
        try ImageFolder.check(options, source: source)
        let choice = PictureChoice(source: source, folder: options.folder, wanted: nil, listing: listing)
        let decoding: PictureDecoding
        let seen: PictureChoice
        if FiledPictures.isFolder(path) {
            let files = try FiledPictures(path: path, choice: choice, listing: listing, locations: locations)
            decoding = try PictureDecoding(of: files, archive: nil, source: source, options: options, pool: pool)
            seen = files.choice
        } else {
            let files = try ArchivedPictures(path: path, choice: choice)
            decoding = try PictureDecoding(of: files, archive: source, source: source, options: options, pool: pool)
            seen = files.choice
            try listing.check(found: Set(decoding.paths).union(decoding.skipped), seen)
        }
        classes = listing.contents.labelling.classNames
        unlisted = seen.unlisted.sorted(by: PictureChoice.precedes)
        (examples, skipped) = try decoding.examples(name: name, source: source, listing: listing)
    }

    private static func check(_ options: Options, source: String) throws(DataError) {
        func fail(_ message: String) -> DataError { .invalidArgument(operation: "image folder", message: message) }
        if let size = options.size, !(1...largestSize).contains(size) {
            throw fail("a size must be within 1 and \(largestSize), got \(size)")
        }
        let parts = options.folder.split(separator: "/")
        guard !options.folder.hasPrefix("/"), !parts.contains("..") else {
            throw .pathRefused(path: options.folder, reason: "the folder of classes lies inside of what is read")
        }
        guard ImageFolderFault.isPrintable(options.folder) else {
            throw fail("a folder must have no control characters")
        }
        try options.normalization?.check(channels: options.channels)
        var seen: Set<String> = []
        for name in options.classes ?? [] where !seen.insert(name).inserted {
            throw .invalidImageFolder(path: source, fault: .repeatedClass(name))
        }
        if options.classes?.isEmpty == true { throw fail("at least one class must be listed") }
    }
}
