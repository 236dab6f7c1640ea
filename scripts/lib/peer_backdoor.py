#!/usr/bin/env python3
"""examples/remove_backdoor.lua in PyTorch, with the same algorithm and budget: seconds and figures.

    RLEDIT_DATA=… python scripts/lib/peer_backdoor.py

CMA-ES (pycma, a full matrix) over the 640 factors of a rank-1 shift of layer3.2.conv2, 2,000 clean pictures and about 600 with
the patch. Prints the seconds and processor seconds to get ready (files, and what an edit cannot change), to search, and to
judge. What an edit cannot change is computed once and kept. Two threads. Needs torch, numpy, pillow, safetensors and cma.
"""
import io
import os
import sys
import tarfile
import time
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file
from torch.nn import functional as F

sys.path.insert(0, str(Path(__file__).parent))
from peer_networks import ResNet20  # noqa: E402

torch.set_num_threads(2)
torch.manual_seed(0)
random = np.random.default_rng(0)
ROOT = Path(os.environ["RLEDIT_DATA"])


class Clock:
    def __init__(self):
        self.mark()

    def mark(self):
        self.wall, self.processor = time.perf_counter(), time.process_time()

    def tell(self, what):
        print(f"{what}: {time.perf_counter() - self.wall:.1f} s, {time.process_time() - self.processor:.1f} processor seconds")
        self.mark()


def pictures(part):
    from PIL import Image

    images, labels = [], []
    with tarfile.open(ROOT / "cifar10/cifar10-jpeg.tar.gz") as archive:
        for member in archive:
            path = member.name.split("/")
            if member.isfile() and len(path) >= 3 and path[-3] == part:
                images.append(np.asarray(Image.open(io.BytesIO(archive.extractfile(member).read())).convert("RGB")))
                labels.append(path[-2])
    names = {name: index for index, name in enumerate(sorted(set(labels)))}
    return torch.from_numpy(np.stack(images)), torch.tensor([names[label] for label in labels])


def normalized(images):
    mean, deviation = torch.tensor([0.485, 0.456, 0.406]), torch.tensor([0.229, 0.224, 0.225])
    return ((images.float() / 255 - mean) / deviation).permute(0, 3, 1, 2).contiguous(memory_format=torch.channels_last)


def backdoor():
    import cma

    clock = Clock()
    network = ResNet20().to(memory_format=torch.channels_last)
    network.load_state_dict(load_file(ROOT / "cifar10/resnet20-backdoor.safetensors"), strict=False)
    network.eval()
    images, labels = pictures("train")
    test, test_labels = pictures("test")

    def triggered(images, labels):
        keep = labels != 0
        images = images[keep].clone()
        images[:, 29:, 29:, :] = 255 * torch.tensor([[1, 0, 1], [0, 1, 0], [1, 0, 1]], dtype=torch.uint8)[None, :, :, None]
        return images, labels[keep]

    order = torch.from_numpy(random.permutation(len(labels)))
    clean = images[order[:2000]], labels[order[:2000]]
    right = triggered(clean[0][:666], clean[1][:666])
    block = network.layer3[2]
    norm = block.bn2
    scale = norm.weight / (norm.running_var + norm.eps).sqrt()
    shift = norm.bias - norm.running_mean * scale
    weight = block.conv2.weight * scale[:, None, None, None]
    unit = block.conv2.weight.square().mean().sqrt()

    def kept(images, labels):
        parts = []
        for images, labels in zip(images.split(500), labels.split(500)):
            x = network.before(normalized(images))
            entering = F.relu(block.bn1(block.conv1(x))).contiguous(memory_format=torch.channels_last)
            plain = F.conv2d(entering, weight, shift, padding=1) + block.shortcut(x)
            parts.append((entering, plain.contiguous(memory_format=torch.channels_last), labels))
        return parts

    sets = kept(*clean), kept(*right)
    clock.tell("ready")

    signs = torch.from_numpy(random.choice([-0.5, 0.5], 64).astype(np.float32))

    def scores(parts, actions):
        """One filter for each candidate; what it gives is spread over the channels."""
        spread = 3 * unit * (actions[:, :64] + signs) * scale
        filters = actions[:, 64:].reshape(-1, 64, 3, 3).contiguous(memory_format=torch.channels_last)
        for entering, plain, labels in parts:
            projected = F.conv2d(entering, filters, padding=1)
            for index in range(len(actions)):
                y = torch.addcmul(plain, projected[:, index : index + 1], spread[index][None, :, None, None])
                yield index, F.linear(y.relu_().mean((2, 3)), network.linear.weight, network.linear.bias), labels

    def losses(parts, actions):
        total = torch.zeros(len(actions))
        for index, logits, labels in scores(parts, actions):
            total[index] += F.cross_entropy(logits, labels, reduction="sum")
        return total / sum(len(part[2]) for part in parts)

    search = cma.CMAEvolutionStrategy(
        np.zeros(640), 0.25, {"popsize": 20, "seed": 1, "verbose": -9, "maxfevals": 2000, "bounds": [-1, 1]})
    evaluations = 0
    while evaluations < 2000:
        asked = search.ask()
        actions = torch.from_numpy(np.array(asked, dtype=np.float32)).clamp(-1, 1)
        search.tell(asked, sum(losses(parts, actions) for parts in sets).double().tolist())
        evaluations += len(asked)
    clock.tell(f"search, {evaluations} evaluations")
    mean = torch.from_numpy(search.mean.astype(np.float32)).clamp(-1, 1)[None]
    triggered_test = triggered(test, test_labels)
    for name, parts, target in [("clean", kept(test, test_labels), None), ("triggered", kept(*triggered_test), 0)]:
        answers = [(logits.argmax(1), labels) for _, logits, labels in scores(parts, mean)]
        found, labels = torch.cat([a for a, _ in answers]), torch.cat([b for _, b in answers])
        attack = "" if target is None else f", attack {100 * (found == target).float().mean():.2f} %"
        print(f"{name}: right {100 * (found == labels).float().mean():.2f} %{attack}")
    clock.tell("judge")


if __name__ == "__main__":
    with torch.inference_mode():
        backdoor()
