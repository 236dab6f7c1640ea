#!/usr/bin/env python3
"""examples/remove_backdoor.lua and unlearn_resnet.lua in PyTorch, with the same algorithm and budget: seconds and figures.

    RLEDIT_DATA=… python scripts/lib/peer_resnet.py backdoor|unlearn

CMA-ES (pycma, a full matrix) over the 640 factors of a rank-1 shift of layer3.2.conv2. `backdoor`: 2,000 evaluations on 2,000
clean pictures and about 600 with the patch. `unlearn`: 1,000 evaluations on 200 cats and 800 other pictures. Prints the seconds
and processor seconds to get ready (files, and what an edit cannot change), to search, and to judge. What an edit cannot change
is computed once and kept. Two threads. Needs torch, numpy, pillow, safetensors and cma.
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


def triggered(images, labels):
    keep = labels != 0
    images = images[keep].clone()
    images[:, 29:, 29:, :] = 255 * torch.tensor([[1, 0, 1], [0, 1, 0], [1, 0, 1]], dtype=torch.uint8)[None, :, :, None]
    return images, labels[keep]


def parted(images, labels):
    """Cats, class 3, and all others."""
    return (images[labels == 3], labels[labels == 3]), (images[labels != 3], labels[labels != 3])


def first(count, pair):
    return pair[0][:count], pair[1][:count]


def search_and_judge(task):
    import cma

    clock = Clock()
    network = ResNet20().to(memory_format=torch.channels_last)
    file, step, budget = {"backdoor": ("backdoor", 3, 2000), "unlearn": ("jpeg", 2, 1000)}[task]
    network.load_state_dict(load_file(ROOT / f"cifar10/resnet20-{file}.safetensors"), strict=False)
    network.eval()
    images, labels = pictures("train")
    order = torch.from_numpy(random.permutation(len(labels)))
    train, test = (images[order], labels[order]), pictures("test")
    if task == "backdoor":
        reward_sets = first(2000, train), triggered(*first(666, train))
        judged = {"clean": test, "triggered": triggered(*test)}
    else:
        forget, retain = parted(*train)
        reward_sets = first(200, forget), first(800, retain)
        judged = dict(zip(["forget", "retain"], parted(*test)))
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

    sets = [kept(*pair) for pair in reward_sets]
    clock.tell("ready")

    signs = torch.from_numpy(random.choice([-0.5, 0.5], 64).astype(np.float32))

    def scores(parts, actions):
        """One filter for each candidate; what it gives is spread over the channels."""
        spread = step * unit * (actions[:, :64] + signs) * scale
        filters = actions[:, 64:].reshape(-1, 64, 3, 3).contiguous(memory_format=torch.channels_last)
        for entering, plain, labels in parts:
            projected = F.conv2d(entering, filters, padding=1)
            for index in range(len(actions)):
                y = torch.addcmul(plain, projected[:, index : index + 1], spread[index][None, :, None, None])
                yield index, F.linear(y.relu_().mean((2, 3)), network.linear.weight, network.linear.bias), labels

    def means(parts, actions, measure):
        total = torch.zeros(len(actions))
        for index, logits, labels in scores(parts, actions):
            total[index] += measure(logits, labels)
        return total / sum(len(part[2]) for part in parts)

    def loss(logits, labels):
        return F.cross_entropy(logits, labels, reduction="sum")

    def right(logits, labels):
        return (logits.argmax(1) == labels).sum()

    def cost(actions):
        if task == "backdoor":
            return sum(means(parts, actions, loss) for parts in sets)
        return means(sets[0], actions, right) - means(sets[1], actions, right)

    search = cma.CMAEvolutionStrategy(
        np.zeros(640), 0.25, {"popsize": 20, "seed": 1, "verbose": -9, "maxfevals": budget, "bounds": [-1, 1]})
    evaluations = 0
    while evaluations < budget:
        asked = search.ask()
        actions = torch.from_numpy(np.array(asked, dtype=np.float32)).clamp(-1, 1)
        search.tell(asked, cost(actions).double().tolist())
        evaluations += len(asked)
    clock.tell(f"search, {evaluations} evaluations")
    mean = torch.from_numpy(search.mean.astype(np.float32)).clamp(-1, 1)[None]
    for name, pair in judged.items():
        answers = [(logits.argmax(1), labels) for _, logits, labels in scores(kept(*pair), mean)]
        found, labels = torch.cat([a for a, _ in answers]), torch.cat([b for _, b in answers])
        attack = f", attack {100 * (found == 0).float().mean():.2f} %" if name == "triggered" else ""
        print(f"{name}: right {100 * (found == labels).float().mean():.2f} %{attack}")
    clock.tell("judge")


if __name__ == "__main__":
    with torch.inference_mode():
        search_and_judge(sys.argv[1])
