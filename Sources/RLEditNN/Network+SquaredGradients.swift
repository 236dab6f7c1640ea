internal import CKernels
internal import Foundation
package import RLEditTensor

/// Which labels the likelihood whose gradients are squared is taken at.
package enum LikelihoodLabels: Sendable {
    /// Those of the data: the *empirical* Fisher information. `groupSize` examples give one gradient, the mean of
    /// theirs; 1 is the definition, more is a cheaper stand-in.
    case observed(groupSize: Int)
    /// Every class, weighted by the probability that the network gives it: the Fisher information itself.
    case expected
}

extension Network {
    /// The mean over `rows` of the squared gradient of the log-likelihood log p(y|x): the diagonal of the Fisher
    /// information, `F = E_x E_y [(∂ log p(y|x) / ∂w)²]`, in inference mode but for layers that only know training.
    ///
    /// The examples are cut in at most eight lanes by their number only, and lanes are added in order, so the result
    /// has the same bytes for any pool.
    /// - Parameters:
    ///   - pool: spreads the lanes over its workers.
    /// - Returns: one tensor per parameter, in the order of ``parameterNames``.
    package func squaredGradients(
        _ source: any BatchSource, rows: [Int], labels: LikelihoodLabels, pool: WorkerPool? = nil
    ) throws -> [Tensor] {
        let groupSize: Int
        switch labels {
        case .observed(let size): groupSize = size
        case .expected: groupSize = 1
        }
        guard !rows.isEmpty, groupSize > 0 else {
            throw NetworkError.inputShape(
                operation: "squared gradients", expected: "at least one example", actual: [rows.count])
        }
        let groups = (rows.count + groupSize - 1) / groupSize
        let laneCount = min(groups, GradientEngine.laneLimit)
        let (graph, values) = (graph, parameterValues)
        let totals = (0..<laneCount).map { _ in TensorStorage(zeros: graph.flatCount) }
        let body: @Sendable (Int) throws -> Void = { lane in
            let gradient = TensorStorage(zeros: graph.flatCount)
            let parameters = values.map { UnsafePointer($0.storage.pointer) }
            for group in (lane * groups / laneCount)..<((lane + 1) * groups / laneCount) {
                let members = rows[(group * groupSize)..<min((group + 1) * groupSize, rows.count)]
                try namingExamples({ members[members.startIndex + $0] }) {
                    try graph.addSquaredGradients(
                        try source.examples(members), rows: members.count, labels, weight: 1 / Float(groups),
                        parameters: parameters, gradient: gradient, total: totals[lane])
                }
            }
            withExtendedLifetime(values) {}
        }
        if let pool {
            try pool.forEach(laneCount) { lane, _ in try body(lane) }
        } else {
            for lane in 0..<laneCount { try body(lane) }
        }
        for lane in 1..<max(laneCount, 1) {
            rl_accumulate(totals[0].pointer, totals[lane].pointer, Int64(graph.flatCount))
        }
        return graph.parameters.map { place in
            let tensor = Tensor(uninitialized: place.specification.shape, count: place.count)
            tensor.storage.pointer.initialize(from: totals[0].pointer + place.flatOffset, count: place.count)
            return tensor
        }
    }
}

extension NetworkGraph {
    /// Adds `weight` × the squared gradient of the mean log-likelihood of a few rows to `total`.
    fileprivate func addSquaredGradients(
        _ examples: (inputs: ExampleInputs, targets: Targets), rows: Int, _ labels: LikelihoodLabels, weight: Float,
        parameters: [UnsafePointer<Float>], gradient: TensorStorage, total: TensorStorage
    ) throws {
        guard examples.inputs.shape == [rows] + inputShape else {
            throw NetworkError.exampleShape(expected: inputShape, actual: examples.inputs.shape)
        }
        let shape = shape(of: nodes.count - 1)
        let key = Workspace.Key(rows: rows, mode: .differentiation)
        try withBlock(examples.inputs, rows: 0..<rows) { entry throws(NetworkError) in
            try workspaces.withWorkspace(key, of: self) { workspace throws(NetworkError) in
                let gradients = self.parameters.map { gradient.pointer + $0.flatOffset }
                // No random stream: dropout passes everything through.
                try workspace.forward(input: entry, parameters: parameters)
                func add(_ targets: Targets, share: Float) throws(NetworkError) {
                    _ = try Loss.crossEntropy.evaluate(
                        UnsafePointer(workspace.output), rows: rows, shape: shape, targets, scale: 1 / Float(rows),
                        gradient: workspace.outputGradient)
                    try workspace.backward(input: entry, parameters: parameters, parameterGradients: gradients)
                    rl_accumulate_squares(total.pointer, gradient.pointer, weight * share, Int64(flatCount))
                }
                switch labels {
                case .observed: try add(examples.targets, share: 1)
                case .expected:
                    let probabilities = Self.probabilities(workspace.output, classes: shape.first ?? 0)
                    for (label, probability) in probabilities.enumerated() {
                        try add(.classes(Array(repeating: label, count: rows)), share: probability)
                    }
                }
            }
        }
    }

    /// Softmax of the first row.
    private static func probabilities(_ scores: UnsafePointer<Float>, classes: Int) -> [Float] {
        let row = UnsafeBufferPointer(start: scores, count: classes)
        let largest = row.max() ?? 0
        let exponentials = row.map { exp(Double($0 - largest)) }
        let sum = exponentials.reduce(0, +)
        return exponentials.map { Float($0 / sum) }
    }
}
