internal import CKernels
public import RLEditCore
internal import RLEditTensor

/// The first layer of a network that reads bags of words: `y = Σᵢ xᵢ · weight[i] + bias` over the words `i` of a text with
/// their weights `xᵢ`. Parameters `weight [inFeatures, outFeatures]`, `bias [outFeatures]`.
///
/// It computes what ``Linear`` computes on the bag as a dense vector, but keeps its weight as PyTorch's
/// `EmbeddingBag(mode="sum")` does, one row a word: a text touches a few rows, each in one piece. A `Linear`'s weight in a
/// PyTorch file is the transpose of it. PyTorch's layer has no bias: take `bias: false` for an exact exchange, or add a
/// parameter `bias` to the module there. Initial values are uniform in ±1/√inFeatures, as ``Linear``'s, not PyTorch's
/// N(0, 1), under which the sum over a long text would start far from 0.
public struct EmbeddingBag: FusesReLU, TakesSparseInput, DescribedLayer {
    /// Words of the vocabulary.
    public private(set) var inFeatures: Int
    public private(set) var outFeatures: Int
    public private(set) var hasBias: Bool

    static let constructor = LayerConstructor(
        "embedding_bag", baseName: "embedding", positional: 2, size: "inputs", EmbeddingBag(1, 1),
        """
        The first layer of a network that reads texts as bags of words: the rows of its table for the words of a text,
        each times the word's weight, summed; plus a bias. `embedding_bag(#vocabulary, 64)`, or by name with
        `bias = false`. It computes what a linear layer computes, quickly; its weight is `[words, out]`, as of PyTorch's
        `EmbeddingBag` with mode "sum" (the transpose of a linear layer's). Worlds cannot edit it.
        """)

    public var settings: [Setting<EmbeddingBag>] {
        [
            .integer("inputs", \.inFeatures, .count(upTo: 1 << 24), "words of the vocabulary").required,
            .integer("outputs", \.outFeatures, .count(upTo: 1 << 24), "features that leave").required,
            .boolean("bias", \.hasBias, "whether a bias is added"),
        ]
    }

    public init(_ inFeatures: Int, _ outFeatures: Int, bias: Bool = true) {
        self.inFeatures = inFeatures
        self.outFeatures = outFeatures
        hasBias = bias
    }

    public var kind: String { "EmbeddingBag" }
    public var summary: String { "\(inFeatures) → \(outFeatures)\(hasBias ? "" : ", no bias")" }
    public var parameters: [ParameterSpecification] {
        let bound = Float(1 / Double(max(inFeatures, 1)).squareRoot())
        let weight = ParameterSpecification(
            name: "weight", shape: [inFeatures, outFeatures], initialization: .uniform(bound: bound))
        let bias = ParameterSpecification(
            name: "bias", shape: [outFeatures], initialization: .uniform(bound: bound))
        return hasBias ? [weight, bias] : [weight]
    }

    public func outputShape(for inputs: [[Int]]) throws(NetworkError) -> [Int] {
        try requirePositive(inFeatures, "in_features")
        try requirePositive(outFeatures, "out_features")
        let input = try onlyInput(inputs)
        guard input == [inFeatures] else {
            throw .layerInput(layer: kind, expected: "\(inFeatures) features", actual: input)
        }
        return [outFeatures]
    }

    public func makeKernel(_ request: KernelRequest) throws(NetworkError) -> any LayerKernel {
        Kernel(layer: self, rows: request.rows, fusesReLU: request.fusesReLU)
    }

    private final class Kernel: LayerKernel {
        let layer: EmbeddingBag
        let rows: Int
        let fusesReLU: Bool

        init(layer: EmbeddingBag, rows: Int, fusesReLU: Bool) {
            self.layer = layer
            self.rows = rows
            self.fusesReLU = fusesReLU
        }

        func forward(_ pass: ForwardPass) throws(NetworkError) {
            let (m, n, k) = (rows, layer.outFeatures, layer.inFeatures)
            let bias = layer.hasBias ? pass.parameters[1] : nil
            if let bag = pass.sparseInput {
                rl_bag_forward(
                    bag.offsets, bag.indices, bag.values, Int64(m), pass.parameters[0], Int64(n), bias,
                    fusesReLU ? 1 : 0, pass.output)
                return
            }
            matrixProduct(m: m, n: n, k: k, pass.inputs[0], lda: k, pass.parameters[0], ldb: n, pass.output, ldc: n)
            if let bias {
                rl_add_bias(pass.output, bias, Int64(m), Int64(n), fusesReLU ? 1 : 0)
            } else if fusesReLU {
                rl_activation(Int32(RL_RELU), pass.output, pass.output, Int64(m * n))
            }
        }

        func backward(_ pass: BackwardPass) throws(NetworkError) {
            let (m, n, k) = (rows, layer.outFeatures, layer.inFeatures)
            if let bag = pass.sparseInput {
                // Rows of words that the block does not have keep a gradient of 0.
                pass.parameterGradients[0].update(repeating: 0, count: k * n)
                rl_bag_accumulate(
                    bag.offsets, bag.indices, bag.values, Int64(m), pass.outputGradient, Int64(n),
                    pass.parameterGradients[0])
            } else {
                // dW = Xᵀ dY, dX = dY Wᵀ.
                matrixProduct(
                    transposeA: true, m: k, n: n, k: m, pass.inputs[0], lda: k, pass.outputGradient, ldb: n,
                    pass.parameterGradients[0], ldc: n)
                if let inputGradient = pass.inputGradients[0] {
                    matrixProduct(
                        transposeB: true, m: m, n: k, k: n, pass.outputGradient, lda: n, pass.parameters[0], ldb: n,
                        inputGradient, ldc: k)
                }
            }
            if layer.hasBias {
                rl_sum_rows(pass.outputGradient, pass.parameterGradients[1], Int64(m), Int64(n))
            }
        }
    }
}
