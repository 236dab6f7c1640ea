#!/usr/bin/env python3
"""Reference values of the score measures, computed with scikit-learn.

    python3 scripts/golden/score_measures.py > Tests/RLEditWorldsTests/Evaluation/ScoreMeasuresGolden.swift

Scores are multiples of 1/8, exact in any float type, so that margins tie often and equally everywhere.
"""
import numpy as np
from sklearn.metrics import confusion_matrix, recall_score, roc_auc_score

THRESHOLDS = [-0.5, 0.0, 0.25]


def numbers(values, width=112):
    """Comma-separated values in lines of at most `width` characters."""
    lines, line = [], ""
    for value in values:
        text = f"{value}, "
        if len(line) + len(text) > width - 16:
            lines.append(line.rstrip())
            line = ""
        line += text
    lines.append(line.rstrip())
    return "\n".join(" " * 16 + each for each in lines)


def case(name, examples, classes, levels, random):
    scores = random.integers(-levels, levels + 1, size=(examples, classes)) / 8
    labels = random.integers(0, classes, size=examples)
    labels[:classes] = np.arange(classes)
    predicted = scores.argmax(axis=1)  # the first of equals, as ours
    recalls = recall_score(labels, predicted, labels=range(classes), average=None)
    fields = [f'            name: "{name}", classes: {classes},',
              f"            scores: [\n{numbers(scores.reshape(-1).tolist())}\n            ],",
              f"            labels: [\n{numbers(labels.tolist())}\n            ],",
              f"            perClassAccuracy: [\n{numbers([float(r) for r in recalls])}\n            ]"]
    if classes == 2:
        margin = scores[:, 1] - scores[:, 0]
        rates = []
        for threshold in THRESHOLDS:
            tn, fp, fn, tp = confusion_matrix(labels, margin > threshold, labels=[0, 1]).ravel()
            rates.append(f"(threshold: {threshold}, falsePositive: {float(fp / (fp + tn))!r}, "
                         f"truePositive: {float(tp / (tp + fn))!r})")
        fields[-1] += ","
        fields.append(f"            auc: {float(roc_auc_score(labels, margin))!r},")
        fields.append("            rates: [\n" + "".join(f"                {r},\n" for r in rates) + "            ]")
    body = "\n".join(fields)
    return f"        ScoreMeasuresGolden(\n{body}),"


def main():
    random = np.random.default_rng(20)
    cases = [
        case("few examples", 6, 2, 8, random),
        case("many ties", 120, 2, 2, random),
        case("few ties", 97, 2, 400, random),
        case("one example of each class", 2, 2, 8, random),
        case("ten classes", 150, 10, 4, random),
    ]
    print("// Written by scripts/golden/score_measures.py; do not edit.\n")
    print("""/// One set of scores and what scikit-learn says of it.
struct ScoreMeasuresGolden: Sendable {
    let name: String
    let classes: Int
    /// `[examples, classes]`, row by row.
    let scores: [Float]
    let labels: [Int]
    /// `recall_score` of each class.
    let perClassAccuracy: [Double]
    /// `roc_auc_score` of the margins; nil for other than two classes.
    var auc: Double?
    /// From `confusion_matrix` of margin > threshold.
    var rates: [(threshold: Double, falsePositive: Double, truePositive: Double)] = []

    static let all = [""")
    print("\n".join(cases))
    print("    ]\n}")


if __name__ == "__main__":
    main()
