internal import LuaBridge
internal import RLEditBaselines
internal import RLEditTensor

/// Measures of a set that compare its scores with others.
extension SetMetrics {
    /// Their names, which a metric of the task author's cannot have.
    static let changeNames = ["margin_drift", "margin_gap", "flip_rate"]

    private func scores() throws -> Tensor { try scope.scores(set: set, isBase: isBase) }

    /// - Parameter counterparts: of the same examples, in the same order.
    private func change(from counterparts: SetMetrics, _ call: LuaCall) throws -> ScoreChange {
        let (mine, theirs) = (try scores(), try counterparts.scores())
        return try call.blaming(1) { try ScoreChange(mine, theirs) }
    }

    static func addChanges(to type: LuaType<SetMetrics>) {
        type.property(
            changeNames[0],
            """
            number how far the margins have moved from the unedited network's: root of the mean squared difference over \
            that of the unedited ones; needs no labels
            """
        ) { value, call in
            let base = try value.scope.scores(set: value.set, isBase: true)
            return try call.returns(try ScoreChange(try value.scores(), base).relativeMarginChange)
        }
        let pairs: [(text: String, value: (ScoreChange) -> Double)] = [
            ("Mean absolute difference of the margins of these examples and of their counterparts.", { $0.marginGap }),
            ("Share of these examples that are called another class than their counterparts.", { $0.flipRate }),
        ]
        for (name, measure) in zip(changeNames.dropFirst(), pairs) {
            type.method(
                name,
                """
                \(measure.text) `m.original:\(name)(m.swapped)`
                @param counterparts rledit.SetMetrics a set with as many examples, in the same order
                @return number
                """
            ) { value, call in
                try call.atMost(1)
                return try call.returns(measure.value(try value.change(from: try call.argument(1), call)))
            }
        }
    }
}
