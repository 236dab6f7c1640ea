internal import CKernels
public import RLEditCore

/// A row of a table for each token: `[length]` → `[length, features]`. Parameter `weight [tokens, features]`, as PyTorch's
/// `Embedding`. The input holds the numbers of tokens; a negative one is no token, and its row is zeros.
public struct TokenEmbedding: DescribedLayer {
    public private(set) var tokens: Int
    public private(set) var features: Int

    public init(_ tokens: Int, _ features: Int) {
        self.tokens = tokens
        self.features = features
    }

    static let constructor = LayerConstructor(
        "token_embedding", baseName: "embedding", positional: 2, TokenEmbedding(1, 1),
        """
        A row of a table for each token, as PyTorch's `Embedding`. The input is `{ length }` numbers of tokens, from 0; -1
        is the padding after the last token.
        """)

    public var kind: String { "TokenEmbedding" }
    public var summary: String { "\(tokens) → \(features)" }
    public var settings: [Setting<TokenEmbedding>] {
        [
            .integer("tokens", \.tokens, .count(upTo: 1 << 24), "rows of the table").required,
            .integer("features", \.features, .count(upTo: 1 << 24), "numbers in each row").required,
        ]
    }
    public var parameters: [ParameterSpecification] {
        [.table("weight", rows: tokens, features: features)]
    }

    public func outputShape(for inputs: [[Int]]) throws(NetworkError) -> [Int] {
        try requirePositive(tokens, "tokens")
        try requirePositive(features, "features")
        let input = try onlyInput(inputs)
        guard input.count == 1 else { throw .layerInput(layer: kind, expected: "[length] tokens", actual: input) }
        return [input[0], features]
    }

    public func makeKernel(_ request: KernelRequest) throws(NetworkError) -> any LayerKernel {
        Kernel(tokens: tokens, features: features, count: request.inputCount)
    }

    private final class Kernel: LayerKernel {
        let tokens: Int
        let features: Int
        let count: Int

        init(tokens: Int, features: Int, count: Int) {
            self.tokens = tokens
            self.features = features
            self.count = count
        }

        func forward(_ pass: ForwardPass) throws(NetworkError) {
            for place in 0..<count {
                let to = pass.output + place * features
                if let row = try row(pass.inputs[0][place]) {
                    to.update(from: pass.parameters[0] + row * features, count: features)
                } else {
                    to.update(repeating: 0, count: features)
                }
            }
        }

        func backward(_ pass: BackwardPass) throws(NetworkError) {
            pass.parameterGradients[0].update(repeating: 0, count: tokens * features)
            for place in 0..<count {
                guard let row = try row(pass.inputs[0][place]) else { continue }
                rl_accumulate(
                    pass.parameterGradients[0] + row * features, pass.outputGradient + place * features,
                    Int64(features))
            }
            // Tokens are numbers of rows: there is no gradient by them.
            pass.inputGradients[0]?.update(repeating: 0, count: count)
        }

        /// The row of a token; nil for none.
        private func row(_ token: Float) throws(NetworkError) -> Int? {
            guard token >= 0 else {
                guard token < 0 else {
                    throw .layerSetting(layer: "TokenEmbedding", field: "tokens", expected: "numbers", actual: "nan")
                }
                return nil
            }
            guard token < Float(tokens), token == token.rounded() else {
                throw .layerSetting(
                    layer: "TokenEmbedding", field: "tokens", expected: "whole numbers below \(tokens)",
                    actual: "\(token)")
            }
            return Int(token)
        }
    }
}

extension ParameterSpecification {
    /// The table of an embedding: uniform with BERT's deviation, 0.02.
    static func table(_ name: String, rows: Int, features: Int) -> ParameterSpecification {
        ParameterSpecification(
            name: name, shape: [rows, features], initialization: .uniform(bound: Float(0.02 * 3.0.squareRoot())))
    }
}
