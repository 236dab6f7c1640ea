public import RLEditTensor

/// Images of handwritten digits: MNIST where it is found, drawn ones elsewhere.
public enum Digits {
    /// Sizes and seed of the generated digits that replace MNIST.
    public static let defaultSeed: UInt64 = 0
    public static let defaultTrainCount = 20_000
    public static let defaultTestCount = 4_000
    /// Names of the labels.
    public static let classes = (0...9).map(String.init)

    /// MNIST if a data root holds it, else the generated digits; `source` of the result says which.
    /// - Throws: what ``mnist(locations:)`` throws, but for MNIST being absent: damaged or incomplete files are not
    ///   passed over in silence.
    public static func digits(locations: DataLocations = DataLocations(), pool: WorkerPool? = nil) throws -> PictureData
    {
        do {
            return try mnist(locations: locations)
        } catch DataError.mnistNotFound {
            return try generated(pool: pool)
        }
    }

    /// The 60,000 training and 10,000 test images of MNIST from `<root>/mnist` or `<root>`, plain or `.gz`.
    /// - Throws: ``DataError/mnistNotFound(searched:)``, ``DataError/mnistIncomplete(folder:missing:)``, or the fault
    ///   of a file.
    public static func mnist(locations: DataLocations = DataLocations()) throws(DataError) -> PictureData {
        let folders = locations.roots.flatMap { ["\($0)/mnist", $0] }
        for folder in folders {
            if let data = try mnist(folder: folder) { return data }
        }
        throw .mnistNotFound(searched: folders)
    }

    /// MNIST from its four files in one folder; nil when none of them is there.
    public static func mnist(folder: String) throws(DataError) -> PictureData? {
        let found = MNISTFile.allCases.map { (file: $0, path: $0.path(in: folder)) }
        let missing = found.filter { $0.path == nil }.map(\.file.rawValue)
        if missing.count == found.count { return nil }
        let paths = found.compactMap(\.path)
        guard missing.isEmpty, paths.count == 4 else { throw .mnistIncomplete(folder: folder, missing: missing) }
        return PictureData(
            train: try IDX.exampleSet(name: "train", source: "mnist", images: paths[0], labels: paths[1], classes: 10),
            test: try IDX.exampleSet(name: "test", source: "mnist", images: paths[2], labels: paths[3], classes: 10),
            classes: classes, source: "mnist")
    }

    /// Digits drawn from strokes: the same bytes for a seed on every machine and for any number of workers.
    ///
    /// Image `i` of a set depends on the seed, the set's name and `i` alone, so that a larger set begins with the
    /// smaller one.
    /// - Parameter pool: the workers to draw with; nil uses as many as there are processors.
    public static func generated(
        seed: UInt64 = defaultSeed, trainCount: Int = defaultTrainCount, testCount: Int = defaultTestCount,
        pool: WorkerPool? = nil
    ) throws(DataError) -> PictureData {
        let limit = 10_000_000
        for count in [trainCount, testCount] where count < 0 || count > limit {
            throw .invalidArgument(
                operation: "generated digits", message: "a count must be within 0 and \(limit), got \(count)")
        }
        let root = RandomStream(seed: seed, name: "generated digits")
        func set(_ name: String, _ count: Int) throws(DataError) -> ExampleSet {
            let drawn = DigitGenerator.draw(count: count, stream: root.split(name), pool: pool)
            return try ExampleSet(
                name: name, source: "generated", bytes: drawn.bytes, divisor: 255,
                exampleShape: [1, DigitGenerator.side, DigitGenerator.side], labels: drawn.labels)
        }
        return PictureData(
            train: try set("train", trainCount), test: try set("test", testCount), classes: classes,
            source: "generated")
    }
}

/// The four files of MNIST, training images and labels before test images and labels.
enum MNISTFile: String, CaseIterable {
    case trainImages = "train-images-idx3-ubyte"
    case trainLabels = "train-labels-idx1-ubyte"
    case testImages = "t10k-images-idx3-ubyte"
    case testLabels = "t10k-labels-idx1-ubyte"

    /// The file in a folder, plain or compressed, under its name with `-idx` or, as some mirrors have it, `.idx`.
    func path(in folder: String) -> String? {
        for name in [rawValue, rawValue.replacing("-idx", with: ".idx")] {
            for ending in ["", ".gz"] {
                let path = "\(folder)/\(name)\(ending)"
                if realPath(path) != nil { return path }
            }
        }
        return nil
    }
}
