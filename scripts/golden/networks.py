"""Golden values of layers, losses, optimizers and training, computed by PyTorch.

    python3 scripts/golden/networks.py            # rewrites Tests/RLEditNNTests/Fixtures
    python3 scripts/golden/networks.py --check F  # loads F with PyTorch, compares its logits with those of the fixture

Needs torch and safetensors. Values are drawn from fixed seeds, so that a second run writes the same files.
"""

import sys
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from torch import nn
from torch.nn import functional as F

FIXTURES = Path(__file__).resolve().parents[2] / "Tests/RLEditNNTests/Fixtures"


def layers():
    """Each case: input, parameters, the gradient that arrives, and what forward and backward make of them."""
    torch.manual_seed(1)
    image, square = (2, 3, 7, 6), (3, 2, 9, 9)
    cases = {
        "linear": (nn.Linear(5, 4), (3, 5)),
        "linear_no_bias": (nn.Linear(5, 4, bias=False), (3, 5)),
        "conv": (nn.Conv2d(3, 4, 3, padding=1), image),
        "conv_first": (nn.Conv2d(1, 16, 3, padding=1), (2, 1, 7, 6)),
        "conv_wide": (nn.Conv2d(3, 5, (3, 2), stride=(2, 1), padding=(1, 0), dilation=(1, 2)), image),
        "conv_no_bias": (nn.Conv2d(2, 3, 5, stride=3, bias=False), square),
        "max_pool": (nn.MaxPool2d(2), image),
        "max_pool_overlap": (nn.MaxPool2d(3, stride=2, padding=1), image),
        "max_pool_wide": (nn.MaxPool2d(2), (2, 19, 6, 4)),
        "average_pool": (nn.AvgPool2d(2), image),
        "average_pool_padded": (nn.AvgPool2d(3, stride=2, padding=1), image),
        "average_pool_inside": (nn.AvgPool2d(3, stride=2, padding=1, count_include_pad=False), image),
        "global_average_pool": (nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten()), image),
        "flatten": (nn.Flatten(), image),
        "relu": (nn.ReLU(), (4, 9)),
        "gelu": (nn.GELU(), (4, 9)),
        "tanh": (nn.Tanh(), (4, 9)),
        "sigmoid": (nn.Sigmoid(), (4, 9)),
        "relu_image": (nn.ReLU(), image),
    }
    tensors = {}
    for name, (layer, shape) in cases.items():
        x = (torch.randn(shape) * 2).requires_grad_()
        y = layer(x)
        arriving = torch.randn_like(y)
        y.backward(arriving)
        tensors |= {f"{name}/input": x, f"{name}/output": y, f"{name}/output_gradient": arriving}
        tensors[f"{name}/input_gradient"] = x.grad
        for parameter, value in layer.named_parameters():
            tensors[f"{name}/{parameter}"] = value
            tensors[f"{name}/{parameter}_gradient"] = value.grad
    save("layers", tensors)


def losses():
    torch.manual_seed(2)
    tensors = {}
    logits, labels = torch.randn(6, 5) * 3, torch.tensor([0, 4, 2, 2, 1, 3])
    values, binary, wide = torch.randn(4, 3), torch.rand(4, 3), torch.tensor([[200.0, -200.0, 0.5]])
    cases = {
        "cross_entropy": (F.cross_entropy, logits, labels),
        "cross_entropy_extreme": (F.cross_entropy, wide, torch.tensor([1])),
        "binary_cross_entropy": (F.binary_cross_entropy_with_logits, values, binary),
        "binary_cross_entropy_extreme": (F.binary_cross_entropy_with_logits, wide, torch.tensor([[0.0, 1.0, 1.0]])),
        "mean_squared_error": (F.mse_loss, values, binary),
    }
    for name, (function, outputs, targets) in cases.items():
        x = outputs.clone().requires_grad_()
        loss = function(x, targets)
        loss.backward()
        tensors |= {f"{name}/outputs": x, f"{name}/targets": targets, f"{name}/value": loss}
        tensors[f"{name}/gradient"] = x.grad
    save("losses", tensors)


def optimizers():
    """Seven steps with given gradients."""
    torch.manual_seed(3)
    start, gradients = torch.randn(20), torch.randn(7, 20)
    cases = {
        "sgd": lambda p: torch.optim.SGD(p, lr=0.1),
        "sgd_decay": lambda p: torch.optim.SGD(p, lr=0.1, weight_decay=0.05),
        "sgd_momentum": lambda p: torch.optim.SGD(p, lr=0.1, momentum=0.9, dampening=0.3, weight_decay=0.05),
        "sgd_nesterov": lambda p: torch.optim.SGD(p, lr=0.1, momentum=0.8, nesterov=True),
        "adam": lambda p: torch.optim.Adam(p, lr=0.01),
        "adam_decay": lambda p: torch.optim.Adam(p, lr=0.01, betas=(0.8, 0.95), eps=1e-5, weight_decay=0.1),
        "adam_w": lambda p: torch.optim.AdamW(p, lr=0.01, weight_decay=0.1),
    }
    tensors = {"start": start, "gradients": gradients}
    for name, make in cases.items():
        parameter = nn.Parameter(start.clone())
        optimizer = make([parameter])
        for gradient in gradients:
            parameter.grad = gradient.clone()
            optimizer.step()
        tensors[f"{name}/end"] = parameter
    save("optimizers", tensors)


def small_cnn():
    """The digit network in small: input [1, 8, 8]."""
    network = nn.Sequential()
    for name, layer in [
        ("conv1", nn.Conv2d(1, 16, 3, padding=1)), ("relu1", nn.ReLU()), ("pool1", nn.MaxPool2d(2)),
        ("conv2", nn.Conv2d(16, 8, 3, padding=1)), ("relu2", nn.ReLU()), ("pool2", nn.MaxPool2d(2)),
        ("flatten", nn.Flatten()), ("fc1", nn.Linear(32, 12)), ("relu3", nn.ReLU()), ("fc2", nn.Linear(12, 10)),
    ]:  # fmt: skip
        network.add_module(name, layer)
    return network


def networks():
    torch.manual_seed(4)
    network = small_cnn()
    # Exactly what a user of PyTorch writes.
    save_file(network.state_dict(), FIXTURES / "small_cnn.safetensors", metadata={"format": "pt"})

    images, labels = torch.rand(70, 1, 8, 8), torch.randint(0, 10, (70,))
    tensors = {"images": images, "labels": labels, "logits": network(images)}
    loss = F.cross_entropy(network(images), labels)
    loss.backward()
    tensors["loss"] = loss
    tensors |= {f"gradient/{name}": p.grad.clone() for name, p in network.named_parameters()}

    # Three epochs of batches of 32 (the last of 6) in order, with clipping.
    optimizer = torch.optim.Adam(network.parameters(), lr=3e-3, weight_decay=1e-3)
    for _ in range(3):
        for x, y in zip(images.split(32), labels.split(32)):
            optimizer.zero_grad()
            F.cross_entropy(network(x), y).backward()
            nn.utils.clip_grad_norm_(network.parameters(), 0.5)
            optimizer.step()
    tensors |= {f"trained/{name}": p for name, p in network.named_parameters()}
    save("small_cnn_values", tensors)


def dtypes():
    """All kinds of tensor in one file, as PyTorch narrows them."""
    torch.manual_seed(5)
    values = torch.cat([torch.randn(40), torch.tensor([0.0, -0.0, 65504.0, 65519.9, 6e-8, 2.9e-8, 1e-5, -1.00048828125])])
    tensors = {
        "f32": values, "f64": torch.randn(5, dtype=torch.float64), "f16": values.half(), "bf16": values.bfloat16(),
        "fc.weight": torch.randn(3, 4).bfloat16(), "fc.bias": torch.randn(3, dtype=torch.float64),
        "num_batches_tracked": torch.tensor(7), "mask": torch.tensor([True, False, True]),
        "bytes": torch.arange(5, dtype=torch.uint8), "ints": torch.arange(-3, 3, dtype=torch.int32),
        "scalar": torch.tensor(1.5), "none": torch.zeros(0, 4),
    }  # fmt: skip
    save_file(tensors, FIXTURES / "dtypes.safetensors", metadata={"author": "a \"quoted\" näme"})


def save(name, tensors):
    tensors = {key: value.detach().clone().contiguous() for key, value in tensors.items()}
    save_file(tensors, FIXTURES / f"{name}.safetensors")


def check(path):
    """Loads a file that we wrote, and compares its logits with PyTorch's own."""
    network = small_cnn()
    network.load_state_dict(load_file(path))
    golden = load_file(FIXTURES / "small_cnn_values.safetensors")
    difference = (network(golden["images"]) - golden["logits"]).abs().max().item()
    print(f"largest difference of logits: {difference}")
    return 0 if difference <= 1e-4 else 1


if __name__ == "__main__":
    if sys.argv[1:2] == ["--check"]:
        sys.exit(check(sys.argv[2]))
    torch.set_num_threads(1)
    for part in (layers, losses, optimizers, networks, dtypes):
        part()
