#!/usr/bin/env python3
"""Writes the logistic regressions that the measures of depth are tested against, by scikit-learn.

Usage: scripts/golden/depth_measures.py > Tests/RLEditBaselinesTests/DepthGolden.swift

Needs numpy and scikit-learn.
"""
import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from swift_arrays import numbers

random = np.random.default_rng(7)
width, classes, rows = 4, 3, 60
centres = random.normal(0, 1, (classes, width))
labels = random.integers(0, classes, rows)
features = (centres[labels] + random.normal(0, 1, (rows, width)) * [1, 3, 0.2, 10]).round(3)
probe = LogisticRegression(C=1.0, max_iter=10000, tol=1e-12)
probe.fit(StandardScaler().fit_transform(features), labels)

members, others = random.gamma(1, 0.2, 40).round(4), random.gamma(1, 0.5, 25).round(4)
regression = LogisticRegression(C=1.0, class_weight="balanced", max_iter=10000, tol=1e-12)
regression.fit(np.concatenate([members, others])[:, None], [1] * len(members) + [0] * len(others))


print(f"""// Written by scripts/golden/depth_measures.py with scikit-learn.

/// Logistic regressions to compare with.
enum DepthGolden {{
    /// `[{rows}, {width}]`
    static let features: [Double] = {numbers(features)}
    static let labels: [Int] = {numbers(labels)}
    /// Of the standardised features: `[{classes}, {width}]`, then intercepts.
    static let weights: [Double] = {numbers(probe.coef_)}
    static let intercepts: [Double] = {numbers(probe.intercept_)}
    static let members: [Double] = {numbers(members)}
    static let others: [Double] = {numbers(others)}
    static let slope = {regression.coef_[0, 0]:.9g}
    static let intercept = {regression.intercept_[0]:.9g}
}}""")
