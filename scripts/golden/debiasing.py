#!/usr/bin/env python3
"""Writes the numbers that methods against bias and adversarial neuron pruning are tested against, by numpy, scikit-learn
and PyTorch.

Usage: scripts/golden/debiasing.py > Tests/RLEditBaselinesTests/DebiasingGolden.swift

Needs numpy, scikit-learn and torch. All batches are whole sets, so that their order does not matter.
"""
import numpy as np
import torch
from sklearn.linear_model import LogisticRegression

from swift_arrays import numbers

random = np.random.default_rng(5)
torch.manual_seed(0)


# LEACE, eq. 1, at ridge 0: P = W^-1 (W Sigma_xz)(W Sigma_xz)^+ W with W = Sigma_xx^(-1/2).
inputs = (random.normal(0, 2, (40, 5)) @ random.normal(0, 0.6, (5, 5)) + random.normal(0, 1, (40, 5))).round(3)
inputs = inputs.astype(np.float32).astype(float)
groups = random.integers(0, 4, 40)
z = np.eye(4)[groups][:, :3]
x = inputs - inputs.mean(0)
z = z - z.mean(0)
values, vectors = np.linalg.eigh(x.T @ x / len(x))
w = vectors @ np.diag(values ** -0.5) @ vectors.T
a = w @ (x.T @ z / len(x))
leace = np.linalg.inv(w) @ a @ np.linalg.pinv(a) @ w


wide = (random.normal(0, 1, (40, 8)) + random.normal(0, 1, (4, 8))[groups]).round(3).astype(np.float32).astype(float)
x = wide - wide.mean(0)

# INLP: each round's directions are the rows of the classifier's weights.
rows = []
projected = x.copy()
for _ in range(2):
    model = LogisticRegression(C=1, tol=1e-12, max_iter=100000).fit(projected, groups)
    rows.append(model.coef_)
    _, singular, basis = np.linalg.svd(np.concatenate(rows))
    basis = basis[: (singular > 1e-6 * singular[0]).sum()]
    inlp = basis.T @ basis
    projected = x - x @ inlp
_, _, basis = np.linalg.svd(rows[0])
inlp_one = basis[:3].T @ basis[:3]


# Training of a linear classifier by Adam, three steps on whole sets.
features = random.normal(0, 1, (12, 4)).round(3)
swapped = (features + random.normal(0, 0.7, (12, 4))).round(3)
labels = np.array([0, 1] * 6)
weight, bias = random.normal(0, 0.5, (2, 4)).round(3), np.array([0.1, -0.2])
# Two groups of six, three of each label: four cells of three.
memberships = np.array([0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1])
cells = memberships * 2 + labels


def trained(loss_of, steps=3, rate=0.05):
    w = torch.tensor(weight, dtype=torch.float64, requires_grad=True)
    b = torch.tensor(bias, dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.Adam([w, b], lr=rate)
    for _ in range(steps):
        optimizer.zero_grad()
        loss_of(lambda data: torch.tensor(data, dtype=torch.float64) @ w.T + b).backward()
        optimizer.step()
    return w.detach().numpy(), b.detach().numpy()


y = torch.tensor(labels)
shares = np.full(4, 0.25)


def dro(scores):
    global shares
    losses = torch.nn.functional.cross_entropy(scores(features), y, reduction="none")
    by_cell = torch.stack([losses[torch.tensor(cells == c)].mean() for c in range(4)])
    shares = shares * np.exp(0.5 * by_cell.detach().numpy())
    shares = shares / shares.sum()
    return (torch.tensor(shares) * by_cell).sum()


def pairing(scores):
    margin = lambda s: s[:, 1] - s[:, 0]
    gap = (margin(scores(features)) - margin(scores(swapped))).abs().mean()
    return torch.nn.functional.cross_entropy(scores(features), y) + 0.7 * gap


def augmentation(scores):
    return torch.nn.functional.cross_entropy(
        scores(np.concatenate([features, swapped])), torch.cat([y, y]))


dro_weight, dro_bias = trained(dro)
pairing_weight, pairing_bias = trained(pairing)
augmentation_weight, augmentation_bias = trained(augmentation)


# Adversarial neuron pruning, eqs. 5 and 6 with one step from no disturbance: linear, batch norm, relu, linear.
size = 16
pictures = random.normal(0, 1, (size, 3)).round(3)
classes = random.integers(0, 3, size)
first, second = random.normal(0, 0.8, (6, 3)).round(3), random.normal(0, 0.8, (3, 6)).round(3)
scale, shift = random.uniform(0.5, 1.5, 6).round(3), random.normal(0, 0.5, 6).round(3)
tensor = lambda value: torch.tensor(value, dtype=torch.float64)


def loss(mask, noise, shift_noise):
    h = tensor(pictures) @ tensor(first).T
    h = (h - h.mean(0)) / (h.var(0, unbiased=False) + 1e-5).sqrt()
    h = torch.relu(h * ((mask + noise) * tensor(scale)) + (1 + shift_noise) * tensor(shift))
    return torch.nn.functional.cross_entropy(h @ tensor(second).T, torch.tensor(classes))


mask = torch.ones(6, dtype=torch.float64, requires_grad=True)
optimizer = torch.optim.SGD([mask], lr=0.2, momentum=0.9)
for _ in range(6):
    noise = torch.zeros(6, dtype=torch.float64, requires_grad=True)
    shift_noise = torch.zeros(6, dtype=torch.float64, requires_grad=True)
    up = torch.autograd.grad(loss(mask.detach(), noise, shift_noise), [noise, shift_noise])
    noise, shift_noise = 0.4 * up[0].sign(), 0.4 * up[1].sign()
    optimizer.zero_grad()
    zero = torch.zeros(6, dtype=torch.float64)
    (0.2 * loss(mask, zero, zero) + 0.8 * loss(mask, noise, shift_noise)).backward()
    optimizer.step()
    with torch.no_grad():
        mask.clamp_(0, 1)

print(f"""// Written by scripts/golden/debiasing.py with numpy, scikit-learn and PyTorch.

enum DebiasingGolden {{
    /// `[40, 5]`
    static let inputs: [Float] = {numbers(inputs)}
    /// Group of each example; 3 is none.
    static let groups: [Int] = {numbers(groups)}
    /// Belrose et al. 2023, eq. 1.
    static let leace: [Double] = {numbers(leace)}
    /// `[40, 8]`
    static let wide: [Float] = {numbers(wide)}
    /// Ravfogel et al. 2020, after one round and after two.
    static let oneRound: [Double] = {numbers(inlp_one)}
    static let twoRounds: [Double] = {numbers(inlp)}

    /// `[12, 4]` each; examples alternate between labels 0 and 1, the first six are of one group, the others of another.
    static let features: [Float] = {numbers(features)}
    static let swapped: [Float] = {numbers(swapped)}
    static let weight: [Float] = {numbers(weight)}
    static let bias: [Float] = {numbers(bias)}
    /// Weights, then biases, after three steps of Adam at 0.05.
    static let groupDRO: [Float] = {numbers([*dro_weight.ravel(), *dro_bias])}
    static let logitPairing: [Float] = {numbers([*pairing_weight.ravel(), *pairing_bias])}
    static let augmentation: [Float] = {numbers([*augmentation_weight.ravel(), *augmentation_bias])}

    /// `[16, 3]` with three classes, and the weights of a network: linear, batch norm, relu, linear.
    static let pictures: [Float] = {numbers(pictures)}
    static let classes: [Int] = {numbers(classes)}
    static let first: [Float] = {numbers(first)}
    static let second: [Float] = {numbers(second)}
    static let scale: [Float] = {numbers(scale)}
    static let shift: [Float] = {numbers(shift)}
    /// The mask after six steps.
    static let mask: [Float] = {numbers(mask.detach().numpy())}
}}""")
