package import RLEditData
package import RLEditNN
package import RLEditTensor

/// Examples of a set in the form that training takes. Weights count relative to their mean over the set, so that their scale
/// does not matter.
package struct ExampleSetSource: BatchSource {
    package let examples: ExampleSet
    private let weights: [Float]?
    package var count: Int { examples.count }

    package init(_ examples: ExampleSet) {
        self.examples = examples
        weights = examples.weights.map { weights in
            let mean = Float(weights.reduce(0.0) { $0 + Double($1) } / Double(max(1, weights.count)))
            return mean > 0 ? weights.map { $0 / mean } : weights
        }
    }

    /// All targets, in the order of the set.
    var targets: Targets { targets(examples.labels) { $0 } }

    package func batch(_ indices: ArraySlice<Int>) throws -> (inputs: Tensor, targets: Targets) {
        (try examples.inputs(at: indices), try targets(at: indices))
    }

    package func examples(_ indices: ArraySlice<Int>) throws -> (inputs: ExampleInputs, targets: Targets) {
        (try examples.batchInputs(at: indices), try targets(at: indices))
    }

    private func targets(at indices: ArraySlice<Int>) throws -> Targets {
        targets(try examples.labels(at: indices)) { weights in indices.map { weights[$0] } }
    }

    private func targets(_ labels: [Int], _ chosen: ([Float]) -> [Float]) -> Targets {
        weights.map { .weightedClasses(labels, weights: chosen($0)) } ?? .classes(labels)
    }
}

/// Examples of a source under other labels.
struct RelabelledSource: BatchSource {
    let base: any BatchSource
    /// One per example of `base`.
    let labels: [Int]
    var count: Int { labels.count }

    func batch(_ indices: ArraySlice<Int>) throws -> (inputs: Tensor, targets: Targets) {
        (try base.batch(indices).inputs, .classes(indices.map { labels[$0] }))
    }

    func examples(_ indices: ArraySlice<Int>) throws -> (inputs: ExampleInputs, targets: Targets) {
        (try base.examples(indices).inputs, .classes(indices.map { labels[$0] }))
    }
}

/// Examples of a set together with what a teacher answers to each.
struct DistillationSource: BatchSource {
    let examples: ExampleSet
    /// `[examples, classes]`
    let teacher: Tensor
    var count: Int { examples.count }

    func batch(_ indices: ArraySlice<Int>) throws -> (inputs: Tensor, targets: Targets) {
        (try examples.inputs(at: indices), try targets(indices))
    }

    func examples(_ indices: ArraySlice<Int>) throws -> (inputs: ExampleInputs, targets: Targets) {
        (try examples.batchInputs(at: indices), try targets(indices))
    }

    private func targets(_ indices: ArraySlice<Int>) throws -> Targets {
        .distillation(labels: try examples.labels(at: indices), teacher: try teacher.matrixRows(at: indices))
    }
}

extension Tensor {
    /// Some rows of a matrix.
    func matrixRows(at indices: ArraySlice<Int>) throws -> Tensor {
        let width = shape[1]
        return try Tensor(shape: [indices.count, width]) { buffer in
            withUnsafeBufferPointer { all in
                for (row, index) in indices.enumerated() {
                    for column in 0..<width { buffer[row * width + column] = all[index * width + column] }
                }
            }
        }
    }
}
