package import RLEditData
package import RLEditNN
package import RLEditTensor

/// Examples of a set in the form that training takes.
package struct ExampleSetSource: BatchSource {
    package let examples: ExampleSet
    package var count: Int { examples.count }

    package init(_ examples: ExampleSet) { self.examples = examples }

    package func batch(_ indices: ArraySlice<Int>) throws -> (inputs: Tensor, targets: Targets) {
        (try examples.inputs(at: indices), .classes(try examples.labels(at: indices)))
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
}

/// Examples of a set together with what a teacher answers to each.
struct DistillationSource: BatchSource {
    let examples: ExampleSet
    /// `[examples, classes]`
    let teacher: Tensor
    var count: Int { examples.count }

    func batch(_ indices: ArraySlice<Int>) throws -> (inputs: Tensor, targets: Targets) {
        let classes = teacher.shape[1]
        let rows = try Tensor(shape: [indices.count, classes]) { buffer in
            teacher.withUnsafeBufferPointer { all in
                for (row, index) in indices.enumerated() {
                    for column in 0..<classes { buffer[row * classes + column] = all[index * classes + column] }
                }
            }
        }
        return (
            try examples.inputs(at: indices),
            .distillation(labels: try examples.labels(at: indices), teacher: rows)
        )
    }
}

/// The examples of one set, then those of another of the same shape.
struct JoinedSource: BatchSource {
    let first: ExampleSet
    let second: ExampleSet
    var count: Int { first.count + second.count }

    init(_ first: ExampleSet, _ second: ExampleSet) {
        self.first = first
        self.second = second
    }

    func batch(_ indices: ArraySlice<Int>) throws -> (inputs: Tensor, targets: Targets) {
        let fromFirst = indices.filter { $0 < first.count }
        let fromSecond = indices.filter { $0 >= first.count }.map { $0 - first.count }
        let parts = try Tensor.concat([try first.inputs(at: fromFirst), try second.inputs(at: fromSecond)])
        // The two runs, back in the order asked for.
        var (nextFirst, nextSecond) = (0, fromFirst.count)
        let width = parts.count / max(indices.count, 1)
        let inputs = try Tensor(shape: parts.shape) { buffer in
            parts.withUnsafeBufferPointer { parts in
                for (row, index) in indices.enumerated() {
                    let from = index < first.count ? nextFirst : nextSecond
                    if index < first.count { nextFirst += 1 } else { nextSecond += 1 }
                    for column in 0..<width { buffer[row * width + column] = parts[from * width + column] }
                }
            }
        }
        let labels = try indices.map { index in
            try index < first.count
                ? first.labels(at: CollectionOfOne(index))[0]
                : second.labels(at: CollectionOfOne(index - first.count))[0]
        }
        return (inputs, .classes(labels))
    }
}
