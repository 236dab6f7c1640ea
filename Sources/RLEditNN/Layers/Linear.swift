internal import CKernels
public import RLEditCore
internal import RLEditTensor

/// `y = x Wᵀ + b` on the last dimension: vectors `[inFeatures]` → `[outFeatures]`, tokens `[length, inFeatures]` →
/// `[length, outFeatures]`. Parameters `weight [out, in]`, `bias [out]`.
public struct Linear: FoldsBatchNorm, DescribedLayer {
    public private(set) var inFeatures: Int
    public private(set) var outFeatures: Int
    public private(set) var hasBias: Bool

    static let constructor = LayerConstructor(
        "linear", baseName: "linear", positional: 2, size: "inputs", Linear(1, 1),
        """
        A fully connected layer: `linear(128, 10)`, or by name with `bias = false`. Tokens `{ length, inputs }` pass it
        one by one.
        """)

    public var settings: [Setting<Linear>] {
        [
            .integer("inputs", \.inFeatures, .count(upTo: 1 << 24), "features that enter").required,
            .integer("outputs", \.outFeatures, .count(upTo: 1 << 24), "features that leave").required,
            .boolean("bias", \.hasBias, "whether a bias is added"),
        ]
    }

    public init(_ inFeatures: Int, _ outFeatures: Int, bias: Bool = true) {
        self.inFeatures = inFeatures
        self.outFeatures = outFeatures
        hasBias = bias
    }

    package var withBias: Linear { Linear(inFeatures, outFeatures) }

    public var kind: String { "Linear" }
    public var summary: String { "\(inFeatures) → \(outFeatures)\(hasBias ? "" : ", no bias")" }
    public var parameters: [ParameterSpecification] {
        ParameterSpecification.weightAndBias(weight: [outFeatures, inFeatures], fanIn: inFeatures, bias: hasBias)
    }

    public func outputShape(for inputs: [[Int]]) throws(NetworkError) -> [Int] {
        try requirePositive(inFeatures, "in_features")
        try requirePositive(outFeatures, "out_features")
        let input = try onlyInput(inputs)
        guard (1...2).contains(input.count), input.last == inFeatures else {
            throw .layerInput(layer: kind, expected: "\(inFeatures) features", actual: input)
        }
        return input.dropLast() + [outFeatures]
    }

    public func makeKernel(_ request: KernelRequest) throws(NetworkError) -> any LayerKernel {
        Kernel(layer: self, rows: request.outputCount / outFeatures, fusesReLU: request.fusesReLU)
    }

    private final class Kernel: LayerKernel {
        let layer: Linear
        let rows: Int
        let fusesReLU: Bool

        init(layer: Linear, rows: Int, fusesReLU: Bool) {
            self.layer = layer
            self.rows = rows
            self.fusesReLU = fusesReLU
        }

        func forward(_ pass: ForwardPass) throws(NetworkError) {
            let (m, n, k) = (rows, layer.outFeatures, layer.inFeatures)
            matrixProduct(
                transposeB: true, m: m, n: n, k: k, pass.inputs[0], lda: k, pass.parameters[0], ldb: k, pass.output,
                ldc: n)
            if layer.hasBias {
                rl_add_bias(pass.output, pass.parameters[1], Int64(m), Int64(n), fusesReLU ? 1 : 0)
            } else if fusesReLU {
                rl_activation(Int32(RL_RELU), pass.output, pass.output, Int64(m * n))
            }
        }

        func backward(_ pass: BackwardPass) throws(NetworkError) {
            let (m, n, k) = (rows, layer.outFeatures, layer.inFeatures)
            // dW = dYᵀ X, db = Σ rows of dY, dX = dY W.
            matrixProduct(
                transposeA: true, m: n, n: k, k: m, pass.outputGradient, lda: n, pass.inputs[0], ldb: k,
                pass.parameterGradients[0], ldc: k)
            if layer.hasBias {
                rl_sum_rows(pass.outputGradient, pass.parameterGradients[1], Int64(m), Int64(n))
            }
            if let inputGradient = pass.inputGradients[0] {
                matrixProduct(
                    m: m, n: k, k: n, pass.outputGradient, lda: n, pass.parameters[0], ldb: k, inputGradient, ldc: k)
            }
        }
    }
}

extension Layer {
    /// A size given by the user must be at least 1; the field is named as users write it.
    func requirePositive(_ value: Int, _ field: String) throws(NetworkError) {
        guard value >= 1, value <= 1 << 24 else {
            throw .layerSetting(layer: kind, field: field, expected: "between 1 and 2^24", actual: "\(value)")
        }
    }
}
