#!/usr/bin/env python3
"""Golden values for Tests/RLEditLearnersTests/AdamTests.swift: torch.optim.Adam on a fixed sequence of gradients.

Prints Swift array literals; needs PyTorch (any 2.x, CPU).
"""
import torch


def main():
    parameter = torch.tensor([0.5, -1.25, 2.0, 0.0], requires_grad=True)
    optimizer = torch.optim.Adam([parameter], lr=3e-3, betas=(0.9, 0.999), eps=1e-5)
    gradients = [
        [0.1, -0.2, 0.3, 0.0],
        [-0.05, -0.4, 1e-3, 0.0],
        [2.0, 0.0, -0.7, 1e-6],
        [0.3, 0.25, -0.1, 0.5],
        [-0.6, 0.125, 0.05, -0.5],
    ]
    for step, gradient in enumerate(gradients, start=1):
        parameter.grad = torch.tensor(gradient)
        optimizer.step()
        print(f"        {[float(f'{value:.9g}') for value in parameter.tolist()]},  // after step {step}")


if __name__ == "__main__":
    main()
