#!/usr/bin/env python3
"""Writes the unit features that the tests compare with, computed in double precision from their definitions.

Usage: scripts/golden/unit_features.py > Tests/RLEditWorldsTests/Units/UnitFeaturesGolden.swift

Needs numpy. The definitions are those of docs/transfer.md; gradients are central differences.
"""
import numpy as np

from swift_arrays import numbers

random = np.random.default_rng(11)
sizes = [3, 5, 4, 3]
weights = [random.normal(0, 1, (o, i)).round(3) for i, o in zip(sizes, sizes[1:])]
biases = [random.normal(0, 0.5, o).round(3) for o in sizes[1:]]
forget = (random.normal(0, 1, (6, 3)) + [1, -1, 0.5]).round(3)
retain = random.normal(0, 1, (9, 3)).round(3)
forget_labels = np.array([2, 2, 2, 1, 2, 2])


def relu(x):
    return np.maximum(x, 0)


def hidden(x):
    return relu(x @ weights[0].T + biases[0])


def output(h):
    return h @ weights[1].T + biases[1]


def scores(z):
    return relu(z) @ weights[2].T + biases[2]


h = [hidden(forget), hidden(retain)]
z = [output(activations) for activations in h]


def contrast_score(z_forget):
    s = scores(z_forget)
    return np.mean(s[np.arange(6), forget_labels] - s.mean(axis=1))


def gradient(function, count):
    result = np.zeros(count)
    for unit in range(count):
        step = np.zeros(count)
        step[unit] = 1e-6
        result[unit] = (function(step) - function(-step)) / 2e-6
    return result


by_output = gradient(lambda step: contrast_score(z[0] + step), 4)
by_input = gradient(lambda step: contrast_score(output(h[0] + step)), 5)


def z_scored(values):
    return (values - values.mean()) / values.std() if values.std() > 1e-12 else 0 * values


def scaled(values):
    return values / np.sqrt(np.mean(values**2))


def discriminant(f, r):
    delta = f.mean(axis=0) - r.mean(axis=0)
    centred = r - r.mean(axis=0)
    covariance = centred.T @ centred / len(r)
    ridge = 0.1 * np.mean(np.diag(covariance)) * np.eye(len(delta))
    x = np.linalg.solve(covariance + ridge, delta)
    return x, delta @ x


def side(f, r, lda_f, lda_r, norm, grad):
    sd = r.std(axis=0)
    contrast = (f.mean(axis=0) - r.mean(axis=0)) / (sd + 0.05 * sd.mean())
    x, distance = discriminant(lda_f, lda_r)
    columns = [
        z_scored(f.mean(axis=0)), z_scored(r.mean(axis=0)), z_scored(f.std(axis=0)), z_scored(sd),
        z_scored((f > 0).mean(axis=0)), z_scored((r > 0).mean(axis=0)), scaled(contrast),
        scaled(x * lda_r.std(axis=0)), z_scored(norm), scaled(grad), scaled(f.mean(axis=0) - r.mean(axis=0)),
    ]
    return np.clip(np.stack(columns, axis=1), -5, 5), np.log(distance) - 3, np.abs(contrast).mean() - 1


inputs, input_distance, input_contrast = side(
    h[0], h[1], h[0], h[1], np.linalg.norm(weights[1], axis=0), by_input)
outputs, output_distance, _ = side(
    z[0], z[1], relu(z[0]), relu(z[1]), np.linalg.norm(weights[1], axis=1), by_output)
s = scores(z[0])
own = s[np.arange(6), forget_labels]
s[np.arange(6), forget_labels] = -np.inf
margin = np.mean(own - s.max(axis=1)) / 5 - 1
context = np.clip([input_distance, output_distance, input_contrast, margin], -3, 3)


print(f"""// Written by scripts/golden/unit_features.py.

/// Features of the layer 5 → 4 of a perceptron 3 → 5 → 4 → 3 with ReLU, to compare with.
enum UnitFeaturesGolden {{
    static let weights: [[Float]] = [{", ".join(numbers(w, 7) for w in weights)}]
    static let biases: [[Float]] = [{", ".join(numbers(b, 7) for b in biases)}]
    /// `[6, 3]` and `[9, 3]`.
    static let forget: [Float] = {numbers(forget, 7)}
    static let retain: [Float] = {numbers(retain, 7)}
    static let forgetLabels = {forget_labels.tolist()}
    /// `[4, 11]`, `[5, 11]`, `[4]`.
    static let outputs: [Float] = {numbers(outputs, 7)}
    static let inputs: [Float] = {numbers(inputs, 7)}
    static let context: [Float] = {numbers(context, 7)}
}}""")
