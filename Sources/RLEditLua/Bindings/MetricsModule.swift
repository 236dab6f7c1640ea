package import LuaBridge
internal import RLEditCore
internal import RLEditData
internal import RLEditNN
internal import RLEditTensor
internal import RLEditWorlds

extension HostModules {
    /// `rledit.metrics`: figures of scores `[examples, classes]` and their labels, by the definitions of the metrics
    /// argument.
    package static func addMetrics(to host: LuaHost, context: ScriptContext) throws {
        host.addModule("rledit.metrics") { module in
            module.documentation(
                """
                Figures of scores and labels, by the definitions of the metrics argument `m`.

                Scores are `[examples, classes]`, as `model:forward` gives them; labels are integers from 0 on, as a
                table or a vector. `auc` and `false_positive_rate` take one score per example and labels 0 and 1.

                ```lua
                local metrics = require "rledit.metrics"
                local scores, labels = model:forward(set), set:labels()
                print(metrics.accuracy(scores, labels), metrics.per_class_accuracy(scores, labels)[7])
                ```
                """
            )
            module.types(
                """
                @alias rledit.Labels integer[]|rledit.Tensor
                """
            )
            addDepthMeasures(to: module, context: context)
            addChanges(to: module, context: context)
            for figure in ScoredFigure.all {
                module.function(figure.name, "\(figure.documentation)\n\(ScoredFigure.tags)") { call in
                    try call.atMost(2)
                    return try call.returns(try figure.value(try Scored(call)))
                }
            }
            module.function(
                "auc",
                """
                Area under the ROC curve: the share of pairs of a positive and a negative example in which the positive
                one has the higher score, ties counting half. One score per example, labels 0 and 1, both of which must
                occur.
                @param scores rledit.Numbers
                @param labels rledit.Labels
                @return number
                """
            ) { call in
                try call.atMost(2)
                let (scores, positives) = try binary(call)
                return try call.returns(try call.blaming(2) { try areaUnderCurve(scores, positives) })
            }
            module.function(
                "false_positive_rate",
                """
                Share of the examples with label 0 whose score is above 0. One score per example, labels 0 and 1.
                @param scores rledit.Numbers
                @param labels rledit.Labels
                @return number
                """
            ) { call in
                try call.atMost(2)
                let (scores, positives) = try binary(call)
                let negatives = positives.count { !$0 }
                guard negatives > 0 else { throw call.argumentError(2, "no example has label 0") }
                let wrong = zip(scores, positives).count { $0.0 > 0 && !$0.1 }
                return try call.returns(Double(wrong) / Double(negatives))
            }
            for (metric, text) in binaryFigures {
                module.function(metric.name, "\(text)\n\(ScoredFigure.tags)") { call in
                    try call.atMost(2)
                    let (scores, positives) = try binary(call)
                    return try call.returns(try value(metric, scores, positives, call))
                }
            }
            module.function(
                "fairness",
                """
                Every measure of two classes and of the groups of a set, as a table: `accuracy`, and the fields of
                `rledit.SetMetrics` from `precision` on; `count`; and `groups`, with a row for each group by name. What
                is undefined is left out.

                With `tuning`, `equal_error_threshold` is taken from that set, and `error_difference_at_eer` is computed
                at it: a threshold must not be tuned on the examples that judge.

                ```lua
                local fairness = rledit.metrics.fairness(model, test)
                print(fairness.fped, fairness.groups.deaf.false_positive_rate)
                ```
                @param model rledit.Model|rledit.Numbers|{ model: rledit.Model, set: rledit.Set, tuning: rledit.Set? } \
                a model or its scores; or all by name
                @param set rledit.Set?
                @return table<string, any>
                """
            ) { call in try fairness(call, context) }
            module.function(
                "confusion",
                """
                How many examples of each label (rows) were predicted as each class (columns): `[classes, classes]`.
                Places count from 1, so label 0 is row 1.
                @param scores rledit.Numbers
                @param labels rledit.Labels
                @return rledit.Tensor
                """
            ) { call in
                try call.atMost(2)
                let scored = try Scored(call)
                return try call.returns(try scored.confusion())
            }
            module.function(
                "per_class_accuracy",
                """
                Accuracy over the examples of each label that occurs, by label.
                @param scores rledit.Numbers
                @param labels rledit.Labels
                @return table<integer, number>
                """
            ) { call in
                try call.atMost(2)
                let table = try call.host.makeTable()
                for (label, accuracy) in try Scored(call).perClassAccuracy() { try table.set(label, accuracy) }
                return try call.returns(table)
            }
        }
    }

    /// Measures of two classes, by what they are of one score per example.
    private static let binaryFigures: [(BinaryMetric, documentation: String)] = [
        (
            .precision,
            """
            Share of the examples with a score above 0 that have label 1. One score per example, labels 0 and 1; raises
            where there is none.
            """
        ),
        (
            .recall,
            "Share of the examples with label 1 whose score is above 0. One score per example, labels 0 and 1."
        ),
        (.f1, "Harmonic mean of precision and recall. One score per example, labels 0 and 1."),
        (.truePositiveRate, "Another name of `recall`."),
        (
            .falseNegativeRate,
            "Share of the examples with label 1 whose score is not above 0. One score per example, labels 0 and 1."
        ),
    ]

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
