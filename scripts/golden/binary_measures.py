#!/usr/bin/env python3
"""Reference values of the measures of two classes and of groups, computed with scikit-learn.

    python3 scripts/golden/binary_measures.py > Tests/RLEditWorldsTests/Fixtures/binary_measures.json

Margins are multiples of 1/8, exact in any float type, so that they tie often and equally everywhere. A measure without a
value is null. What scikit-learn does not have follows its paper (Dixon et al. 2018, Borkan et al. 2019) and, for the
differences, fairlearn's definitions.
"""
import json

import numpy as np
from sklearn.metrics import confusion_matrix, f1_score, precision_score, recall_score, roc_auc_score


def rates(labels, predicted):
    """False positive, true positive and positive rate, and accuracy; None without examples of the class."""
    if not len(labels):
        return None, None, None, None
    tn, fp, fn, tp = (int(x) for x in confusion_matrix(labels, predicted, labels=[0, 1]).ravel())
    share = lambda part, whole: part / whole if whole else None
    return share(fp, fp + tn), share(tp, tp + fn), share(tp + fp, tp + fp + tn + fn), share(tp + tn, tp + fp + tn + fn)


def auc(labels, margins):
    return float(roc_auc_score(labels, margins)) if 0 < labels.sum() < len(labels) else None


def power_mean(values):
    if not values or any(v is None for v in values):
        return None
    values = np.array(values)
    return 0.0 if (values == 0).any() else float(np.mean(values ** -5.0) ** (-1 / 5))


def difference(overall, values):
    if overall is None or not values or any(v is None for v in values):
        return None
    return float(sum(abs(overall - v) for v in values))


def spread(values):
    return None if not values or any(v is None for v in values) else float(max(values) - min(values))


def add(*values):
    return None if any(v is None for v in values) else float(sum(values))


def equal_error_threshold(labels, margins):
    """Among the thresholds between neighbouring margins, the one at which the two error rates differ least."""
    positives, negatives = int(labels.sum()), int((1 - labels).sum())
    if not positives or not negatives:
        return None
    levels = np.unique(margins)
    candidates = [levels[0] - 1] + [(a + b) / 2 for a, b in zip(levels, levels[1:])] + [levels[-1]]
    gaps = []
    for threshold in candidates:
        false_positives = int(((labels == 0) & (margins > threshold)).sum())
        false_negatives = int(((labels == 1) & (margins <= threshold)).sum())
        gaps.append(abs(false_positives * positives - false_negatives * negatives))
    return float(candidates[int(np.argmin(gaps))])


def equality_differences(labels, margins, members, threshold):
    grouped = np.unique(np.concatenate([np.array(m, dtype=int) for m in members])) if members else np.array([], int)
    fpr, tpr, _, _ = rates(labels[grouped], margins[grouped] > threshold)
    own = [rates(labels[m], margins[m] > threshold) for m in members]
    return difference(fpr, [o[0] for o in own]), difference(tpr, [o[1] for o in own])


def measures(labels, margins, members):
    predicted = margins > 0
    fpr, tpr, _, _ = rates(labels, predicted)
    own = [rates(labels[m], predicted[m]) for m in members]
    everyone = np.arange(len(labels))
    groups = []
    for m, (group_fpr, group_tpr, positive_rate, accuracy) in zip(members, own):
        outside = np.setdiff1d(everyone, m)
        inside = np.array(m, dtype=int)
        bpsn = np.concatenate([inside[labels[inside] == 0], outside[labels[outside] == 1]])
        bnsp = np.concatenate([inside[labels[inside] == 1], outside[labels[outside] == 0]])
        groups.append({
            "accuracy": accuracy, "positive_rate": positive_rate, "true_positive_rate": group_tpr,
            "false_positive_rate": group_fpr, "false_negative_rate": None if group_tpr is None else 1 - group_tpr,
            "auc": auc(labels[inside], margins[inside]), "bpsn_auc": auc(labels[bpsn], margins[bpsn]),
            "bnsp_auc": auc(labels[bnsp], margins[bnsp])})
    fped, fned = equality_differences(labels, margins, members, 0)
    grouped = np.unique(np.concatenate([np.array(m, dtype=int) for m in members])) if members else np.array([], int)
    threshold = equal_error_threshold(labels[grouped], margins[grouped]) if len(grouped) else None
    at_equal_error = add(*equality_differences(labels, margins, members, threshold)) if threshold is not None else None
    means = [power_mean([g[name] for g in groups]) for name in ("auc", "bpsn_auc", "bnsp_auc")]
    area = auc(labels, margins)
    final = add(area, *means)
    odds = [spread([o[1] for o in own]), spread([o[0] for o in own])]
    return {
        "precision": float(precision_score(labels, predicted)) if predicted.any() else None,
        "recall": None if tpr is None else float(recall_score(labels, predicted)),
        "f1": float(f1_score(labels, predicted)) if predicted.any() or labels.any() else None,
        "auc": area, "true_positive_rate": tpr, "false_positive_rate": fpr,
        "false_negative_rate": None if tpr is None else 1 - tpr, "fped": fped, "fned": fned,
        "equality_difference": add(fped, fned), "error_difference_at_eer": at_equal_error,
        "equal_error_threshold": threshold, "mean_subgroup_auc": means[0], "mean_bpsn_auc": means[1],
        "mean_bnsp_auc": means[2], "final_auc": None if final is None else final / 4,
        "demographic_parity_difference": spread([o[2] for o in own]),
        "equalised_odds_difference": None if None in odds else max(odds),
    }, groups


def case(name, examples, groups, levels, random, overlap=False, one_class=False):
    margins = random.integers(-levels, levels + 1, size=examples) / 8
    labels = random.integers(0, 2, size=examples)
    margins += labels * (levels // 4) / 8
    if overlap:
        members = [sorted(random.permutation(examples)[: examples // 2].tolist()) for _ in range(groups)]
    else:
        # One more than the groups: those belong to none.
        owner = random.integers(0, groups + 1, size=examples)
        members = [np.flatnonzero(owner == g).tolist() for g in range(groups)]
    if one_class:
        labels[members[0]] = 1
    whole, own = measures(labels, margins, members)
    return {"name": name, "margins": margins.tolist(), "labels": labels.tolist(), "members": members,
            "measures": whole, "groups": own}


def main():
    random = np.random.default_rng(3)
    cases = [
        case("many ties", 160, 4, 3, random),
        case("few ties", 200, 5, 2000, random),
        case("overlapping groups", 120, 3, 20, random, overlap=True),
        case("a group of one class", 60, 3, 8, random, one_class=True),
        case("no groups", 40, 0, 8, random),
        case("one group", 50, 1, 4, random),
    ]
    lone = case("all margins equal", 24, 2, 8, random)
    lone["margins"] = [0.5] * 24
    lone["measures"], lone["groups"] = measures(
        np.array(lone["labels"]), np.array(lone["margins"]), lone["members"])
    nobody = case("nobody predicted positive", 30, 2, 8, random)
    nobody["margins"] = [m - 4 for m in nobody["margins"]]
    nobody["measures"], nobody["groups"] = measures(
        np.array(nobody["labels"]), np.array(nobody["margins"]), nobody["members"])
    lines = ",\n".join(json.dumps(c) for c in cases + [lone, nobody])
    print(f"[\n{lines}\n]")


if __name__ == "__main__":
    main()
