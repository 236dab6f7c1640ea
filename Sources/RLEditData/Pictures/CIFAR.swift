public import RLEditTensor

/// CIFAR-10 and CIFAR-100 (A. Krizhevsky, *Learning multiple layers of features from tiny images*, 2009): 32×32 colour
/// pictures, in the binary version of the author's page.
///
/// A picture is its label (of CIFAR-100 two: of 20 groups, then of 100 classes), then 1,024 bytes of red, as many of green and
/// of blue, row by row.
public enum CIFAR {
    static let pixels = 3072
    /// In the order of the labels.
    public static let classes = [
        "airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck",
    ]

    /// The 50,000 training and 10,000 test pictures of CIFAR-10, from `<root>/cifar10`, its folder `cifar-10-batches-bin`, that
    /// folder in the root, or the root; else, as JPEGs, from the archive `<root>/cifar10/cifar10-jpeg.tar.gz` with the folders
    /// `cifar10/train` and `cifar10/test`. The source of the latter is `cifar10-jpeg`.
    /// - Throws: ``DataError/picturesNotFound(name:option:searched:)``,
    ///   ``DataError/picturesIncomplete(name:folder:missing:)``, or the fault of a file.
    public static func cifar10(
        normalization: Normalization? = nil, locations: DataLocations = DataLocations(), pool: WorkerPool
    ) throws(DataError) -> PictureData {
        let train = (1...5).map { "data_batch_\($0).bin" }
        let folders = folders(locations, ["cifar10", "cifar10/cifar-10-batches-bin", "cifar-10-batches-bin", ""])
        if let found = try binaries("CIFAR-10", train: train, test: "test_batch.bin", in: folders) {
            func set(_ name: String, _ paths: [String]) throws(DataError) -> ExampleSet {
                try read(paths, name: name, source: "cifar10", normalization, labelBytes: 1, label: 0, classes)
            }
            return PictureData(
                train: try set("train", found.train), test: try set("test", [found.test]), classes: classes,
                source: "cifar10")
        }
        for root in locations.roots {
            guard let archive = realPath("\(root)/cifar10/cifar10-jpeg.tar.gz") else { continue }
            guard locations.permits(archive) else {
                throw .pathRefused(path: archive, reason: "its link leads out of '\(root)'; that needs --allow FILE")
            }
            // Both sets in one pass through the archive.
            let parts = ["train", "test"]
            var options = ImageFolder.Options()
            options.folder = "cifar10"
            options.classes = parts.flatMap { part in classes.map { "\(part)/\($0)" } }
            options.classDepth = 2
            options.normalization = normalization
            let all = try ImageFolder(
                path: archive, name: "all", source: "cifar10-jpeg", options: options, locations: locations, pool: pool
            ).examples
            let sets = parts.enumerated().map { index, part in
                let set = all.partition { $0 / classes.count == index }.matching.named(part)
                let first = Int32(index * classes.count)
                return set.with(Labelling(set.orderedLabels.map { $0 - first }, classNames: classes))
            }
            return PictureData(train: sets[0], test: sets[1], classes: classes, source: "cifar10-jpeg")
        }
        throw .picturesNotFound(name: "CIFAR-10", option: "--cifar10", searched: folders)
    }

    /// The 50,000 training and 10,000 test pictures of CIFAR-100, from `<root>/cifar100`, its folder `cifar-100-binary`, or that
    /// folder in the root. Classes have the names of `fine_label_names.txt` or `coarse_label_names.txt` beside the pictures, or
    /// else their numbers.
    /// - Parameter isCoarse: label with the 20 groups of classes.
    /// - Throws: as ``cifar10(normalization:locations:pool:)``.
    public static func cifar100(
        isCoarse: Bool = false, normalization: Normalization? = nil, locations: DataLocations = DataLocations()
    ) throws(DataError) -> PictureData {
        let folders = folders(locations, ["cifar100", "cifar100/cifar-100-binary", "cifar-100-binary"])
        guard let found = try binaries("CIFAR-100", train: ["train.bin"], test: "test.bin", in: folders) else {
            throw .picturesNotFound(name: "CIFAR-100", option: nil, searched: folders)
        }
        let names = try names(
            "\(found.folder)/\(isCoarse ? "coarse" : "fine")_label_names.txt", count: isCoarse ? 20 : 100)
        func set(_ name: String, _ path: String) throws(DataError) -> ExampleSet {
            try read(
                [path], name: name, source: "cifar100", normalization, labelBytes: 2, label: isCoarse ? 0 : 1,
                names)
        }
        return PictureData(
            train: try set("train", found.train[0]), test: try set("test", found.test), classes: names,
            source: "cifar100")
    }

    private static func folders(_ locations: DataLocations, _ places: [String]) -> [String] {
        locations.roots.flatMap { root in places.map { $0.isEmpty ? root : "\(root)/\($0)" } }
    }

    /// The files of the first folder that holds any; nil when none does.
    private static func binaries(
        _ name: String, train: [String], test: String, in folders: [String]
    ) throws(DataError) -> (train: [String], test: String, folder: String)? {
        for folder in folders {
            let missing = (train + [test]).filter { realPath("\(folder)/\($0)") == nil }
            if missing.count == train.count + 1 { continue }
            guard missing.isEmpty else { throw .picturesIncomplete(name: name, folder: folder, missing: missing) }
            return (train.map { "\(folder)/\($0)" }, "\(folder)/\(test)", folder)
        }
        return nil
    }

    private static func read(
        _ paths: [String], name: String, source: String, _ normalization: Normalization?, labelBytes: Int, label: Int,
        _ classNames: [String]
    ) throws(DataError) -> ExampleSet {
        let size = labelBytes + pixels
        let files = try paths.map { path throws(DataError) in try InputFile(path: path) }
        for file in files where file.size == 0 || !file.size.isMultiple(of: size) || file.size > IDX.largestContents {
            throw .invalidCIFAR(path: file.path, bytes: file.size, imageBytes: size)
        }
        var labels: [Int] = []
        var bytes: [UInt8] = []
        bytes.reserveCapacity(files.reduce(0) { $0 + $1.size / size * pixels })
        // Some hundred pictures at a time.
        var piece = [UInt8](repeating: 0, count: 256 * size)
        for file in files {
            while case let count = try file.read(into: &piece), count > 0 {
                for start in stride(from: 0, to: count - size + 1, by: size) {
                    let number = Int(piece[start + label])
                    guard number < classNames.count else {
                        throw .labelOutOfRange(
                            source: file.path, position: labels.count, label: number, classes: classNames.count)
                    }
                    labels.append(number)
                    bytes += piece[(start + labelBytes)..<(start + size)]
                }
            }
        }
        return try ExampleSet(
            name: name, source: source, bytes: bytes, divisor: 255, normalization: normalization,
            exampleShape: [3, 32, 32], labels: labels, classNames: classNames)
    }

    private static func names(_ path: String, count: Int) throws(DataError) -> [String] {
        let numbers = (0..<count).map(String.init)
        guard realPath(path) != nil else { return numbers }
        let lines = LineReader(try GzipReader(path: path))
        var names: [String] = []
        while let line = try lines.next() { if !line.isEmpty { names.append(String(decoding: line, as: UTF8.self)) } }
        return names.count == count ? names : numbers
    }
}
