#!/usr/bin/env python3
"""Writes the numbers that measures of unlearning and of pairs are tested against, by numpy and scikit-learn.

Usage: scripts/golden/unlearning_measures.py > Tests/RLEditBaselinesTests/UnlearningGolden.swift

Needs numpy and scikit-learn. The support vector machine is that of Unlearn-Saliency: SVC(C=3, gamma="auto", kernel="rbf").
"""
import numpy as np
from sklearn.svm import SVC

from swift_arrays import numbers

random = np.random.default_rng(11)


def machine(count, spread):
    trained = (1 - random.beta(1, 6, count)).round(4)
    untrained = (1 - random.beta(1, spread, count)).round(4)
    svc = SVC(C=3, gamma="auto", kernel="rbf", tol=1e-3)
    svc.fit(np.concatenate([trained, untrained])[:, None], [1] * count + [0] * count)
    asked = np.linspace(0, 1, 21).round(4)
    return trained, untrained, asked, svc.decision_function(asked[:, None])


first, second = random.normal(0, 2, (30, 3)).round(3), random.normal(0, 2, (30, 3)).round(3)
first, second = first.astype(np.float32).astype(float), second.astype(np.float32).astype(float)
named = first.argmax(1)


def margins(scores):
    others = scores.copy()
    others[np.arange(30), named] = -np.inf
    return scores[np.arange(30), named] - others.max(1)


def softmax(scores):
    e = np.exp(scores - scores.max(1, keepdims=True))
    return e / e.sum(1, keepdims=True)


a, b = margins(first), margins(second)
p, q = softmax(first), softmax(second)


few, many = machine(12, 2), machine(150, 3)
print(f"""// Written by scripts/golden/unlearning_measures.py with numpy and scikit-learn.

enum UnlearningGolden {{
    /// Confidences of both sides, and scikit-learn's decisions on those asked about; of a few examples and of many.
    static let fewTrained: [Double] = {numbers(few[0])}
    static let fewUntrained: [Double] = {numbers(few[1])}
    static let fewDecisions: [Double] = {numbers(few[3])}
    static let manyTrained: [Double] = {numbers(many[0])}
    static let manyUntrained: [Double] = {numbers(many[1])}
    static let manyDecisions: [Double] = {numbers(many[3])}
    static let asked: [Double] = {numbers(few[2])}
    /// `[30, 3]` each.
    static let first: [Float] = {numbers(first, 6)}
    static let second: [Float] = {numbers(second, 6)}
    static let marginGap = {np.abs(a - b).mean():.12g}
    static let flipRate = {(named != second.argmax(1)).mean():.12g}
    static let marginDrift = {np.sqrt(((a - b) ** 2).sum() / (b ** 2).sum()):.12g}
    /// Of the first from the second.
    static let divergence = {(q * (np.log(q) - np.log(p))).sum(1).mean():.12g}
    static let values: [Double] = {numbers(np.sort(few[0]))}
    static let quantiles: [Double] = {numbers(np.quantile(few[0], [0.025, 0.3, 0.975]), 12)}
}}""")
