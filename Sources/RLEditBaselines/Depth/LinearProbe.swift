internal import Foundation
public import RLEditCore
public import RLEditData
public import RLEditNN
public import RLEditTensor

/// What a layer still knows of the classes: a new linear classifier of its features (Alain and Bengio 2016).
///
/// Features are what the layer gives, after the activation that follows it if there is one, standardized by the training
/// examples. The classifier is a multinomial logistic regression: Σ cross entropy + ‖W‖² / (2 C), the intercepts free.
public struct LinearProbe: Configurable, Sendable {
    public var inversePenalty = 1.0
    public var iterations = 300

    public init() {}
    static let name = "probe_recall"

    public var owner: String { Self.name }

    public var settings: [Setting<Self>] {
        [
            .number("inversePenalty", \.inversePenalty, .positive, "C of the logistic regression"),
            .integer("iterations", \.iterations, .count(upTo: mostCounted), "at most"),
        ]
    }

    /// The share of `test` whose label the classifier finds, fitted on `train`: recall when `test` holds one class.
    /// - Throws: `WorldError` naming a layer that is not there, ``BaselineError`` naming a set that does not fit.
    public func recall(
        _ network: Network, layer: String, train: ExampleSet, test: ExampleSet, pool: WorkerPool? = nil
    ) throws -> Double {
        try validate()
        try network.requireClassifier([("train", train), ("test", test)])
        var features = [
            try network.features(of: train, after: layer, pool: pool),
            try network.features(of: test, after: layer, pool: pool),
        ]
        let width = features[0].count / train.count
        Self.standardize(&features, width: width)
        let classes = max(network.outputShape.first ?? 0, 2)
        let model = fit(features[0], labels: train.labels, width: width, classes: classes)
        let right = test.labels.enumerated().count { row, label in
            var (best, highest) = (0, -Double.infinity)
            for index in 0..<classes {
                let score = model.score(of: features[1][(row * width)..<((row + 1) * width)], class: index)
                if score > highest { (best, highest) = (index, score) }
            }
            return best == label
        }
        return Double(right) / Double(test.count)
    }

    /// Weights `[classes, width]`, then intercepts `[classes]`.
    package struct Model: Sendable {
        package var values: [Double]
        package let width: Int
        package let classes: Int

        func score(of features: ArraySlice<Double>, class index: Int) -> Double {
            var sum = values[classes * width + index]
            for (place, value) in features.enumerated() { sum += values[index * width + place] * value }
            return sum
        }
    }

    /// The regression, from zeros.
    /// - Parameter features: `[labels.count, width]`.
    package func fit(_ features: [Double], labels: [Int], width: Int, classes: Int) -> Model {
        let start = [Double](repeating: 0, count: classes * (width + 1))
        let values = LBFGS(iterations: iterations).minimize(from: start) { values, gradient in
            objective(values, &gradient, features, labels, width: width, classes: classes)
        }
        return Model(values: values, width: width, classes: classes)
    }

    /// The mean over examples of what is minimized, and its gradient.
    private func objective(
        _ values: [Double], _ gradient: inout [Double], _ features: [Double], _ labels: [Int], width: Int, classes: Int
    ) -> Double {
        let scale = 1 / Double(labels.count)
        let penalty = scale / inversePenalty
        var loss = 0.0
        features.withUnsafeBufferPointer { features in
            values.withUnsafeBufferPointer { values in
                gradient.withUnsafeMutableBufferPointer { gradient in
                    for index in gradient.indices { gradient[index] = 0 }
                    var scores = [Double](repeating: 0, count: classes)
                    for (row, label) in labels.enumerated() {
                        var highest = -Double.infinity
                        for index in 0..<classes {
                            var sum = values[classes * width + index]
                            for place in 0..<width {
                                sum += values[index * width + place] * features[row * width + place]
                            }
                            scores[index] = sum
                            highest = max(highest, sum)
                        }
                        let total = scores.reduce(0.0) { $0 + exp($1 - highest) }
                        loss += scale * (highest + log(total) - scores[label])
                        for index in 0..<classes {
                            let slope = scale * (exp(scores[index] - highest) / total - (index == label ? 1 : 0))
                            gradient[classes * width + index] += slope
                            for place in 0..<width {
                                gradient[index * width + place] += slope * features[row * width + place]
                            }
                        }
                    }
                    for index in 0..<(classes * width) {
                        loss += penalty / 2 * values[index] * values[index]
                        gradient[index] += penalty * values[index]
                    }
                }
            }
        }
        return loss
    }

    /// Mean 0 and standard deviation 1 over the first set, column by column; a constant column only loses its mean.
    package static func standardize(_ sets: inout [[Double]], width: Int) {
        let rows = Double(sets[0].count / width)
        for column in 0..<width {
            let places = stride(from: column, to: sets[0].count, by: width)
            let mean = places.reduce(0.0) { $0 + sets[0][$1] } / rows
            let variance = places.reduce(0.0) { $0 + (sets[0][$1] - mean) * (sets[0][$1] - mean) } / rows
            let deviation = variance > 0 ? variance.squareRoot() : 1
            for set in sets.indices {
                for place in stride(from: column, to: sets[set].count, by: width) {
                    sets[set][place] = (sets[set][place] - mean) / deviation
                }
            }
        }
    }
}

extension Network {
    /// What a layer gives for each example, after the activation that follows it: `[examples, features]`, row by row.
    func features(of examples: ExampleSet, after layer: String, pool: WorkerPool?) throws -> [Double] {
        _ = try baselineLayers([layer])
        var node = nodeIndex(named: layer) ?? 0
        let readers = nodes.indices.filter { nodes[$0].inputs.contains(node) }
        if readers.count == 1, nodes[readers[0]].layer is Activation { node = readers[0] }
        let part = try computing([node])
        var result: [Double] = []
        let blockRows = 2048
        for first in stride(from: 0, to: examples.count, by: blockRows) {
            let inputs = try examples.batchInputs(first..<min(first + blockRows, examples.count))
            result += try part.forward(inputs, pool: pool).scalars.map(Double.init)
        }
        guard result.allSatisfy(\.isFinite) else { throw BaselineError.scoresNotFinite(set: examples.name) }
        return result
    }
}
