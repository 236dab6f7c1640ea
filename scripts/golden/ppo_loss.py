#!/usr/bin/env python3
"""Golden values for Tests/RLEditLearnersTests/PPOLossTests.swift: the loss of Stable-Baselines3's PPO on one minibatch.

Written out with torch.distributions and autograd; prints the parts of the loss and its gradient by means, values and
log standard deviations. Needs PyTorch (any 2.x, CPU).
"""
import torch

ACTIONS = [[0.3, -0.8], [1.4, 0.2], [-0.6, 0.9], [0.1, 0.1]]
MEANS = [[0.1, -0.5], [0.9, 0.4], [-0.2, 0.3], [0.3, -0.2]]
LOG_STD = [-0.3, 0.2]
# Ratios near 1.1, 1.5, 0.7 and 1.3: free, clipped but with a negative advantage, below, and clipped without a gradient.
OLD_LOG_PROB = [-1.9, -2.38, -1.65, -2.07]
ADVANTAGES = [0.7, -1.1, 0.4, 0.2]
VALUES = [0.5, -0.25, 1.5, 0.0]
OLD_VALUES = [0.45, 0.3, 1.45, 0.6]
RETURNS = [1.15, -0.8, 1.85, 0.8]
CLIP, VALUE_CLIP, ENTROPY, VALUE = 0.2, 0.3, 0.01, 0.5


def main():
    for value_clip in (None, VALUE_CLIP):
        means = torch.tensor(MEANS, dtype=torch.float64, requires_grad=True)
        log_std = torch.tensor(LOG_STD, dtype=torch.float64, requires_grad=True)
        values = torch.tensor(VALUES, dtype=torch.float64, requires_grad=True)
        old_values = torch.tensor(OLD_VALUES, dtype=torch.float64)
        returns = torch.tensor(RETURNS, dtype=torch.float64)
        distribution = torch.distributions.Normal(means, log_std.exp())
        log_prob = distribution.log_prob(torch.tensor(ACTIONS, dtype=torch.float64)).sum(1)
        log_ratio = log_prob - torch.tensor(OLD_LOG_PROB, dtype=torch.float64)
        ratio = log_ratio.exp()
        advantages = torch.tensor(ADVANTAGES, dtype=torch.float64)
        advantages = (advantages - advantages.mean()) / (advantages.std() + 1e-8)
        policy_loss = -torch.min(advantages * ratio, advantages * ratio.clamp(1 - CLIP, 1 + CLIP)).mean()
        predicted = values
        if value_clip is not None:
            predicted = old_values + (values - old_values).clamp(-value_clip, value_clip)
        value_loss = torch.nn.functional.mse_loss(returns, predicted)
        entropy = distribution.entropy().sum(1).mean()
        loss = policy_loss - ENTROPY * entropy + VALUE * value_loss
        loss.backward()
        print("value clip", value_clip)
        for name, value in [
            ("policyLoss", policy_loss), ("valueLoss", value_loss), ("entropy", entropy),
            ("approximateKL", ((ratio - 1) - log_ratio).mean()),
            ("clipFraction", ((ratio - 1).abs() > CLIP).double().mean()), ("total", loss),
            ("dMeans", means.grad), ("dValues", values.grad), ("dLogStandardDeviation", log_std.grad),
        ]:
            print(" ", name, [float(f"{v:.9g}") for v in value.detach().reshape(-1).tolist()])


if __name__ == "__main__":
    main()
