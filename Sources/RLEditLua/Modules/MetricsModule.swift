package import LuaBridge
internal import RLEditData
internal import RLEditNN
internal import RLEditTensor
internal import RLEditWorlds

extension HostModules {
    /// `rledit.metrics`: figures of scores `[examples, classes]` and their labels, by the definitions of the metrics
    /// argument.
    package static func addMetrics(to host: LuaHost, context: ScriptContext) throws {
        host.addModule("rledit.metrics") { module in
            addDepthMeasures(to: module, context: context)
            for figure in ScoredFigure.all {
                module.function(figure.name) { call in
                    try call.atMost(2)
                    return try call.returns(try figure.value(try Scored(call)))
                }
            }
            module.function("auc") { call in
                try call.atMost(2)
                let (scores, positives) = try binary(call)
                return try call.returns(try call.blaming(2) { try areaUnderCurve(scores, positives) })
            }
            module.function("false_positive_rate") { call in
                try call.atMost(2)
                let (scores, positives) = try binary(call)
                let negatives = positives.count { !$0 }
                guard negatives > 0 else { throw call.argumentError(2, "no example has label 0") }
                let wrong = zip(scores, positives).count { $0.0 > 0 && !$0.1 }
                return try call.returns(Double(wrong) / Double(negatives))
            }
            for metric in [BinaryMetric.precision, .recall, .f1, .truePositiveRate, .falseNegativeRate] {
                module.function(metric.name) { call in
                    try call.atMost(2)
                    let (scores, positives) = try binary(call)
                    return try call.returns(try value(metric, scores, positives, call))
                }
            }
            module.function("fairness") { call in try fairness(call, context) }
            module.function("confusion") { call in
                try call.atMost(2)
                let scored = try Scored(call)
                return try call.returns(try scored.confusion())
            }
            module.function("per_class_accuracy") { call in
                try call.atMost(2)
                let table = try call.host.makeTable()
                for (label, accuracy) in try Scored(call).perClassAccuracy() { try table.set(label, accuracy) }
                return try call.returns(table)
            }
        }
    }

    /// Arguments 1 and 2 as one score per example and whether it is positive (label 1).
    private static func binary(_ call: LuaCall) throws -> (scores: [Float], positives: [Bool]) {
        let tensor = try call.tensor(1)
        guard tensor.rank == 1 || (tensor.rank == 2 && tensor.shape[1] == 1) else {
            throw call.argumentError(1, "one score per example expected, got shape \(tensor.shape)")
        }
        if let position = tensor.scalars.firstIndex(where: \.isNaN) {
            throw call.argumentError(1, "score \(position + 1) is NaN")
        }
        let labels = try call.labels(2)
        guard labels.count == tensor.count else {
            throw call.argumentError(2, "\(tensor.count) labels expected, one per score, got \(labels.count)")
        }
        if let label = labels.first(where: { $0 != 0 && $0 != 1 }) {
            throw call.argumentError(2, "labels 0 and 1 expected, got \(label)")
        }
        return (tensor.scalars, labels.map { $0 == 1 })
    }

    /// Area under the ROC curve: the share of (positive, negative) pairs in which the positive has the higher score,
    /// ties counting half (Mann and Whitney's U over the number of pairs).
    private static func areaUnderCurve(_ scores: [Float], _ positives: [Bool]) throws -> Double {
        let positiveCount = positives.count { $0 }
        let negativeCount = positives.count - positiveCount
        guard positiveCount > 0, negativeCount > 0 else {
            throw TensorError.invalidArgument(operation: "auc", message: "both labels must occur")
        }
        let order = scores.indices.sorted { scores[$0] < scores[$1] }
        var (rankSum, start) = (0.0, 0)
        while start < order.count {
            var end = start + 1
            while end < order.count, scores[order[end]] == scores[order[start]] { end += 1 }
            // Equal scores share the mean of their ranks, which count from 1.
            let rank = Double(start + 1 + end) / 2
            rankSum += rank * Double(order[start..<end].count { positives[$0] })
            start = end
        }
        let smallest = Double(positiveCount) * Double(positiveCount + 1) / 2
        return (rankSum - smallest) / (Double(positiveCount) * Double(negativeCount))
    }
}

/// A figure that is one number.
private struct ScoredFigure: Sendable {
    let name: String
    let value: @Sendable (Scored) throws -> Double

    static let all = [
        ScoredFigure(name: "accuracy") { $0.mean { $0.isRight ? 1 : 0 } },
        ScoredFigure(name: "loss") { $0.mean { -$0.logProbabilities[$0.label] } },
        ScoredFigure(name: "confidence") { $0.mean { PortableMath.exp($0.logProbabilities.max() ?? 0) } },
        ScoredFigure(name: "true_probability") { $0.mean { PortableMath.exp($0.logProbabilities[$0.label]) } },
        ScoredFigure(name: "margin") { $0.mean { $0.margin } },
        ScoredFigure(name: "entropy") { row in
            row.mean { row in
                -row.logProbabilities.reduce(0) { sum, value in
                    // p log p is 0 at p = 0.
                    let probability = PortableMath.exp(value)
                    return probability == 0 ? sum : sum + probability * value
                }
            }
        },
    ]
}

/// Scores of a batch with the labels of its rows.
private struct Scored {
    /// `[count × classes]`, row-major.
    let scores: [Float]
    let labels: [Int]
    let classes: Int

    init(_ call: LuaCall) throws {
        let tensor = try call.tensor(1)
        guard tensor.rank == 2, tensor.shape[0] > 0, tensor.shape[1] > 0 else {
            throw call.argumentError(1, "scores [examples, classes] expected, got shape \(tensor.shape)")
        }
        labels = try call.labels(2)
        guard labels.count == tensor.shape[0] else {
            throw call.argumentError(2, "\(tensor.shape[0]) labels expected, one per row, got \(labels.count)")
        }
        classes = tensor.shape[1]
        scores = tensor.scalars
        for (row, label) in labels.enumerated() where label < 0 || label >= classes {
            throw call.argumentError(2, "label \(label) of row \(row + 1) is outside 0 to \(classes - 1)")
        }
    }

    /// One row: what figures are computed from.
    struct Row {
        let scores: ArraySlice<Float>
        let label: Int

        var predicted: Int { scores.withUnsafeBufferPointer { PredictedClass.of($0) } }
        var isRight: Bool { predicted == label }

        /// All NaN when a score is.
        var logProbabilities: [Double] {
            if predicted == PredictedClass.none { return scores.map { _ in .nan } }
            let largest = Double(scores.max() ?? 0)
            let total = scores.reduce(0) { $0 + PortableMath.exp(Double($1) - largest) }
            let normalizer = largest + PortableMath.log(total)
            return scores.map { Double($0) - normalizer }
        }

        /// Score of the label minus the largest other one; NaN when a score is.
        var margin: Double {
            if predicted == PredictedClass.none { return .nan }
            var other = -Double.infinity
            for (index, score) in scores.enumerated() where index != label { other = max(other, Double(score)) }
            return Double(scores[scores.startIndex + label]) - other
        }
    }

    private var rows: some Sequence<Row> {
        labels.indices.lazy.map { Row(scores: scores[$0 * classes..<($0 + 1) * classes], label: labels[$0]) }
    }

    func mean(_ figure: (Row) -> Double) -> Double { rows.reduce(0) { $0 + figure($1) } / Double(labels.count) }

    /// `[classes, classes]`: how many examples of the row's label were predicted as the column's. Scores of which one is NaN
    /// predict none.
    func confusion() throws -> Tensor {
        var counts = [Float](repeating: 0, count: classes * classes)
        for row in rows where row.predicted != PredictedClass.none { counts[row.label * classes + row.predicted] += 1 }
        return try Tensor(counts, shape: [classes, classes])
    }

    /// Accuracy over the examples of each label that occurs, by ascending label.
    func perClassAccuracy() -> [(label: Int, accuracy: Double)] {
        var (right, all) = ([Int](repeating: 0, count: classes), [Int](repeating: 0, count: classes))
        for row in rows {
            all[row.label] += 1
            if row.isRight { right[row.label] += 1 }
        }
        return all.indices.filter { all[$0] > 0 }.map { ($0, Double(right[$0]) / Double(all[$0])) }
    }
}

extension LuaCall {
    /// Class labels: a table or a vector of integers.
    fileprivate func labels(_ number: Int) throws -> [Int] {
        switch value(number) {
        case .table(let table):
            do { return try table.array(of: Int.self) } catch let error as LuaUsageError {
                throw argumentError(number, error.description)
            }
        default:
            let tensor = try argument(number, as: Tensor.self)
            guard tensor.rank == 1 else { throw argumentError(number, "a vector expected, got shape \(tensor.shape)") }
            return try tensor.scalars.enumerated().map { index, value in
                guard let label = Int(exactly: value) else {
                    throw argumentError(number, "label \(value) at \(index + 1) is not an integer")
                }
                return label
            }
        }
    }
}
