"""Golden values of the embedding bag, computed by PyTorch's EmbeddingBag in sum mode with per-sample weights, plus a bias.

    python3 scripts/golden/embedding_bag.py   # rewrites Tests/RLEditNNTests/Fixtures/embedding_bag.safetensors

Needs torch and safetensors. Values are drawn from a fixed seed, so that a second run writes the same file.
"""

from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import nn
from torch.nn import functional as F

FIXTURE = Path(__file__).resolve().parents[2] / "Tests/RLEditNNTests/Fixtures/embedding_bag.safetensors"
WORDS, UNITS, CLASSES, ROWS = 23, 6, 3, 40


class Classifier(nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding = nn.EmbeddingBag(WORDS, UNITS, mode="sum")
        self.bias = nn.Parameter(torch.randn(UNITS))
        self.out = nn.Linear(UNITS, CLASSES)

    def bag(self, indices, offsets, values):
        return self.embedding(indices, offsets, per_sample_weights=values) + self.bias

    def forward(self, *rows):
        return self.out(torch.relu(self.bag(*rows)))


def main():
    torch.manual_seed(11)
    torch.set_num_threads(1)
    network = Classifier()
    # Rows of 0 to 7 words, ascending; one is empty.
    words = [sorted(torch.randperm(WORDS)[: i % 8].tolist()) for i in range(ROWS)]
    indices = torch.tensor([w for row in words for w in row])
    offsets = torch.tensor([sum(len(r) for r in words[:i]) for i in range(ROWS)])
    values = torch.rand(len(indices)) * 2 + 0.1
    rows = (indices, offsets, values)
    tensors = {
        "indices": indices, "offsets": torch.cat([offsets, torch.tensor([len(indices)])]), "values": values,
        "weight": network.embedding.weight, "bias": network.bias, "out.weight": network.out.weight,
        "out.bias": network.out.bias,
    }  # fmt: skip
    tensors = {name: value.detach().clone() for name, value in tensors.items()}
    tensors["bags"] = network.bag(*rows)
    labels = torch.randint(0, CLASSES, (ROWS,))
    loss = F.cross_entropy(network(*rows), labels)
    loss.backward()
    tensors |= {"labels": labels, "loss": loss, "weight_gradient": network.embedding.weight.grad.clone(),
                "bias_gradient": network.bias.grad.clone()}  # fmt: skip
    # Ten full-batch steps.
    optimizer = torch.optim.Adam(network.parameters(), lr=1e-2, weight_decay=1e-3)
    for _ in range(10):
        optimizer.zero_grad()
        F.cross_entropy(network(*rows), labels).backward()
        optimizer.step()
    tensors |= {"trained_weight": network.embedding.weight, "trained_bias": network.bias}
    save_file({name: value.detach().clone().contiguous() for name, value in tensors.items()}, FIXTURE)


if __name__ == "__main__":
    main()
