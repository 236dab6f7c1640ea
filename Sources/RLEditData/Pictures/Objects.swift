public import RLEditTensor

/// Pictures of objects in ten classes: CIFAR-10 where it is found, drawn shapes elsewhere.
public enum Objects {
    /// Sizes and seed of the generated pictures that replace CIFAR-10.
    public static let defaultSeed: UInt64 = 0
    public static let defaultTrainCount = 10_000
    public static let defaultTestCount = 2_000
    /// Names of the labels of the generated pictures.
    public static var classes: [String] { ObjectShape.allCases.map(\.rawValue) }

    /// CIFAR-10 if a data root holds it, else the generated pictures; `source` of the result says which.
    /// - Throws: what ``CIFAR/cifar10(normalization:locations:pool:)`` throws, but for the data being absent.
    public static func objects(
        normalization: Normalization? = nil, locations: DataLocations = DataLocations(), pool: WorkerPool
    ) throws(DataError) -> PictureData {
        do throws(DataError) {
            return try CIFAR.cifar10(normalization: normalization, locations: locations, pool: pool)
        } catch {
            guard case .picturesNotFound = error else { throw error }
            return try generated(normalization: normalization, pool: pool)
        }
    }

    /// Coloured shapes of 32×32 pixels: the same bytes for a seed on every machine and for any number of workers.
    ///
    /// Picture `i` of a set depends on the seed, the set's name and `i` alone, so that a larger set begins with the smaller
    /// one.
    public static func generated(
        seed: UInt64 = defaultSeed, trainCount: Int = defaultTrainCount, testCount: Int = defaultTestCount,
        normalization: Normalization? = nil, pool: WorkerPool
    ) throws(DataError) -> PictureData {
        let limit = 1_000_000
        for count in [trainCount, testCount] where count < 0 || count > limit {
            throw .invalidArgument(
                operation: "generated objects", message: "a count must be within 0 and \(limit), got \(count)")
        }
        let root = RandomStream(seed: seed, name: "generated objects")
        func set(_ name: String, _ count: Int) throws(DataError) -> ExampleSet {
            let drawn = ObjectGenerator.draw(count: count, stream: root.split(name), pool: pool)
            return try ExampleSet(
                name: name, source: "generated objects", bytes: drawn.bytes, divisor: 255,
                normalization: normalization, exampleShape: [3, ObjectGenerator.side, ObjectGenerator.side],
                labels: drawn.labels, classNames: classes)
        }
        return PictureData(
            train: try set("train", trainCount), test: try set("test", testCount), classes: classes,
            source: "generated objects")
    }
}
