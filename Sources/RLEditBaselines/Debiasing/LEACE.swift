public import RLEditCore
package import RLEditData
internal import RLEditNN
package import RLEditTensor

/// Least-squares concept erasure (Belrose et al., *LEACE: perfect linear concept erasure in closed form*, NeurIPS 2023): the
/// smallest change of what enters a layer after which no linear classifier tells the groups of a set from it. With x what
/// enters, z which groups an example belongs to, and S = (Σ_xx + ridge · mean diag Σ_xx · I)⁻¹,
///
///     P = Σ_xz (Σ_xzᵀ S Σ_xz)⁺ Σ_xzᵀ S,      x ← x − P (x − μ),
///
/// which is their eq. 1 at ridge 0, W = Σ_xx^(−1/2). Whatever the ridge, x and z are uncorrelated afterwards: it decides only
/// what "smallest" means where few examples span few directions.
public struct LEACE: ErasureMethod {
    public var layer: String?
    public var ridge = 1e-4
    public var refit = Refit()

    public init(layer: String? = nil) { self.layer = layer }
    public var name: String { "leace" }

    public var documentation: String {
        "LEACE (Belrose et al. 2023): takes from what enters a linear layer all that tells the groups of a set apart in "
            + "a linear way, in closed form and with the least change, and trains the layer on with what is left."
    }

    public var settings: [Setting<Self>] {
        [
            .number(
                "ridge", \.ridge, .positive,
                "added to the variances, as a share of their mean; with few examples more of it does less harm")
        ] + Refit.settings(at: \.refit)
    }

    /// - Parameter inputs: `[examples, width]`.
    package func erasure(
        _ inputs: Tensor, groups: ExampleGroups, report: (_ round: Int, _ rounds: Int) throws -> Void = { _, _ in }
    ) throws -> LinearErasure {
        let (count, width, concepts) = (inputs.shape[0], inputs.shape[1], groups.names.count)
        let mean = LinearErasure.mean(of: inputs.scalars.map(Double.init), width: width)
        let centred = try inputs.sub(Tensor(mean.map { Float($0) }, shape: [1, width]))
        // Σ_xx, by the matrix product of the network's layers.
        var covariance = try centred.matmul(centred, transposeSelf: true).scalars.map { Double($0) / Double(count) }
        // Σ_xz, `[width, groups]`; z has its mean taken away, which centred x does for it.
        var shared = [Double](repeating: 0, count: width * concepts)
        centred.withUnsafeBufferPointer { centred in
            for row in 0..<count {
                for group in groups.groups(of: row) {
                    for column in 0..<width {
                        shared[column * concepts + group] += Double(centred[row * width + column]) / Double(count)
                    }
                }
            }
        }
        let variance = (0..<width).reduce(0.0) { $0 + covariance[$1 * width + $1] } / Double(width)
        guard variance > 0 else {
            return LinearErasure(mean: mean, projection: [Double](repeating: 0, count: width * width))
        }
        for index in 0..<width { covariance[index * width + index] += ridge * variance }
        let solved = CholeskyFactor(covariance, size: width).solve(shared, columns: concepts)
        // A basis of the span of Σ_xz that is orthonormal under S.
        func column(_ values: [Double], _ group: Int) -> [Double] { (0..<width).map { values[$0 * concepts + group] } }
        var basis = DirectionBasis(tolerance: 1e-10)
        basis.add((0..<concepts).map { (column(shared, $0), column(solved, $0)) })
        return LinearErasure(mean: mean, projection: basis.projection(width: width))
    }
}

/// Directions that are orthonormal under a symmetric positive matrix S, by Gram and Schmidt, each with its image under S.
struct DirectionBasis {
    private(set) var parts: [(direction: [Double], image: [Double])] = []
    /// Of the largest square: what a direction must add to count.
    let tolerance: Double

    /// - Parameter candidates: directions with their images; what adds nothing to the others goes.
    mutating func add(_ candidates: [(direction: [Double], image: [Double])]) {
        func dot(_ left: [Double], _ right: [Double]) -> Double { zip(left, right).reduce(0) { $0 + $1.0 * $1.1 } }
        let least = tolerance * (candidates.map { dot($0.direction, $0.image) }.max() ?? 0)
        for candidate in candidates {
            var (direction, image) = candidate
            // Twice is enough.
            for _ in 0..<2 {
                for known in parts {
                    let along = dot(known.image, direction)
                    for index in direction.indices {
                        direction[index] -= along * known.direction[index]
                        image[index] -= along * known.image[index]
                    }
                }
            }
            let square = dot(image, direction)
            guard square > least else { continue }
            let scale = 1 / square.squareRoot()
            parts.append((direction.map { $0 * scale }, image.map { $0 * scale }))
        }
    }

    /// Σ direction · imageᵀ, `[width, width]`.
    func projection(width: Int) -> [Double] {
        var projection = [Double](repeating: 0, count: width * width)
        for part in parts {
            for row in 0..<width {
                for column in 0..<width { projection[row * width + column] += part.direction[row] * part.image[column] }
            }
        }
        return projection
    }
}
