/// The words of the report, each explained in a sentence or two at its end.
enum Glossary {
    enum Key: String, CaseIterable {
        case accuracy, loss, confidence, evaluation, candidate, reward
        case rewardTerm = "reward-term"
        case update, before
        case meanPolicy = "mean-policy"
        case bestSeen = "best-seen"
        case heldOut = "held-out-set"
        case forget = "forget-set"
        case retain = "retain-set"
        case band
        case target = "evaluations-to-target"
        case edit
        case norm = "edit-norm"
        case spread
        case auc, fped, fned
        case errorDifference = "error-difference"
        case finalAUC = "final-auc"
        case group, bpsn, bnsp
        case kfe
        case falsePositiveRate = "false-positive-rate"
        case falseNegativeRate = "false-negative-rate"
        case kernels = "numeric-kernels"
    }

    static func title(_ key: Key) -> String {
        switch key {
        case .heldOut: "held-out set"
        case .band: "quantile band"
        case .spread: "mean ± sd"
        case .auc, .fped, .fned: key.rawValue.uppercased()
        case .errorDifference: "error difference at EER"
        case .finalAUC: "final AUC"
        case .bpsn, .bnsp: "\(key.rawValue.uppercased()) AUC"
        case .kfe: "kFE"
        case .falsePositiveRate: "FPR"
        case .falseNegativeRate: "FNR"
        default: key.rawValue.replacing("-", with: " ")
        }
    }

    /// Names of sets, measures and stages that are terms.
    static let sets: [String: Key] = ["forget": .forget, "retain": .retain]
    static let measures: [String: Key] = [
        "accuracy": .accuracy, "loss": .loss, "confidence": .confidence, "auc": .auc, "fped": .fped, "fned": .fned,
        "error_difference_at_eer": .errorDifference, "final_auc": .finalAUC,
    ]
    static let stages: [Stage: Key] = [.before: .before, .meanPolicy: .meanPolicy, .bestSeen: .bestSeen]

    static var section: Markup {
        .section(
            "Glossary", id: "glossary",
            .list(Key.allCases.map { ("glossary-\($0.rawValue)", Markup(title($0)), Markup(text($0))) }))
    }

    static func text(_ key: Key) -> String {
        switch key {
        case .accuracy: "Share of examples whose highest output is the right class."
        case .loss: "Mean loss over the examples (cross entropy for classes); lower is better for a set to keep."
        case .confidence: "Mean probability that the model gives to the class it chooses."
        case .evaluation: "One candidate run over the reward sets. The budget of a run is counted in evaluations."
        case .candidate: "A model with one proposed edit applied."
        case .reward: "The number that the task's reward function gives to a candidate; the learner makes it large."
        case .rewardTerm: "A named part of the reward that the task returns for the log."
        case .update: "One change of the learner's policy after a batch of evaluations."
        case .before: "The unedited model."
        case .meanPolicy:
            "The edit at the centre of the learned policy, without random exploration: what was learned, rather than found by luck."
        case .bestSeen:
            "The candidate with the highest reward of all. Chosen on the reward sets, so its reward there is optimistic."
        case .heldOut: "Examples on which results are measured. Neither the learner nor the reward reads these sets."
        case .forget: "Examples of what the model is to unlearn: low accuracy is wanted."
        case .retain: "Examples of what the model is to keep: unchanged accuracy is wanted."
        case .band: "From the 10 % to the 90 % quantile of the rewards of one update's candidates."
        case .target: "Evaluations until a candidate first reached the reward that the task names as its target."
        case .edit: "The change of the edited layer's parameters. Everything else in the model stays as it was."
        case .norm:
            "Frobenius norm of the change, the root of the sum of its squares; also relative to the layer's own norm."
        case .spread: "Mean over the seeds and population standard deviation."
        case .auc:
            "Area under the ROC curve: the share of pairs of a positive and a negative example in which the positive one has the higher score; 0.5 is chance. No threshold enters."
        case .fped:
            "False positive equality difference: the sum over groups of how far the group's false positive rate is from that of all groups together. 0 is equal treatment; predicting one class only reaches it too."
        case .fned: "False negative equality difference: the same sum for false negative rates."
        case .errorDifference:
            "FPED + FNED at the threshold at which false positive and false negative rate are equal, so that moving the threshold gains nothing."
        case .finalAUC:
            "A quarter of the AUC and of the generalized means, of power −5, of the groups' subgroup, BPSN and BNSP AUCs: the worst groups weigh most."
        case .group:
            "Examples that have something in common, such as an identity that they mention; – where a measure is undefined."
        case .bpsn:
            "Background positive, subgroup negative: the AUC of positive examples outside of the group and negative ones of the group. Low when the group's harmless examples score as high as others' harmful ones."
        case .bnsp:
            "Background negative, subgroup positive: the AUC of positive examples of the group and negative ones outside of it."
        case .kfe:
            "Thousand full-forward equivalents: what a baseline computed, in passes of one example through the whole network; a backward pass counts as two, a pass through the last layers only as the share of multiply-adds that they do."
        case .falsePositiveRate: "False positive rate: share of the negative examples that are predicted positive."
        case .falseNegativeRate: "False negative rate: share of the positive examples that are predicted negative."
        case .kernels: "The set of routines that did the numeric work. Results agree to the last bit within one set."
        }
    }
}
