internal import RLEditTensor

/// Pictures on their way into a set: a batch is decoded by the workers while one of them reads the next.
struct PictureDecoding {
    /// Files in a batch, and bytes that their contents take at most, but for the last file.
    private static let batchCount = 256
    private static let batchBytes = 1 << 24

    private let options: ImageFolder.Options
    private let archive: String?
    private let source: String
    /// The decoded pictures one after the other, each channel by channel.
    private let block = ByteBlock()
    /// Paths and classes of the pictures in the block.
    private var placed: [(path: String, className: String)] = []
    private(set) var skipped: [String] = []
    /// Rows and columns of all pictures, and which one said so; nil until the first one is known.
    private var shape: (rows: Int, columns: Int, path: String)?

    /// Classes of the decoded pictures.
    var classes: Set<String> { Set(placed.lazy.map(\.className)) }
    /// Paths of the decoded pictures, in their order.
    var paths: [String] { placed.map(\.path) }

    /// - Parameters:
    ///   - archive: what messages say that the pictures lie in; nil for files.
    ///   - source: what messages name when it is about all of them.
    init(
        of files: any PictureSource, archive: String?, source: String, options: ImageFolder.Options, pool: WorkerPool
    ) throws(DataError) {
        (self.options, self.archive, self.source) = (options, archive, source)
        shape = options.size.map { ($0, $0, "") }
        // One piece of each job reads, and no other touches it meanwhile.
        nonisolated(unsafe) let files = files
        var batch = try PictureDecoding.batch(of: files)
        while !batch.isEmpty {
            try findShape(in: batch)
            try reserve(placed.count + batch.count)
            let (known, first) = (shape, placed.count)
            let outcomes = Slots<Result<Void, DataError>>(count: batch.count)
            let following = Slots<Result<[PictureFile], DataError>>(count: 1)
            let current = batch
            var this = self
            // What grows stays with one owner: a second one would have it copied for each batch.
            (this.placed, this.skipped) = ([], [])
            let decoder = this
            pool.forEach(batch.count + 1) { piece, _ in
                if piece == 0 {
                    following[0] = Result { () throws(DataError) in try PictureDecoding.batch(of: files) }
                } else {
                    outcomes[piece - 1] = Result { () throws(DataError) in
                        try decoder.decode(current[piece - 1], shape: known, to: first + piece - 1)
                    }
                }
            }
            try keep(batch, outcomes)
            batch = try following[0]?.get() ?? []
        }
        try reserve(placed.count)
    }

    private static func batch(of files: any PictureSource) throws(DataError) -> [PictureFile] {
        var batch: [PictureFile] = []
        var bytes = 0
        while batch.count < batchCount, bytes < batchBytes, let file = try files.next() {
            bytes += file.byteCount
            batch.append(file)
        }
        return batch
    }

    private var exampleSize: Int { shape.map { $0.rows * $0.columns * options.channels } ?? 0 }

    /// Without a size that was asked for, the first sound picture has the size of all.
    private mutating func findShape(in batch: [PictureFile]) throws(DataError) {
        guard shape == nil else { return }
        for file in batch {
            do throws(DataError) {
                let picture = try decoded(file)
                shape = (picture.rows, picture.columns, file.path)
                return
            } catch {
                if !isSkipped(error) { throw error }
            }
        }
    }

    private func reserve(_ count: Int) throws(DataError) {
        let (bytes, overflow) = count.multipliedReportingOverflow(by: exampleSize)
        guard !overflow, bytes <= options.mostBytes, count <= Int(Int32.max), block.resize(to: bytes) else {
            throw .invalidImageFolder(
                path: source, fault: .tooManyBytes(limit: min(options.mostBytes, block.bytes.count)))
        }
    }

    private func decoded(_ file: PictureFile) throws(DataError) -> Picture {
        var path = file.path
        var contents: [UInt8]
        switch file.contents {
        case .bytes(let bytes): contents = bytes
        case .file(let real):
            path = real
            let input = try InputFile(path: real)
            // One byte more than a picture may have is refused by the decoder.
            contents = try input.bytes(at: 0, count: min(input.size, Picture.largestFile + 1))
        }
        do throws(PictureFault) { return try Picture(decoding: contents) } catch {
            throw .invalidPicture(path: path, archive: archive, fault: error)
        }
    }

    private func decode(
        _ file: PictureFile, shape: (rows: Int, columns: Int, path: String)?, to place: Int
    ) throws(DataError) {
        var picture = try decoded(file)
        if let size = options.size { picture = picture.resizedAndCropped(to: size) }
        guard let shape else { return }
        guard picture.rows == shape.rows, picture.columns == shape.columns else {
            throw .invalidPicture(
                path: file.path, archive: archive ?? source,
                fault: .otherSize(
                    rows: picture.rows, columns: picture.columns, first: shape.path, firstRows: shape.rows,
                    firstColumns: shape.columns))
        }
        let size = exampleSize
        picture.write(
            channels: options.channels,
            to: UnsafeMutableBufferPointer(rebasing: block.bytes[place * size..<(place + 1) * size]))
    }

    private func isSkipped(_ error: DataError) -> Bool {
        guard options.skipsBroken, case .invalidPicture(_, _, let fault) = error else { return false }
        return fault.isAboutContents
    }

    /// Closes the gaps that broken pictures have left in the block.
    private mutating func keep(_ batch: [PictureFile], _ outcomes: Slots<Result<Void, DataError>>) throws(DataError) {
        let (first, size) = (placed.count, exampleSize)
        for (index, file) in batch.enumerated() {
            do throws(DataError) {
                try outcomes[index]?.get()
                let (from, to) = ((first + index) * size, placed.count * size)
                if from != to, let base = block.bytes.baseAddress {
                    UnsafeMutableRawPointer(base + to).copyMemory(from: base + from, byteCount: size)
                }
                placed.append((file.path, file.className))
            } catch {
                if !isSkipped(error) { throw error }
                skipped.append(file.path)
            }
        }
    }

    /// The pictures as a set, by the bytes of their paths.
    func examples(name: String, source: String, classes: [String]) throws(DataError) -> ExampleSet {
        let labels = Dictionary(uniqueKeysWithValues: zip(classes, 0...))
        let sorted = placed.indices.sorted { PictureChoice.precedes(placed[$0].path, placed[$1].path) }
        for (one, next) in zip(sorted, sorted.dropFirst()) where placed[one].path == placed[next].path {
            throw .invalidImageFolder(path: source, fault: .repeatedPath(placed[one].path))
        }
        return examples(
            name: name, source: source, order: sorted,
            labelling: Labelling(sorted.map { Int32(labels[placed[$0].className] ?? 0) }, classNames: classes))
    }

    /// The pictures as a set.
    /// - Parameter order: numbers of the decoded pictures.
    func examples(name: String, source: String, order: [Int], labelling: Labelling) -> ExampleSet {
        let shape = [options.channels, shape?.rows ?? 0, shape?.columns ?? 0]
        return ExampleSet(
            name: name, source: source, exampleShape: shape,
            storage: ExampleStorage(
                values: .bytes(SharedBytes(block), ByteScale(divisor: 255, normalization: options.normalization)),
                exampleSize: exampleSize, count: placed.count),
            order: order.elementsEqual(placed.indices) ? nil : order.map { Int32($0) }, labelling: labelling)
    }
}
