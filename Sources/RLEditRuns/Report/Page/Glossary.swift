internal import Foundation

/// The words of the report, each explained in a sentence or two at its end.
enum Glossary {
    /// A line for each: its title, other ways in which the report writes it, and the explanation.
    private static let text = """
        accuracy: Share of examples whose highest output is the right class.
        loss: Mean loss over the examples (cross entropy for classes); lower is better for a set to keep.
        confidence: Mean probability that the model gives to the class it chooses.
        evaluation, evaluations: One candidate run over the reward sets. The budget of a run is counted in \
        evaluations.
        candidate, candidates: A model with one proposed edit applied.
        reward: The number that the task's reward function gives to a candidate; the learner makes it large.
        reward term, reward terms: A named part of the reward that the task returns for the log.
        update: One change of the learner's policy after a batch of evaluations.
        before: The unedited model.
        mean policy: The edit at the centre of the learned policy, without random exploration: what was learned, \
        rather than found by luck.
        best seen: The candidate with the highest reward of all. Chosen on the reward sets, so its reward there is \
        optimistic.
        held-out set: Examples on which results are measured. Neither the learner nor the reward reads these sets.
        forget set, forget: Examples of what the model is to unlearn: low accuracy is wanted.
        retain set, retain: Examples of what the model is to keep: unchanged accuracy is wanted.
        quantile band: From the 10 % to the 90 % quantile of the rewards of one update's candidates.
        evaluations to target, to target: Evaluations until a candidate first reached the reward that the task names \
        as its target.
        edit: The change of the edited layer's parameters. Everything else in the model stays as it was.
        edit norm, norm: Frobenius norm of the change, the root of the sum of its squares; also relative to the \
        layer's own norm.
        mean ± sd, mean ± standard deviation: Mean over the seeds and population standard deviation.
        AUC: Area under the ROC curve: the share of pairs of a positive and a negative example in which the positive \
        one has the higher score; 0.5 is chance. No threshold enters.
        FPED: False positive equality difference: the sum over groups of how far the group's false positive rate is \
        from that of all groups together. 0 is equal treatment; predicting one class only reaches it too.
        FNED: False negative equality difference: the same sum for false negative rates.
        error difference at EER: FPED + FNED at the threshold at which false positive and false negative rate are \
        equal, so that moving the threshold gains nothing.
        final AUC: A quarter of the AUC and of the generalized means, of power −5, of the groups' subgroup, BPSN and \
        BNSP AUCs: the worst groups weigh most.
        group: Examples that have something in common, such as an identity that they mention; – where a measure is \
        undefined.
        BPSN AUC: Background positive, subgroup negative: the AUC of positive examples outside of the group and \
        negative ones of the group. Low when the group's harmless examples score as high as others' harmful ones.
        BNSP AUC: Background negative, subgroup positive: the AUC of positive examples of the group and negative ones \
        outside of it.
        kFE: Thousand full-forward equivalents: what a baseline computed, in passes of one example through the whole \
        network; a backward pass counts as two, a pass through the last layers only as the share of multiply-adds that \
        they do.
        FPR, false positive rate: False positive rate: share of the negative examples that are predicted positive.
        FNR, false negative rate: False negative rate: share of the positive examples that are predicted negative.
        numeric kernels: The set of routines that did the numeric work. Results agree to the last bit within one set.
        """

    private static let entries = text.split(separator: "\n").map { line -> (words: [String], text: String) in
        let parts = line.split(separator: ": ", maxSplits: 1).map(String.init)
        return (parts[0].components(separatedBy: ", "), parts[1])
    }

    private static let ids = Dictionary(
        uniqueKeysWithValues: entries.flatMap { entry in entry.words.map { ($0.lowercased(), id(entry.words[0])) } })

    private static func id(_ title: String) -> String { "glossary-\(title.lowercased().replacing(" ", with: "-"))" }

    /// The place of a word's explanation; nil for words that need none.
    static func id(of word: String) -> String? { ids[word.lowercased()] }

    static var section: Markup {
        let list = entries.map { (id($0.words[0]), Markup($0.words[0]), Markup($0.text)) }
        return .section("Glossary", id: "glossary", .list(list))
    }
}
