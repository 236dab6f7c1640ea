/// A number measured on one set for a network of two classes; see `docs/metrics.md` for the formulas.
///
/// Class 1 is positive. Examples are ordered by their margin, score 1 minus score 0 in single precision, and predicted
/// positive when it is above 0. Unlike a ``Metric``, each of these can be undefined.
public enum BinaryMetric: Int, CaseIterable, Sendable {
    case precision
    case recall
    case f1
    case auc
    case truePositiveRate
    case falsePositiveRate
    case falseNegativeRate
    case fped
    case fned
    case equalityDifference
    case errorDifferenceAtEER
    case equalErrorThreshold
    case meanSubgroupAUC
    case meanBpsnAUC
    case meanBnspAUC
    case finalAUC
    case demographicParityDifference
    case equalisedOddsDifference

    /// As scripts, tables and files name it: `false_positive_rate`.
    public var name: String { BinaryMetric.names[rawValue] }

    private static let names = [
        "precision", "recall", "f1", "auc", "true_positive_rate", "false_positive_rate", "false_negative_rate", "fped",
        "fned", "equality_difference", "error_difference_at_eer", "equal_error_threshold", "mean_subgroup_auc",
        "mean_bpsn_auc", "mean_bnsp_auc", "final_auc", "demographic_parity_difference", "equalised_odds_difference",
    ]

    /// What it is, in a phrase.
    public var documentation: String {
        switch self {
        case .precision: "share of what is predicted 1 that is of class 1"
        case .recall: "share of class 1 that is predicted 1"
        case .f1: "harmonic mean of precision and recall"
        case .auc: "area under the ROC curve, ties counting half"
        case .truePositiveRate: "another name of `recall`"
        case .falsePositiveRate: "share of class 0 that is predicted 1"
        case .falseNegativeRate: "share of class 1 that is predicted 0"
        case .fped:
            "false positive equality difference: sum over groups of |FPR − FPR of the group|, the overall rate "
                + "over the examples of all groups"
        case .fned: "the same difference of false negative rates"
        case .equalityDifference: "`fped + fned`"
        case .errorDifferenceAtEER:
            "`fped + fned` at the threshold of equal error, which moving the threshold does not change"
        case .equalErrorThreshold:
            "that threshold: where false positive and false negative rate of the examples in groups differ least"
        case .meanSubgroupAUC: "generalized mean over groups, of power −5, of the AUC within the group"
        case .meanBpsnAUC: "the same mean of the AUC of positives outside of the group and negatives of the group"
        case .meanBnspAUC: "the same mean of the AUC of positives of the group and negatives outside of it"
        case .finalAUC: "a quarter of `auc` and of each of the three means"
        case .demographicParityDifference: "largest minus smallest share of a group predicted 1"
        case .equalisedOddsDifference:
            "the larger of the largest differences between groups in true and in false positive rate"
        }
    }

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
    case accuracy
    case positiveRate
    case truePositiveRate
    case falsePositiveRate
    case falseNegativeRate
    case auc
    case bpsnAUC
    case bnspAUC

    /// As scripts, tables and files name it: `false_positive_rate`.
    public var name: String { GroupMetric.names[rawValue] }

    private static let names = [
        "accuracy", "positive_rate", "true_positive_rate", "false_positive_rate", "false_negative_rate", "auc",
        "bpsn_auc", "bnsp_auc",
    ]

    /// What it is, in a phrase.
    public var documentation: String {
        switch self {
        case .accuracy: "share predicted correctly"
        case .positiveRate: "share predicted 1"
        case .truePositiveRate: "share of class 1 that is predicted 1"
        case .falsePositiveRate: "share of class 0 that is predicted 1"
        case .falseNegativeRate: "share of class 1 that is predicted 0"
        case .auc: "area under the ROC curve of the group's own examples"
        case .bpsnAUC: "AUC of positives outside of the group and negatives of the group"
        case .bnspAUC: "AUC of positives of the group and negatives outside of it"
        }
    }

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
