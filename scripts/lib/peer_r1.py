#!/usr/bin/env python3
"""The reference task R1 in PyTorch and Stable-Baselines3, as scripts/bench --peers compares with.

Answers one question a line with the seconds it took:

    learn mask|shift STEPS   PPO of Stable-Baselines3 (MLP 64-64, n_steps 256, batch 64, 10 epochs) on the digit CNN's
                             128 -> 32 layer, rank 1, 500 forget + 2,000 retain images, what enters the layer computed
                             once and kept, as a careful user would
    fit IMAGES               2 epochs of the digit CNN, Adam 1e-3, batch 128

Two threads. Images are MNIST from $RLEDIT_DATA when it is there, else noise: no time depends on what they show.
"""
import gzip
import os
import pathlib
import sys
import time

import gymnasium
import numpy as np
import torch
from stable_baselines3 import PPO
from torch import nn

torch.set_num_threads(2)
torch.manual_seed(0)


def idx(path):
    data = gzip.open(path).read() if path.suffix == ".gz" else path.read_bytes()
    return np.frombuffer(data, dtype=np.uint8)


def find(name):
    root = pathlib.Path(os.environ.get("RLEDIT_DATA", "data"))
    candidates = [root / "mnist" / name, root / "mnist" / (name + ".gz"), root / name, root / (name + ".gz")]
    return next((path for path in candidates if path.is_file()), None)


def digits():
    images, labels = find("train-images-idx3-ubyte"), find("train-labels-idx1-ubyte")
    if images is None or labels is None:
        generator = np.random.default_rng(0)
        return torch.from_numpy(generator.random((60000, 1, 28, 28), dtype=np.float32)), torch.arange(60000) % 10
    pixels = torch.from_numpy(idx(images)[16:].reshape(-1, 1, 28, 28).astype(np.float32) / 255)
    return pixels, torch.from_numpy(idx(labels)[8:].astype(np.int64))


def digit_cnn():
    return nn.Sequential(
        nn.Conv2d(1, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(16, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(1568, 128), nn.ReLU(), nn.Linear(128, 32), nn.ReLU(), nn.Linear(32, 10))


IMAGES, LABELS = digits()


class EditEnvironment(gymnasium.Env):
    """One candidate a step: factors B [32, 1] and A [1, 128], a sign offset on B, the standardized weights as what is
    observed, accuracy kept plus accuracy dropped as the reward."""

    def __init__(self, world):
        model = digit_cnn()
        self.world = world
        chosen = torch.cat([torch.nonzero(LABELS == 7)[:500, 0], torch.nonzero(LABELS != 7)[:2000, 0]])
        with torch.no_grad():
            self.features = model[:9](IMAGES[chosen])
        self.labels = LABELS[chosen]
        self.weight, self.bias = model[9].weight.detach(), model[9].bias.detach()
        self.head, self.head_bias = model[11].weight.detach(), model[11].bias.detach()
        self.offset = torch.where(torch.rand(32, 1) < 0.5, -0.5, 0.5)
        self.unit = self.weight.square().mean().sqrt()
        # For a shift the unedited product is kept: X(W + BA)^T = XW^T + (XA^T)B^T.
        self.base = self.features @ self.weight.T + self.bias
        observed = ((self.weight - self.weight.mean()) / self.weight.std()).flatten()
        self.observation = observed.numpy().astype(np.float32)
        self.action_space = gymnasium.spaces.Box(-1, 1, (32 + 128,), np.float32)
        self.observation_space = gymnasium.spaces.Box(-np.inf, np.inf, (4096,), np.float32)

    def reset(self, seed=None, options=None):
        super().reset(seed=seed)
        return self.observation, {}

    @torch.no_grad()
    def step(self, action):
        action = torch.from_numpy(np.clip(action, -1, 1))
        b, a = 2 * (action[:32].reshape(32, 1) + self.offset), action[32:].reshape(1, 128)
        if self.world == "mask":
            hidden = torch.addmm(self.bias, self.features, (self.weight * (1 + b @ a)).T)
        else:
            hidden = self.base + (self.features @ a.T) @ (self.unit * b).T
        scores = torch.addmm(self.head_bias, hidden.relu(), self.head.T)
        correct = scores.argmax(1) == self.labels
        reward = correct[500:].float().mean() + 1 - correct[:500].float().mean()
        return self.observation, float(reward), True, False, {}


def learn(world, steps):
    model = PPO(
        "MlpPolicy", EditEnvironment(world), n_steps=256, batch_size=64, n_epochs=10, device="cpu", seed=0,
        policy_kwargs={"net_arch": [64, 64]})
    start = time.perf_counter()
    model.learn(steps)
    return time.perf_counter() - start


def fit(count):
    model = digit_cnn()
    optimizer = torch.optim.Adam(model.parameters(), 1e-3)
    loss_function = nn.CrossEntropyLoss()
    images, labels = IMAGES[:count], LABELS[:count]
    start = time.perf_counter()
    for _ in range(2):
        for rows in torch.randperm(count).split(128):
            optimizer.zero_grad()
            loss_function(model(images[rows]), labels[rows]).backward()
            optimizer.step()
    return time.perf_counter() - start


for line in sys.stdin:
    words = line.split()
    if words[0] == "learn":
        print(learn(words[1], int(words[2])), flush=True)
    else:
        print(fit(int(words[1])), flush=True)
