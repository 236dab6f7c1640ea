internal import RLEditData
internal import RLEditNN
internal import RLEditTensor

/// The two numbers of a layer that read labels: how its outputs raise the score of an example's own label above the others,
/// and how far that score is above the highest other one.
struct ScoreGradient: Sendable {
    /// ∂(z_y − mean_k z_k)/∂output of each example, summed over its rows, `[examples, out]`.
    private let gradients: Tensor
    /// z_y − max_{k≠y} z_k of each example.
    private let margins: [Double]

    /// Examples that go back through the layers at once, where each has rows of positions.
    private static let run = 64

    private init(gradients: Tensor, margins: [Double]) {
        self.gradients = gradients
        self.margins = margins
    }

    /// - Parameter outputs: what leaves a layer on vectors, `[examples, out]`; not read for other layers.
    init(_ network: Network, units: UnitLayer, forget: NamedSet, outputs: Tensor) throws {
        let readers = network.nodes.indices.filter { network.nodes[$0].inputs.contains(units.exit) }
        let (rows, examples) = (units.layer.rows, forget.examples.count)
        var margins: [Double] = []
        guard !readers.isEmpty else {
            gradients = try ScoreGradient.gradient(of: outputs, labels: forget.examples.labels, &margins)
            self.margins = margins
            return
        }
        // The gradient is taken by all that enters the layers after this one. Only its part by this layer's outputs is
        // used.
        let split = try NetworkSplit(network, at: readers)
        let isAlone = split.parts.count == 1
        let place = split.parts.first { $0.node == units.exit }?.range ?? 0..<(units.positions * rows)
        // Several activations lie in the order of the network's memory, the channels of a position side by side.
        let isByChannel = isAlone && network.outputShape(ofNode: units.exit).count == 3
        let positions = units.positions
        let run = units.isVector ? examples : ScoreGradient.run
        var all: [Float] = []
        for first in stride(from: 0, to: examples, by: run) {
            let range = first..<min(first + run, examples)
            let inputs = try forget.examples.batchInputs(range)
            let entering = isAlone && units.isVector ? outputs : try split.entering(inputs)
            let labels = Array(forget.examples.labels[range])
            let byEntering = try split.suffix.pullback(entering) {
                try ScoreGradient.gradient(of: $0, labels: labels, &margins)
            }.inputGradient
            let width = byEntering.count / range.count
            let tokens = units.tokens(inputs)
            byEntering.withUnsafeBufferPointer { values in
                for example in 0..<range.count {
                    let start = example * width + place.lowerBound
                    for unit in 0..<rows {
                        var sum = 0.0
                        for position in 0..<positions {
                            if let tokens, tokens[example * positions + position] < 0 { continue }
                            let offset = isByChannel ? unit * positions + position : position * rows + unit
                            sum += Double(values[start + offset])
                        }
                        all.append(Float(sum))
                    }
                }
            }
        }
        gradients = try Tensor(all, shape: [examples, rows])
        self.margins = margins
    }

    /// Of these examples.
    func taking(_ examples: [Int]) throws -> ScoreGradient {
        ScoreGradient(gradients: try gradients.rows(examples), margins: examples.map { margins[$0] })
    }

    /// Mean of the margins.
    var margin: Double { margins.reduce(0, +) / Double(max(margins.count, 1)) }

    /// Mean of the gradients, `[out]`.
    func byOutputs() throws -> Tensor {
        let (examples, rows) = (gradients.shape[0], gradients.shape[1])
        return try Tensor(shape: [rows]) { buffer in
            gradients.withUnsafeBufferPointer { values in
                for unit in 0..<rows {
                    var sum = 0.0
                    for example in 0..<examples { sum += Double(values[example * rows + unit]) }
                    buffer[unit] = Float(sum / Double(max(examples, 1)))
                }
            }
        }
    }

    /// ∂(z_y − mean_k z_k)/∂z of each example, `[examples, scores]`, and its margin.
    private static func gradient(of scores: Tensor, labels: [Int], _ margins: inout [Double]) throws -> Tensor {
        let width = scores.shape[1]
        var own: [Double] = []
        let result = try Tensor(shape: scores.shape) { buffer in
            scores.withUnsafeBufferPointer { z in
                for (example, label) in labels.enumerated() {
                    let row = example * width
                    if width == 1 {
                        // One score counts as two classes, the first with score 0: z_y − mean is ±z/2.
                        let sign: Float = label == 1 ? 1 : -1
                        buffer[row] = sign / 2
                        own.append(Double(sign * z[row]))
                        continue
                    }
                    var rival = -Float.infinity
                    for k in 0..<width {
                        buffer[row + k] = -1 / Float(width)
                        if k != label { rival = max(rival, z[row + k]) }
                    }
                    buffer[row + label] += 1
                    own.append(Double(z[row + label] - rival))
                }
            }
        }
        margins += own
        return result
    }
}
