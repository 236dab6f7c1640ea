internal import RLEditData
internal import RLEditTensor

/// Decoding the JPEGs of CIFAR-10, 60,000 pictures in one compressed archive.
struct PictureRows {
    let rounds: Int

    /// None without the archive in a data root.
    func rows() throws -> [Row] {
        let (one, two) = (WorkerPool(workers: 1), WorkerPool(workers: 2))
        func decode(_ pool: WorkerPool) throws -> PictureData { try CIFAR.cifar10(pool: pool) }
        guard let data = try? decode(two), data.source == "cifar10-jpeg" else { return [] }
        let count = Double(data.train.count + data.test.count)
        var timing = PairedTiming()
        for _ in 0..<rounds {
            timing.add(try seconds { _ = try decode(one) }, try seconds { _ = try decode(two) })
        }
        return [
            Row(
                group: "pictures", what: "JPEGs of 32×32 in a .tar.gz, 1 worker", figure: count / timing.bestFirst,
                unit: "pictures/s"),
            Row(
                group: "pictures", what: "the same, 2 workers", figure: count / timing.bestSecond, unit: "pictures/s",
                ceiling: 2 * count / timing.bestFirst, ceilingName: "twice 1 worker", target: .reached(0.85)),
        ]
    }
}
