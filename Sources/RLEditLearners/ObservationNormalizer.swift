package import RLEditTensor
package import RLEditWorlds

/// Running mean and variance of each feature, by the parallel form of Chan, Golub and LeVeque (1983), and features
/// standardized by them. State is kept in `Float`, as a snapshot holds it, so that a restored run has the same bits.
package struct ObservationNormalizer: Sendable {
    /// `[features]`.
    package private(set) var mean: Tensor
    /// Population variance, `[features]`.
    package private(set) var variance: Tensor
    /// Observations seen.
    package private(set) var count = 0
    private let clip: Float
    /// Keeps the division finite for a feature that never varies.
    private static let epsilon: Float = 1e-8

    package init(features: Int, clip: Double) throws {
        mean = try Tensor.zeros([features])
        variance = try Tensor.ones([features])
        self.clip = Float(clip)
    }

    /// Take a batch into the statistics. A shared row counts once for each environment that shows it.
    package mutating func observe(_ observation: ObservationBatch) throws {
        let (rows, copies) = try observation.uniqueRows()
        let features = mean.count
        let batch = rows.count / max(features, 1)
        let added = Double(batch * copies)
        guard added > 0 else { return }
        let total = Double(count) + added
        let weight = added / total
        rows.withUnsafeBufferPointer { rows in
            mean.withUnsafeMutableBufferPointer { mean in
                variance.withUnsafeMutableBufferPointer { variance in
                    for feature in 0..<features {
                        var sum = 0.0
                        for row in 0..<batch { sum += Double(rows[row * features + feature]) }
                        let batchMean = sum / Double(batch)
                        var squares = 0.0
                        for row in 0..<batch {
                            let deviation = Double(rows[row * features + feature]) - batchMean
                            squares += deviation * deviation
                        }
                        let difference = batchMean - Double(mean[feature])
                        let old = count == 0 ? 0 : Double(variance[feature])
                        variance[feature] = Float(
                            old * (1 - weight) + squares / Double(batch) * weight
                                + difference * difference * weight * (1 - weight))
                        mean[feature] = Float(Double(mean[feature]) + difference * weight)
                    }
                }
            }
        }
        count += batch * copies
    }

    /// (x − mean) / √(variance + 1e-8), clipped.
    package func normalize(_ observation: ObservationBatch) throws -> ObservationBatch {
        switch observation {
        case .shared(let row, let environments): .shared(try normalize(row), environments: environments)
        case .distinct(let rows): .distinct(try normalize(rows))
        }
    }

    private func normalize(_ rows: Tensor) throws -> Tensor {
        try Tensor(shape: rows.shape) { result in
            rows.withUnsafeBufferPointer { rows in
                mean.withUnsafeBufferPointer { mean in
                    variance.withUnsafeBufferPointer { variance in
                        for index in rows.indices {
                            let feature = index % mean.count
                            let deviation = (variance[feature] + ObservationNormalizer.epsilon).squareRoot()
                            result[index] = min(max((rows[index] - mean[feature]) / deviation, -clip), clip)
                        }
                    }
                }
            }
        }
    }

    func save(in snapshot: inout LearnerSnapshot) {
        snapshot.tensors["observation.mean"] = mean
        snapshot.tensors["observation.variance"] = variance
        snapshot.integers["observation.count"] = count
    }

    mutating func load(from snapshot: LearnerSnapshot) throws {
        mean = try snapshot.tensor("observation.mean", shape: mean.shape)
        variance = try snapshot.tensor("observation.variance", shape: variance.shape)
        count = try snapshot.integer("observation.count")
    }
}

extension ObservationBatch {
    /// The rows that differ, `[rows, features]`, and how many environments show each: what a policy has to compute.
    package func uniqueRows() throws -> (rows: Tensor, copies: Int) {
        switch self {
        case .distinct(let rows): (rows, 1)
        case .shared(let row, let environments): (try row.reshaped([1, row.count]), environments)
        }
    }
}
