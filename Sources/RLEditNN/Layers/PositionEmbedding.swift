internal import CKernels
public import RLEditCore

/// Adds to each token the row of its position: `[length, features]`, at most `positions` long. Parameter
/// `weight [positions, features]`, as the learned positions of BERT.
///
/// With `isShared` the first row is added to every token: the segment of texts that have one segment only, of a table
/// `weight [segments, features]`.
public struct PositionEmbedding: DescribedLayer {
    public private(set) var positions: Int
    public private(set) var features: Int
    public private(set) var isShared: Bool

    public init(_ positions: Int, _ features: Int, isShared: Bool = false) {
        self.positions = positions
        self.features = features
        self.isShared = isShared
    }

    static let constructor = LayerConstructor(
        "position_embedding", baseName: "position", size: "features", PositionEmbedding(1, 1),
        """
        Adds to each token the row of a table for its position, as BERT's learned positions. With `shared = true` it adds
        the first row to every token, which is what BERT's table of token types does for a text of one segment.
        """)

    public var kind: String { "PositionEmbedding" }
    public var summary: String { "\(positions)" + (isShared ? ", shared" : "") }
    public var settings: [Setting<PositionEmbedding>] {
        [
            .integer("positions", \.positions, .count(upTo: 1 << 24), "rows of the table").required,
            .integer("features", \.features, .count(upTo: 1 << 24), "features of each token").required,
            .boolean("shared", \.isShared, "whether every token gets the first row"),
        ]
    }
    public var parameters: [ParameterSpecification] {
        [.table("weight", rows: positions, features: features)]
    }

    public func outputShape(for inputs: [[Int]]) throws(NetworkError) -> [Int] {
        try requirePositive(positions, "positions")
        try requirePositive(features, "features")
        let input = try onlyInput(inputs)
        guard input.count == 2, input[1] == features, isShared || input[0] <= positions else {
            throw .layerInput(
                layer: kind,
                expected: isShared ? "[length, \(features)]" : "[length, \(features)] with length at most \(positions)",
                actual: input)
        }
        return input
    }

    public func makeKernel(_ request: KernelRequest) throws(NetworkError) -> any LayerKernel {
        Kernel(layer: self, rows: request.rows, length: request.inputShape[0])
    }

    private final class Kernel: LayerKernel {
        let layer: PositionEmbedding
        let rows: Int
        let length: Int

        init(layer: PositionEmbedding, rows: Int, length: Int) {
            self.layer = layer
            self.rows = rows
            self.length = length
        }

        func forward(_ pass: ForwardPass) {
            eachToken { place, row in
                rl_binary(
                    RL_BINARY_ADD, pass.inputs[0] + place, 1, pass.parameters[0] + row, 1, pass.output + place,
                    Int64(layer.features))
            }
        }

        func backward(_ pass: BackwardPass) {
            pass.parameterGradients[0].update(repeating: 0, count: layer.positions * layer.features)
            eachToken { place, row in
                rl_accumulate(pass.parameterGradients[0] + row, pass.outputGradient + place, Int64(layer.features))
            }
            pass.inputGradients[0]?.update(from: pass.outputGradient, count: rows * length * layer.features)
        }

        /// Offsets of each token and of its row in the table.
        private func eachToken(_ body: (_ place: Int, _ row: Int) -> Void) {
            for example in 0..<rows {
                for position in 0..<length {
                    body((example * length + position) * layer.features, layer.isShared ? 0 : position * layer.features)
                }
            }
        }
    }
}
