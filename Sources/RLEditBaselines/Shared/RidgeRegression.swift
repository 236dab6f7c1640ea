internal import RLEditTensor
internal import RLEditWorlds

/// Linear regression with a ridge (Hoerl and Kennard 1970): the D `[out, in]` that makes
///
///     Σ ‖D u − v‖² / n + ridge · mean diag(UᵀU / n) · ‖D‖²
///
/// smallest over n examples, without an intercept.
enum RidgeRegression {
    /// Rows of the largest system that is solved: some seconds.
    private static let mostRows = 4096

    /// - Parameters:
    ///   - inputs: U, `[n, in]`.
    ///   - targets: V, `[n, out]`.
    ///   - layer: for messages.
    /// - Throws: ``WorldError/layerNotEditable(layer:reason:)`` when both `in` and n are beyond what is solved.
    static func fit(inputs: Tensor, targets: Tensor, ridge: Double, layer: String) throws -> Tensor {
        let (examples, units, outputs) = (inputs.shape[0], inputs.shape[1], targets.shape[1])
        // One row for each unit or for each example: both systems have the same solution.
        let byUnits = units <= examples
        let rows = min(units, examples)
        guard rows <= mostRows else {
            throw WorldError.layerNotEditable(
                layer: layer,
                reason: "with \(units) inputs and \(examples) examples a regression takes too long: "
                    + "give at most \(mostRows) examples")
        }
        let products = try inputs.matmul(inputs, transposeSelf: byUnits, transposeOther: !byUnits)
        var system = products.scalars.map(Double.init)
        let trace = (0..<rows).reduce(0) { $0 + system[$1 * rows + $1] }
        // Without any input nothing can be moved.
        guard trace > 0 else { return try Tensor.zeros([outputs, units]) }
        for row in 0..<rows { system[row * rows + row] += ridge * trace / Double(units) }
        let right = byUnits ? try inputs.matmul(targets, transposeSelf: true) : targets
        let solution = try Tensor(
            CholeskyFactor(system, size: rows).solve(right.scalars.map(Double.init), columns: outputs).map {
                Float($0)
            },
            shape: [rows, outputs])
        return byUnits ? try solution.transposed() : try solution.matmul(inputs, transposeSelf: true)
    }
}
