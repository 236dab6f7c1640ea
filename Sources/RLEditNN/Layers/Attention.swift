internal import CKernels
public import RLEditCore
internal import RLEditTensor

/// Scaled dot-product attention with several heads (Vaswani et al. 2017): queries, keys and values `[length, features]` →
/// `[length, features]`. In each head, softmax(Q Kᵀ / √(features / heads)) V. It has no parameters: the products that make
/// queries, keys and values are linear layers before it.
///
/// A fourth input, the tokens `[length]` themselves, tells where a text ends: tokens after the last one that is not negative
/// take part in nothing, and what leaves for them is 0.
public struct Attention: DescribedLayer {
    public private(set) var heads: Int

    /// Longest text: every pair of tokens has a weight, and a file that a stranger made must not fill the memory.
    private static let longest = 1 << 14

    public init(heads: Int) { self.heads = heads }

    static let constructor = LayerConstructor(
        "attention", baseName: "attention", inputs: .named(["query", "key", "value"], optional: "tokens"),
        Attention(heads: 1),
        """
        Scaled dot-product attention with several heads over queries, keys and values `{ length, features }`, each made by a
        linear layer. With `tokens`, the network's input of tokens, padding takes part in nothing.
        """)

    public var kind: String { "Attention" }
    public var summary: String { "heads \(heads)" }
    public var settings: [Setting<Attention>] {
        [.integer("heads", \.heads, .count(upTo: 1 << 15), "parts that the features are cut into").required]
    }

    public func outputShape(for inputs: [[Int]]) throws(NetworkError) -> [Int] {
        guard (3...4).contains(inputs.count) else {
            throw .layerSetting(
                layer: kind, field: "inputs", expected: "three or four nodes", actual: "\(inputs.count)")
        }
        let query = inputs[0]
        guard query.count == 2, heads >= 1, heads <= 1 << 15, query[1] % heads == 0 else {
            throw .layerInput(
                layer: kind, expected: "[length, features] with features a multiple of \(heads) heads", actual: query)
        }
        guard query[0] <= Attention.longest else {
            throw .layerInput(layer: kind, expected: "at most \(Attention.longest) tokens", actual: query)
        }
        for other in inputs[1...2] where other != query {
            throw .layerInput(layer: kind, expected: "keys and values of shape \(query)", actual: other)
        }
        if inputs.count == 4, inputs[3] != [query[0]] {
            throw .layerInput(layer: kind, expected: "[\(query[0])] tokens", actual: inputs[3])
        }
        return query
    }

    public func makeKernel(_ request: KernelRequest) throws(NetworkError) -> any LayerKernel {
        Kernel(
            rows: request.rows, length: request.outputShape[0], features: request.outputShape[1], heads: heads,
            hasTokens: request.inputShapes.count == 4, isTraining: request.isTraining)
    }

    private final class Kernel: LayerKernel {
        let rows: Int
        let length: Int
        let features: Int
        let heads: Int
        let hasTokens: Bool
        /// Attention weights: of every example and head for the backward pass, else of the one at work.
        let weights: TensorStorage
        /// Gradients of one head's weights.
        let scratch: TensorStorage?

        init(rows: Int, length: Int, features: Int, heads: Int, hasTokens: Bool, isTraining: Bool) {
            self.rows = rows
            self.length = length
            self.features = features
            self.heads = heads
            self.hasTokens = hasTokens
            weights = TensorStorage(uninitializedCount: (isTraining ? rows * heads : 1) * length * length)
            scratch = isTraining ? TensorStorage(uninitializedCount: 2 * length * length) : nil
        }

        private var width: Int { features / heads }
        private var scale: Float { Float(1 / Double(width).squareRoot()) }

        /// Tokens of an example: up to the last that is not negative.
        private func tokens(_ inputs: [UnsafePointer<Float>], _ example: Int) -> Int {
            guard hasTokens else { return length }
            var count = length
            while count > 0, inputs[3][example * length + count - 1] < 0 { count -= 1 }
            return count
        }

        func forward(_ pass: ForwardPass) {
            for example in 0..<rows {
                let count = tokens(pass.inputs, example)
                let first = example * length * features
                (pass.output + first + count * features).update(repeating: 0, count: (length - count) * features)
                for head in 0..<heads where count > 0 {
                    let place = first + head * width
                    let weights =
                        self.weights.pointer + (scratch == nil ? 0 : (example * heads + head) * length * length)
                    matrixProduct(
                        transposeB: true, m: count, n: count, k: width, alpha: scale, pass.inputs[0] + place,
                        lda: features, pass.inputs[1] + place, ldb: features, weights, ldc: count)
                    rl_softmax_rows(0, weights, Int64(count), Int64(count), weights)
                    matrixProduct(
                        m: count, n: width, k: count, weights, lda: count, pass.inputs[2] + place, ldb: features,
                        pass.output + place, ldc: features)
                }
            }
        }

        func backward(_ pass: BackwardPass) {
            guard let scratch else { return }
            for case let gradient? in pass.inputGradients.prefix(3) {
                gradient.update(repeating: 0, count: rows * length * features)
            }
            if hasTokens { pass.inputGradients[3]?.update(repeating: 0, count: rows * length) }
            let byWeights = scratch.pointer
            for example in 0..<rows {
                let count = tokens(pass.inputs, example)
                for head in 0..<heads where count > 0 {
                    let place = example * length * features + head * width
                    let weights = UnsafePointer(self.weights.pointer + (example * heads + head) * length * length)
                    let arriving = pass.outputGradient + place
                    if let gradient = pass.inputGradients[2] {
                        // dV = Pᵀ dO
                        matrixProduct(
                            transposeA: true, m: count, n: width, k: count, weights, lda: count, arriving,
                            ldb: features,
                            gradient + place, ldc: features)
                    }
                    // dP = dO Vᵀ, and through the softmax dS = P ⊙ (dP − Σ dP ⊙ P).
                    matrixProduct(
                        transposeB: true, m: count, n: count, k: width, arriving, lda: features,
                        pass.inputs[2] + place, ldb: features, byWeights, ldc: count)
                    for row in 0..<count {
                        let p = weights + row * count
                        let d = byWeights + row * count
                        var sum: Float = 0
                        for column in 0..<count { sum += p[column] * d[column] }
                        for column in 0..<count { d[column] = p[column] * (d[column] - sum) }
                    }
                    if let gradient = pass.inputGradients[0] {
                        matrixProduct(
                            m: count, n: width, k: count, alpha: scale, byWeights, lda: count,
                            pass.inputs[1] + place, ldb: features, gradient + place, ldc: features)
                    }
                    if let gradient = pass.inputGradients[1] {
                        matrixProduct(
                            transposeA: true, m: count, n: width, k: count, alpha: scale, byWeights, lda: count,
                            pass.inputs[0] + place, ldb: features, gradient + place, ldc: features)
                    }
                }
            }
        }
    }
}
