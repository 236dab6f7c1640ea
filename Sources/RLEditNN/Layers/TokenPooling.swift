internal import CKernels
public import RLEditCore

/// One vector for a text: `[length, features]` → `[features]`.
public struct TokenPooling: DescribedLayer {
    public enum Function: String, Sendable, CaseIterable {
        /// The mean over all tokens.
        case mean = "TokenMean"
        /// The first token, as BERT's [CLS].
        case first = "FirstToken"
    }

    public let function: Function

    public init(_ function: Function) { self.function = function }

    static let constructors: [LayerConstructor] = [
        LayerConstructor(
            "token_mean", baseName: "pool", inputs: .named(["x"], optional: "tokens"), TokenPooling(.mean),
            """
            The mean over the tokens of `{ length, features }`. With `tokens`, the network's input of tokens, padding does not
            count.
            """),
        LayerConstructor(
            "first_token", baseName: "pool", TokenPooling(.first),
            "The first token of `{ length, features }`: BERT's [CLS]."),
    ]

    public var kind: String { function.rawValue }
    public var settings: [Setting<TokenPooling>] { [] }

    public func outputShape(for inputs: [[Int]]) throws(NetworkError) -> [Int] {
        guard (1...(function == .mean ? 2 : 1)).contains(inputs.count) else {
            throw .layerSetting(layer: kind, field: "inputs", expected: "one node", actual: "\(inputs.count)")
        }
        guard inputs[0].count == 2, inputs[0][0] >= 1 else {
            throw .layerInput(layer: kind, expected: "[length, features]", actual: inputs[0])
        }
        if inputs.count == 2, inputs[1] != [inputs[0][0]] {
            throw .layerInput(layer: kind, expected: "[\(inputs[0][0])] tokens", actual: inputs[1])
        }
        return [inputs[0][1]]
    }

    public func makeKernel(_ request: KernelRequest) throws(NetworkError) -> any LayerKernel {
        Kernel(
            function: function, rows: request.rows, length: request.inputShape[0], features: request.inputShape[1],
            hasTokens: request.inputShapes.count == 2)
    }

    private final class Kernel: LayerKernel {
        let function: Function
        let rows: Int
        let length: Int
        let features: Int
        let hasTokens: Bool

        init(function: Function, rows: Int, length: Int, features: Int, hasTokens: Bool) {
            self.function = function
            self.rows = rows
            self.length = length
            self.features = features
            self.hasTokens = hasTokens
        }

        func forward(_ pass: ForwardPass) {
            for row in 0..<rows {
                let to = pass.output + row * features
                to.update(repeating: 0, count: features)
                let places = places(pass.inputs, row)
                for place in places {
                    rl_accumulate(to, pass.inputs[0] + (row * length + place) * features, Int64(features))
                }
                if places.count > 1 { for index in 0..<features { to[index] /= Float(places.count) } }
            }
        }

        func backward(_ pass: BackwardPass) {
            if hasTokens { pass.inputGradients[1]?.update(repeating: 0, count: rows * length) }
            guard let gradient = pass.inputGradients[0] else { return }
            gradient.update(repeating: 0, count: rows * length * features)
            for row in 0..<rows {
                let places = places(pass.inputs, row)
                for place in places {
                    let to = gradient + (row * length + place) * features
                    for index in 0..<features {
                        to[index] = pass.outputGradient[row * features + index] / Float(places.count)
                    }
                }
            }
        }

        /// The tokens of an example that count.
        private func places(_ inputs: [UnsafePointer<Float>], _ row: Int) -> [Int] {
            switch function {
            case .first: [0]
            case .mean: hasTokens ? (0..<length).filter { inputs[1][row * length + $0] >= 0 } : Array(0..<length)
            }
        }
    }
}
