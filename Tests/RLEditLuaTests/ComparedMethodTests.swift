import RLEditLua
import Testing

@Suite struct ComparedMethodTests {
    @Test("a comparison offers every learner and every baseline of unlearning that scripts have")
    func offersAll() throws {
        let printed = try ModuleScript.printed(
            """
            local rledit = require "rledit"
            for name in pairs(rledit.learners) do print(name) end
            for name in pairs(rledit.baselines) do print(name) end
            """)
        // Those against bias want sets of another kind, a policy wants its file; one learner trains policies alone.
        let named = Set(printed.split(separator: "\n").map(String.init))
            .subtracting([
                "fine_tune_last_layer", "threshold", "policy_edit", "leace", "inlp", "group_dro", "logit_pairing",
                "counterfactual_augmentation", "PathwiseGradient",
            ])
        // The control is a world and not a method that scripts have.
        #expect(named.union(["logit_bias"]) == Set(ComparedMethod.all.map(\.name)))
    }
}
