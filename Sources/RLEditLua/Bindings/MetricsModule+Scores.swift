internal import LuaBridge
internal import RLEditCore
internal import RLEditData
internal import RLEditNN
internal import RLEditTensor
internal import RLEditWorlds

/// A figure that is one number.
struct ScoredFigure: Sendable {
    let name: String
    let documentation: String
    let value: @Sendable (Scored) throws -> Double

    init(_ name: String, _ documentation: String, value: @escaping @Sendable (Scored) throws -> Double) {
        self.name = name
        self.documentation = documentation
        self.value = value
    }

    /// What all figures take and give.
    static let tags = "@param scores rledit.Numbers\n@param labels rledit.Labels\n@return number"

    static let all = [
        ScoredFigure(
            "accuracy",
            "Share of examples whose largest score is that of their label, 0 … 1; the lowest class wins a tie."
        ) { $0.mean { $0.isRight ? 1 : 0 } },
        ScoredFigure("loss", "Mean cross entropy of the label, in nats.") {
            $0.mean { -$0.logProbabilities[$0.label] }
        },
        ScoredFigure("confidence", "Mean probability of the predicted class, 0 … 1.") {
            $0.mean { PortableMath.exp($0.logProbabilities.max() ?? 0) }
        },
        ScoredFigure("true_probability", "Mean probability of the label, 0 … 1.") {
            $0.mean { PortableMath.exp($0.logProbabilities[$0.label]) }
        },
        ScoredFigure("margin", "Mean of the label's score minus the largest other score.") { $0.mean { $0.margin } },
        ScoredFigure("entropy", "Mean entropy of the predicted distribution, in nats.") { row in
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
struct Scored {
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
    func labels(_ number: Int) throws -> [Int] {
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
