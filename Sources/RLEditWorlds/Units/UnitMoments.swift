package import RLEditTensor

/// How the two sets differ at some units: means, deviations and the direction that tells them apart best.
package struct UnitMoments: Sendable {
    let units: Int
    /// Mean, population standard deviation and share of positive activations of each unit, by set.
    let forgetMean: [Double]
    package let retainMean: [Double]
    let forgetDeviation: [Double]
    let retainDeviation: [Double]
    let forgetActive: [Double]
    let retainActive: [Double]
    /// δ: forget mean less retain mean.
    package let difference: [Double]

    /// - Parameters:
    ///   - forget, retain: `[examples, units]`.
    package init(forget: Tensor, retain: Tensor) {
        units = forget.shape[1]
        let first = UnitMoments.summary(forget)
        let second = UnitMoments.summary(retain)
        (forgetMean, forgetDeviation, forgetActive) = first
        (retainMean, retainDeviation, retainActive) = second
        difference = zip(first.mean, second.mean).map { $0 - $1 }
    }

    private static func summary(_ activations: Tensor) -> (mean: [Double], deviation: [Double], active: [Double]) {
        let (examples, units) = (activations.shape[0], activations.shape[1])
        var sums = [Double](repeating: 0, count: units)
        var squares = sums
        var active = sums
        let count = Double(max(examples, 1))
        activations.withUnsafeBufferPointer { values in
            for example in 0..<examples {
                for unit in 0..<units { sums[unit] += Double(values[example * units + unit]) }
            }
            for unit in 0..<units { sums[unit] /= count }
            // From the mean, so that a large mean takes no digits from a small deviation.
            for example in 0..<examples {
                for unit in 0..<units {
                    let value = Double(values[example * units + unit])
                    let deviation = value - sums[unit]
                    squares[unit] += deviation * deviation
                    if value > 0 { active[unit] += 1 }
                }
            }
        }
        return (sums, squares.map { ($0 / count).squareRoot() }, active.map { $0 / count })
    }
}

/// The linear discriminant of the two sets: x = (Σ_r + ridge · mean diag Σ_r · I)⁻¹ δ (Fisher 1936, with a ridge), where
/// Σ_r is the retain set's covariance.
package struct Discriminant: Sendable {
    /// x, one coefficient for each unit.
    package let coefficients: [Double]
    /// δᵀx: the squared Mahalanobis distance of the forget mean from the retain set.
    let squaredDistance: Double

    /// Units up to which the system has a row for each unit; beyond, one for each example.
    private static let mostUnits = 2048
    /// Rows of the largest system that is solved: some seconds.
    private static let mostRows = 4096

    /// - Parameters:
    ///   - retain: `[examples, units]`.
    ///   - moments: of the same units.
    ///   - layer: for messages.
    ///   - ridge: of the mean variance; keeps the system well conditioned with fewer examples than units.
    /// - Throws: ``WorldError/layerNotEditable(layer:reason:)`` for a layer with more units and more examples to keep than
    ///   the system can have rows.
    package init(retain: Tensor, moments: UnitMoments, layer: String, ridge: Double = 0.1) throws {
        let units = moments.units
        let examples = retain.shape[0]
        guard min(units, max(examples, Discriminant.mostUnits)) <= Discriminant.mostRows else {
            throw WorldError.layerNotEditable(
                layer: layer,
                reason:
                    "with \(units) units on one side and \(examples) examples to keep, a discriminant takes too long: "
                    + "give at most \(Discriminant.mostRows) examples to keep")
        }
        let centred = try retain.sub(Tensor(moments.retainMean.map { Float($0) }))
        if units > Discriminant.mostUnits, examples < units {
            coefficients = try Discriminant.byExamples(centred, moments.difference, ridge: ridge)
            squaredDistance = zip(coefficients, moments.difference).reduce(0) { $0 + $1.0 * $1.1 }
            return
        }
        var covariance = [Double](repeating: 0, count: units * units)
        let products = try centred.matmul(centred, transposeSelf: true)
        let count = Double(max(examples, 1))
        products.withUnsafeBufferPointer {
            for index in covariance.indices { covariance[index] = Double($0[index]) / count }
        }
        let trace = (0..<units).reduce(0) { $0 + covariance[$1 * units + $1] }
        // Constant units alone would leave nothing to divide by; then δ itself is the direction.
        let shift = trace > 0 ? ridge * trace / Double(max(units, 1)) : 1
        for unit in 0..<units { covariance[unit * units + unit] += shift }
        coefficients = CholeskyFactor(covariance, size: units).solve(moments.difference)
        squaredDistance = zip(coefficients, moments.difference).reduce(0) { $0 + $1.0 * $1.1 }
    }

    /// The same by a system with a row for each example, X the centred retain set and σ the shift:
    /// (XᵀX/n + σI)⁻¹δ = (δ − Xᵀ(nσI + XXᵀ)⁻¹Xδ)/σ.
    private static func byExamples(_ centred: Tensor, _ difference: [Double], ridge: Double) throws -> [Double] {
        let (examples, units) = (centred.shape[0], centred.shape[1])
        var squares = 0.0
        var projected = [Double](repeating: 0, count: examples)
        centred.withUnsafeBufferPointer { x in
            for example in 0..<examples {
                for unit in 0..<units {
                    let value = Double(x[example * units + unit])
                    squares += value * value
                    projected[example] += value * difference[unit]
                }
            }
        }
        let count = Double(max(examples, 1))
        let shift = squares > 0 ? ridge * squares / count / Double(units) : 1
        let products = try centred.matmul(centred, transposeOther: true)
        var system = [Double](repeating: 0, count: examples * examples)
        products.withUnsafeBufferPointer { for index in system.indices { system[index] = Double($0[index]) } }
        for example in 0..<examples { system[example * examples + example] += count * shift }
        let weights = CholeskyFactor(system, size: examples).solve(projected)
        var result = difference
        centred.withUnsafeBufferPointer { x in
            for example in 0..<examples {
                for unit in 0..<units { result[unit] -= weights[example] * Double(x[example * units + unit]) }
            }
        }
        return result.map { $0 / shift }
    }
}
