internal import LuaBridge
internal import RLEditBaselines
internal import RLEditCore
internal import RLEditData
internal import RLEditNN
internal import RLEditTensor

extension HostModules {
    /// Measures of `rledit.metrics` that compare scores with other scores of the same examples, by name.
    private static var changes: [(name: String, documentation: String, value: (ScoreChange) -> Double)] {
        [
            (
                "margin_gap",
                """
                Mean absolute difference of the margins of examples and their counterparts, row by row: those of comments and
                of the same comments about somebody else. The margin is the score of a class less the highest other score,
                for the class that the first scores name. Soft: it moves with every score.

                ```
                local gap = rledit.metrics.margin_gap(m.original.scores, m.swapped.scores)
                ```
                """,
                { $0.marginGap }
            ),
            (
                "flip_rate", "Share of the examples that are called another class than their counterparts.",
                { $0.flipRate }
            ),
            (
                "margin_drift",
                """
                How far margins have moved: root of the mean squared difference of both margins over that of the second ones.
                Without labels. `rledit.metrics.margin_drift(m.comments.scores, m.base.comments.scores)`
                """,
                { $0.relativeMarginChange }
            ),
        ]
    }

    static func addChanges(to module: LuaModule, context: ScriptContext) {
        for (name, documentation, value) in changes {
            module.function(
                name,
                """
                \(documentation)
                @param scores rledit.Tensor `[examples, classes]`
                @param others rledit.Tensor of the same shape
                @return number
                """
            ) { call in
                try call.atMost(2)
                let (scores, others) = (try call.tensor(1), try call.tensor(2))
                return try call.returns(value(try call.blaming(2) { try ScoreChange(scores, others) }))
            }
        }
        module.types(
            MembershipSVC().annotation(
                "rledit.MembershipSVCOptions",
                [
                    "model rledit.Model", "forget rledit.Set what is asked about",
                    "retain rledit.Set examples to keep that the model was trained on",
                    "test rledit.Set examples that it was not trained on",
                ]))
        module.types(
            WorstGroup().annotation(
                "rledit.WorstGroupOptions",
                ["model rledit.Model", "set rledit.Set with groups", "seed integer? the run's seed by default"]))
        module.types(
            """
            @class rledit.AverageGapOptions: rledit.MembershipSVCOptions
            @field retrained rledit.Model the reference: trained without the examples to forget

            How far two models are apart; absolute differences.
            @class rledit.UnlearningGaps
            @field forget number of the accuracy on the examples to forget
            @field retain number of the accuracy on those to keep
            @field test number of the accuracy on unseen ones
            @field membership number of `membership_svc`

            @class rledit.WorstGroup
            @field group string
            @field accuracy number
            @field low number
            @field high number
            """
        )
        module.function(
            "membership_svc",
            """
            The membership attack of published tables of unlearning (Fan et al. 2024): share of `forget` that a support vector
            machine calls strangers, fitted on the probability of the label of `retain` against `test`, as many of each.
            Compare with the value of a retrained model. Costs a fit.
            @param options rledit.MembershipSVCOptions
            @return number
            """
        ) { call in
            try call.atMost(1)
            let options = LuaOptions(owner: "rledit.metrics.membership_svc", table: try call.table(1))
            let sets = try UnlearningSets(options)
            try options.finish()
            return try call.returns(
                try options.blamingFields {
                    try sets.attack.rate(
                        sets.model, forget: sets.forget, retain: sets.retain, test: sets.test, pool: context.pool)
                })
        }
        module.function(
            "average_gap",
            """
            How far a model is from a retrained one: mean of the absolute differences of the accuracies on `forget`, `retain`
            and `test` and of `membership_svc`, and the four by name. Costs two fits.
            @param options rledit.AverageGapOptions
            @return number average
            @return rledit.UnlearningGaps gaps
            """
        ) { call in
            try call.atMost(1)
            let options = LuaOptions(owner: "rledit.metrics.average_gap", table: try call.table(1))
            let sets = try UnlearningSets(options)
            let retrained = try options.required("retrained", as: Network.self)
            try options.finish()
            let gap = try options.blamingFields {
                try UnlearningGap(
                    sets.model, retrained: retrained, forget: sets.forget, retain: sets.retain, test: sets.test,
                    attack: sets.attack, pool: context.pool)
            }
            let table = try call.host.makeTable()
            try table.set("forget", gap.forget)
            try table.set("retain", gap.retain)
            try table.set("test", gap.test)
            try table.set("membership", gap.membership)
            return try call.returns(gap.average, table)
        }
        module.function(
            "worst_group",
            """
            The group of a set with the lowest accuracy, and the ends of an interval from the percentile bootstrap over the
            examples. For held-out sets: an interval says nothing to a reward.
            @param options rledit.WorstGroupOptions
            @return rledit.WorstGroup
            """
        ) { try worstGroup($0, context) }
    }

    private static func worstGroup(_ call: LuaCall, _ context: ScriptContext) throws -> LuaResults {
        try call.atMost(1)
        let options = LuaOptions(owner: "rledit.metrics.worst_group", table: try call.table(1))
        let measure = try WorstGroup().reading(options)
        let model = try options.required("model", as: Network.self)
        let set = try options.required("set", as: ExampleSet.self)
        let seed = try options.optional("seed", as: Int.self) ?? context.seed
        try options.finish()
        let worst = try options.blamingFields {
            try measure.find(model, on: set, seed: UInt64(bitPattern: Int64(seed)), pool: context.pool)
        }
        let table = try call.host.makeTable()
        try table.set("group", worst.group)
        try table.set("accuracy", worst.accuracy)
        try table.set("low", worst.low)
        try table.set("high", worst.high)
        return try call.returns(table)
    }

    /// The model and the three sets of tables of unlearning, and the membership attack on them.
    private struct UnlearningSets {
        let attack: MembershipSVC
        let model: Network
        let forget: ExampleSet
        let retain: ExampleSet
        let test: ExampleSet

        init(_ options: LuaOptions) throws {
            attack = try MembershipSVC().reading(options)
            model = try options.required("model", as: Network.self)
            forget = try options.required("forget", as: ExampleSet.self)
            retain = try options.required("retain", as: ExampleSet.self)
            test = try options.required("test", as: ExampleSet.self)
        }
    }
}
