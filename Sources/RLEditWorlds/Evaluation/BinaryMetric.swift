/// A number measured on one set for a network of two classes; see `docs/metrics.md` for the formulas.
///
/// Class 1 is positive. Examples are ordered by their margin, score 1 minus score 0 in single precision, and predicted
/// positive when it is above 0. Unlike a ``Metric``, each of these can be undefined.
public enum BinaryMetric: Int, CaseIterable, Sendable {
    /// Share of the examples predicted positive that are positive, 0 … 1.
    case precision
    /// Share of the positive examples predicted positive, 0 … 1.
    case recall
    /// Harmonic mean of precision and recall, 0 … 1.
    case f1
    /// Area under the ROC curve, 0 … 1.
    case auc
    /// Share of the positive examples predicted positive, 0 … 1: another name of recall.
    case truePositiveRate
    /// Share of the negative examples predicted positive, 0 … 1.
    case falsePositiveRate
    /// Share of the positive examples predicted negative, 0 … 1.
    case falseNegativeRate
    /// False positive equality difference: sum over groups of |FPR − FPR of the group| (Dixon et al. 2018), 0 or more.
    case fped
    /// False negative equality difference: sum over groups of |FNR − FNR of the group|, 0 or more.
    case fned
    /// FPED + FNED.
    case equalityDifference
    /// FPED + FNED at the threshold of equal error, which no shift of the threshold changes.
    case errorDifferenceAtEER
    /// Threshold of the margin at which false positive and false negative rate differ least.
    case equalErrorThreshold
    /// Generalised mean over groups, of power −5, of the AUC of the group's own examples, 0 … 1 (Borkan et al. 2019).
    case meanSubgroupAUC
    /// The same mean of the AUC of positives outside of the group and negatives of the group.
    case meanBpsnAUC
    /// The same mean of the AUC of positives of the group and negatives outside of it.
    case meanBnspAUC
    /// A quarter of the AUC and of each of the three means, 0 … 1.
    case finalAUC
    /// Largest minus smallest share of a group's examples predicted positive, 0 … 1.
    case demographicParityDifference
    /// The larger of the largest differences between groups in true and in false positive rate, 0 … 1.
    case equalisedOddsDifference

    /// As scripts, tables and files name it: `false_positive_rate`.
    public var name: String { BinaryMetric.names[rawValue] }

    private static let names = [
        "precision", "recall", "f1", "auc", "true_positive_rate", "false_positive_rate", "false_negative_rate", "fped",
        "fned", "equality_difference", "error_difference_at_eer", "equal_error_threshold", "mean_subgroup_auc",
        "mean_bpsn_auc", "mean_bnsp_auc", "final_auc", "demographic_parity_difference", "equalised_odds_difference",
    ]

    /// What must be counted for it.
    var needs: MarginNeeds {
        switch self {
        case .precision, .recall, .f1, .truePositiveRate, .falsePositiveRate, .falseNegativeRate, .fped, .fned,
            .equalityDifference, .demographicParityDifference, .equalisedOddsDifference:
            .counts
        case .auc, .meanSubgroupAUC, .meanBpsnAUC, .meanBnspAUC, .finalAUC: .pairs
        case .errorDifferenceAtEER, .equalErrorThreshold: .equalError
        }
    }

    /// Whether it compares groups, so that a set without groups does not have it.
    package var comparesGroups: Bool {
        switch self {
        case .precision, .recall, .f1, .auc, .truePositiveRate, .falsePositiveRate, .falseNegativeRate: false
        default: true
        }
    }
}

/// A number measured on the examples of one group of a set, for a network of two classes.
public enum GroupMetric: Int, CaseIterable, Sendable {
    /// Share of the group's examples predicted rightly, 0 … 1.
    case accuracy
    /// Share of the group's examples predicted positive, 0 … 1.
    case positiveRate
    /// Share of its positive examples predicted positive, 0 … 1.
    case truePositiveRate
    /// Share of its negative examples predicted positive, 0 … 1.
    case falsePositiveRate
    /// Share of its positive examples predicted negative, 0 … 1.
    case falseNegativeRate
    /// Area under the ROC curve of its own examples (subgroup AUC), 0 … 1.
    case auc
    /// Background positive, subgroup negative AUC: of positives outside of the group and its negatives, 0 … 1.
    case bpsnAUC
    /// Background negative, subgroup positive AUC: of its positives and negatives outside of the group, 0 … 1.
    case bnspAUC

    /// As scripts, tables and files name it: `false_positive_rate`.
    public var name: String { GroupMetric.names[rawValue] }

    private static let names = [
        "accuracy", "positive_rate", "true_positive_rate", "false_positive_rate", "false_negative_rate", "auc",
        "bpsn_auc", "bnsp_auc",
    ]

    /// What must be counted for it.
    var needs: MarginNeeds {
        switch self {
        case .accuracy, .positiveRate, .truePositiveRate, .falsePositiveRate, .falseNegativeRate: .counts
        case .auc, .bpsnAUC, .bnspAUC: .pairs
        }
    }
}

/// What of a candidate's margins on a set is counted.
struct MarginNeeds: OptionSet, Sendable, Hashable {
    let rawValue: Int
    /// Examples above the threshold 0.
    static let counts = MarginNeeds(rawValue: 1)
    /// Pairs in the right order, along one ranking.
    static let pairs = MarginNeeds(rawValue: 2)
    /// The threshold of equal error, from the same ranking, and the examples above it.
    static let equalError = MarginNeeds(rawValue: 4)
    static let all: MarginNeeds = [.counts, .pairs, .equalError]
}
