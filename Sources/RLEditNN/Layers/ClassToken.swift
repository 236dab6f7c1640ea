public import RLEditCore

/// A learned token before the others: `[length, features]` → `[1 + length, features]`, as BERT's [CLS] for pictures
/// (Dosovitskiy et al. 2021). Parameter `weight [1, 1, features]`, the shape that files give it.
public struct ClassToken: DescribedLayer {
    public private(set) var features: Int

    public init(_ features: Int) { self.features = features }

    static let constructor = LayerConstructor(
        "class_token", baseName: "class_token", size: "features", ClassToken(1),
        "Puts a learned token before the others: `{ length, features }` becomes `{ 1 + length, features }`.")

    public var kind: String { "ClassToken" }
    public var settings: [Setting<ClassToken>] {
        [.integer("features", \.features, .count(upTo: 1 << 24), "features of each token").required]
    }
    public var parameters: [ParameterSpecification] {
        [ParameterSpecification(name: "weight", shape: [1, 1, features], initialization: .constant(0))]
    }

    public func outputShape(for inputs: [[Int]]) throws(NetworkError) -> [Int] {
        try requirePositive(features, "features")
        let input = try onlyInput(inputs)
        guard input.count == 2, input[1] == features, input[0] < 1 << 24 else {
            throw .layerInput(layer: kind, expected: "[length, \(features)]", actual: input)
        }
        return [input[0] + 1, features]
    }

    public func makeKernel(_ request: KernelRequest) throws(NetworkError) -> any LayerKernel {
        Kernel(rows: request.rows, features: features, width: request.inputCount / max(request.rows, 1))
    }

    private final class Kernel: LayerKernel {
        let rows: Int
        let features: Int
        /// Floats of all tokens of one example.
        let width: Int

        init(rows: Int, features: Int, width: Int) {
            self.rows = rows
            self.features = features
            self.width = width
        }

        func forward(_ pass: ForwardPass) {
            for row in 0..<rows {
                let to = pass.output + row * (features + width)
                to.update(from: pass.parameters[0], count: features)
                (to + features).update(from: pass.inputs[0] + row * width, count: width)
            }
        }

        func backward(_ pass: BackwardPass) {
            pass.parameterGradients[0].update(repeating: 0, count: features)
            for row in 0..<rows {
                let from = pass.outputGradient + row * (features + width)
                for index in 0..<features { pass.parameterGradients[0][index] += from[index] }
                if let gradient = pass.inputGradients[0] {
                    (gradient + row * width).update(from: from + features, count: width)
                }
            }
        }
    }
}
