"""Golden values of the layers of residual networks and encoders, and of three steps of training one, computed by PyTorch.

    python3 scripts/golden/graph_layers.py        # rewrites Tests/RLEditNNTests/Fixtures

Needs torch and safetensors. Values are drawn from fixed seeds, so that a second run writes the same files.
"""

from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import nn
from torch.nn import functional as F

FIXTURES = Path(__file__).resolve().parents[2] / "Tests/RLEditNNTests/Fixtures"


def save(name, tensors):
    save_file({key: value.detach().contiguous().clone() for key, value in tensors.items()}, FIXTURES / f"{name}.safetensors")


def statistics(layer):
    """Running statistics as a trained network has them."""
    for module in layer.modules():
        if isinstance(module, (nn.BatchNorm1d, nn.BatchNorm2d)):
            module.running_mean.normal_()
            module.running_var.uniform_(0.5, 2)
            nn.init.uniform_(module.weight, 0.5, 1.5)
            nn.init.normal_(module.bias)


def run(layer, shape, prefix, tensors):
    x = (torch.randn(shape) * 2).requires_grad_()
    state = {name: value.clone() for name, value in layer.state_dict().items() if "num_batches" not in name}
    y = layer(x)
    arriving = torch.randn_like(y)
    y.backward(arriving)
    tensors |= {f"{prefix}/input": x, f"{prefix}/output": y, f"{prefix}/output_gradient": arriving}
    tensors[f"{prefix}/input_gradient"] = x.grad
    tensors |= {f"{prefix}/{name}": value for name, value in state.items()}
    tensors |= {f"{prefix}/{name}_gradient": value.grad for name, value in layer.named_parameters()}


class Named(nn.Module):
    def __init__(self, **modules):
        super().__init__()
        for name, module in modules.items():
            setattr(self, name, module)
        self.order = list(modules)

    def forward(self, x):
        for name in self.order:
            x = getattr(self, name)(x)
        return x


class Taken(nn.Module):
    def __init__(self, dimension, start, end, step):
        super().__init__()
        self.places = (slice(None),) * dimension + (slice(start, end, step),)

    def forward(self, x):
        return x[self.places]


def layers():
    torch.manual_seed(11)
    picture = (2, 6, 5, 7)
    cases = {
        "conv_grouped": (nn.Conv2d(6, 4, 3, padding=1, groups=2), picture),
        "conv_depthwise": (nn.Conv2d(6, 6, 3, stride=2, padding=1, groups=6, bias=False), picture),
        "batch_norm": (nn.BatchNorm2d(3), (4, 3, 5, 6)),
        "batch_norm_vector": (nn.BatchNorm1d(5, eps=1e-3, momentum=0.3), (9, 5)),
        "layer_norm": (nn.LayerNorm(7), (4, 7)),
        "layer_norm_tokens": (nn.LayerNorm(7, eps=1e-12), (3, 4, 7)),
        "linear_tokens": (nn.Linear(5, 4), (3, 6, 5)),
        "gelu_tanh": (nn.GELU(approximate="tanh"), (4, 9)),
        "silu": (nn.SiLU(), (4, 9)),
        "hard_swish": (nn.Hardswish(), (6, 9)),
        "hard_sigmoid": (nn.Hardsigmoid(), (6, 9)),
        "relu6": (nn.ReLU6(), (6, 9)),
    }
    tensors = {}
    for name, (layer, shape) in cases.items():
        statistics(layer)
        for parameter in layer.parameters():
            if isinstance(layer, nn.LayerNorm):
                nn.init.normal_(parameter)
        run(layer, shape, name, tensors)
    alone = Named(norm=nn.BatchNorm2d(3), relu=nn.ReLU())
    folded = Named(conv=nn.Conv2d(3, 4, 3), norm=nn.BatchNorm2d(4), relu=nn.ReLU())
    for name, network in {"alone": alone, "folded": folded}.items():
        statistics(network)
        run(network.eval(), (2, 3, 6, 5), name, tensors)
    cases = {
        "group_norm": (nn.GroupNorm(3, 6), picture),
        "group_norm_vector": (nn.GroupNorm(2, 6, eps=1e-3), (4, 6)),
        "softmax": (nn.Softmax(-1), (4, 9)),
        "softmax_tokens": (nn.Softmax(-1), (3, 4, 7)),
        "softmax_channels": (nn.Softmax(1), picture),
        "slice_channels": (Taken(1, 1, 5, 2), picture),
        "slice_columns": (Taken(3, 2, 6, 1), picture),
        "slice_tokens": (Taken(1, 1, 3, 1), (3, 4, 7)),
        "slice_features": (Taken(2, 0, 7, 3), (3, 4, 7)),
    }
    for name, (layer, shape) in cases.items():
        for parameter in layer.parameters():
            nn.init.normal_(parameter)
        run(layer, shape, name, tensors)
    save("graph_layers", tensors)


def attention():
    """Two heads over five tokens, of texts of 5, 3 and 0 tokens; and a table of embeddings with their positions."""
    torch.manual_seed(13)
    query, key, value = (torch.randn(3, 5, 6).requires_grad_() for _ in range(3))
    tokens = torch.tensor([[1.0, 2, 0, 3, 1], [4, 0, 2, -1, -1], [-1] * 5])
    valid = tokens >= 0
    split = lambda x: x.view(3, 5, 2, 3).transpose(1, 2)
    scores = split(query) @ split(key).transpose(2, 3) / 3**0.5
    weights = scores.masked_fill(~valid[:, None, None, :], -1e30).softmax(-1)
    output = (weights @ split(value)).transpose(1, 2).reshape(3, 5, 6) * valid[:, :, None]
    arriving = torch.randn_like(output)
    output.backward(arriving)
    tensors = {"tokens": tokens, "output": output, "output_gradient": arriving}
    for name, x in {"query": query, "key": key, "value": value}.items():
        tensors |= {name: x, f"{name}_gradient": x.grad}
    table, positions = torch.randn(5, 6).requires_grad_(), torch.randn(7, 6).requires_grad_()
    rows = table[tokens.clamp(min=0).long()] * valid[:, :, None]
    embedded = rows + positions[:5]
    mean = torch.where(valid[:, :, None], embedded, 0).sum(1) / valid.sum(1).clamp(min=1)[:, None]
    by_mean = torch.randn_like(mean)
    mean.backward(by_mean)
    tensors |= {"table": table, "positions": positions, "mean": mean, "mean_gradient": by_mean}
    tensors |= {"table_gradient": table.grad, "positions_gradient": positions.grad}
    save("attention", tensors)


class Patches(nn.Module):
    """Patches of a picture, a class token and positions, one attention with queries, keys and values in one tensor."""

    def __init__(self):
        super().__init__()
        self.conv_proj = nn.Conv2d(2, 6, 2, stride=2)
        self.class_token = nn.Parameter(torch.randn(1, 1, 6))
        self.pos_embedding = nn.Parameter(torch.randn(1, 7, 6))
        self.attention = nn.MultiheadAttention(6, 2, batch_first=True)

    def forward(self, x):
        x = self.conv_proj(x).flatten(2).transpose(1, 2)
        x = torch.cat([self.class_token.expand(len(x), -1, -1), x], 1) + self.pos_embedding
        return self.attention(x, x, x, need_weights=False)[0][:, 0]


def patches():
    torch.manual_seed(17)
    network, tensors = Patches(), {}
    for parameter in network.parameters():
        nn.init.normal_(parameter, std=0.3)
    run(network, (3, 2, 4, 6), "patches", tensors)
    save("patches", tensors)


class Block(nn.Module):
    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride=stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(outputs)
        self.stride, self.pad = stride, (outputs - inputs) // 2
        if stride == 1:
            self.conv2 = nn.Conv2d(outputs, outputs, 3, padding=1, bias=False)
            self.bn2 = nn.BatchNorm2d(outputs)

    def forward(self, x):
        y = self.bn1(self.conv1(x))
        if self.stride == 1:
            return F.relu(self.bn2(self.conv2(F.relu(y))) + x)
        return F.relu(y + F.pad(x[:, :, ::2, ::2], (0, 0, 0, 0, self.pad, self.pad)))


class SmallResNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 8, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(8)
        self.block1, self.block2 = Block(8, 8, 1), Block(8, 12, 2)
        self.fc = nn.Linear(12, 5)

    def forward(self, x):
        x = self.block2(self.block1(F.relu(self.bn1(self.conv1(x)))))
        return self.fc(x.mean(dim=(2, 3)))


def training():
    torch.manual_seed(12)
    network = SmallResNet()
    images, labels = torch.randn(120, 3, 8, 8) * 1.5 + 0.3, torch.randint(0, 5, (120,))

    def state(prefix):
        network.eval()
        tensors[f"{prefix}/logits"] = network(images)
        network.train()
        for name, value in network.state_dict().items():
            if "num_batches" not in name:
                tensors[f"{prefix}/{name}"] = value.clone()

    tensors = {"images": images, "labels": labels}
    state("before")
    optimizer = torch.optim.SGD(network.parameters(), lr=0.05, momentum=0.9, weight_decay=0.01)
    for start in range(0, 120, 40):
        optimizer.zero_grad()
        F.cross_entropy(network(images[start : start + 40]), labels[start : start + 40]).backward()
        optimizer.step()
    state("after")
    save("resnet_training", tensors)


layers()
attention()
patches()
training()
