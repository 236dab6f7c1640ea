#!/usr/bin/env python3
"""Two tasks of docs/gallery.md in PyTorch, with the same algorithm and budget as the examples: seconds and figures.

    RLEDIT_DATA=… python scripts/lib/peer_tasks.py backdoor
    RLEDIT_DATA=… python scripts/lib/peer_tasks.py text MODEL PART

    backdoor           examples/remove_backdoor.lua: CMA-ES (pycma, a full matrix) over the 640 factors of a rank-1 shift of
                       layer3.2.conv2, 2,000 clean pictures and about 600 with the patch
    text MODEL PART    examples/debias_encoder.lua: the evolution strategy over the 386 factors of the classifier's shift;
                       MODEL is the folder of all-MiniLM-L6-v2, PART comments-layer5.safetensors

Prints the seconds and processor seconds to get ready (files, and what an edit cannot change), to search, and to judge.
What an edit cannot change is computed once and kept. Two threads. Needs torch, numpy, pillow, safetensors; cma for the first,
transformers for the second.
"""
import csv
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
        spread = 2 * unit * (actions[:, :64] + signs) * scale
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
        np.zeros(640), 0.25, {"popsize": 20, "seed": 1, "verbose": -9, "maxfevals": 1000, "bounds": [-1, 1]})
    evaluations = 0
    while evaluations < 1000:
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


def text(folder, part):
    from transformers import AutoTokenizer, BertConfig, BertModel

    clock = Clock()
    folder = Path(folder)
    tokenizer = AutoTokenizer.from_pretrained(folder)
    weights, own = load_file(folder / "model.safetensors"), load_file(part)
    weights.update({key[5:]: value for key, value in own.items() if key.startswith("bert.")})
    encoder = BertModel(BertConfig.from_json_file(folder / "config.json"), add_pooling_layer=False).eval()
    encoder.load_state_dict(weights, strict=False)
    head, bias = own["classifier.weight"], own["classifier.bias"]

    def features(texts):
        """Sorted by length, so that little is padded."""
        order = sorted(range(len(texts)), key=lambda index: len(texts[index]))
        result = torch.empty(len(texts), head.shape[1])
        for start in range(0, len(order), 64):
            rows = order[start : start + 64]
            batch = tokenizer([texts[row] for row in rows], truncation=True, max_length=64, padding=True, return_tensors="pt")
            mask = batch["attention_mask"][:, :, None]
            states = encoder(batch["input_ids"], batch["attention_mask"]).last_hidden_state
            result[rows] = (states * mask).sum(1) / mask.sum(1)
        return result

    with open(ROOT / "jigsaw/comments.csv", newline="") as file:
        rows = [(row["comment_text"], int(row["toxic"])) for row in csv.DictReader(file)]
    with open(ROOT / "jigsaw/bias_madlibs_77k.csv", newline="") as file:
        sentences = [(row["Text"], int(row["Label"] == "BAD")) for row in csv.DictReader(file)]
    terms = [term for term in (ROOT / "jigsaw/identity_terms.txt").read_text().split("\n") if term]
    terms = [terms[index] for index in random.permutation(len(terms))][:25]
    train, test = rows[:6617], rows[7562:]

    def swap(text):
        words = text.split()
        places = [index for index, word in enumerate(words) if word in terms]
        if not places:
            return None
        return " ".join(random.choice([t for t in terms if t != w]) if w in terms else w for w in words)

    paired = [(text, swap(text)) for text, _ in train]
    paired = [(one, other) for one, other in paired if other]
    about = [row for row in sentences if set(row[0].lower().split()) & set(terms)]
    others = [row for row in sentences if not set(row[0].lower().split()) & set(terms)]
    about = [about[index] for index in random.permutation(len(about))[:4000]]
    others = [others[index] for index in random.permutation(len(others))[:8000]]
    utility = train[:3000]
    x = features([text for text, _ in utility])
    labels = torch.tensor([label for _, label in utility])
    identity, identity_labels = features([text for text, _ in about]), torch.tensor([label for _, label in about])
    original, swapped = features([one for one, _ in paired]), features([other for _, other in paired])
    judged, judged_labels = features([text for text, _ in test]), torch.tensor([label for _, label in test])
    features([text for text, _ in others])              # two held-out sets of 4,000, as the example judges by
    clock.tell(f"ready, {len(x) + len(identity) + 2 * len(original) + len(judged) + len(others)} texts")

    unit = head.square().mean().sqrt()
    signs = torch.from_numpy(random.choice([-0.5, 0.5], 2).astype(np.float32))

    def edited(action):
        return head + 0.7 * unit * (action[:2] + signs)[:, None] * action[None, 2:]

    def margin(x, weight):
        return x @ (weight[1] - weight[0]) + bias[1] - bias[0]

    base, base_gap = margin(x, head), (margin(original, head) - margin(swapped, head)).abs().mean()
    base_accuracy = ((base > 0) == (labels == 1)).float().mean()

    def reward(action):
        weight = edited(action)
        m = margin(x, weight)
        gap = (margin(original, weight) - margin(swapped, weight)).abs().mean() / base_gap
        drift = ((m - base).square().mean() / base.square().mean()).sqrt()
        loss = F.binary_cross_entropy_with_logits(margin(identity, weight), identity_labels.float())
        lost = (base_accuracy - 0.003 - ((m > 0) == (labels == 1)).float().mean()).clamp(min=0)
        return float(-gap - 4 * loss - 2 * drift - 20 * lost)

    # OpenAI-ES: 8 mirrored pairs, centred ranks, sigma 0.4 -> 0.1, Adam 0.2 -> 0.
    size, steps, done = 2 + head.shape[1], 2000, 0
    mean, first, second, generation = torch.zeros(size), torch.zeros(size), torch.zeros(size), 0
    while done < steps:
        progress = done / steps
        sigma, rate = 0.4 - 0.3 * progress, 0.2 * (1 - progress)
        noise = torch.from_numpy(random.standard_normal((8, size)).astype(np.float32))
        noise = torch.cat([noise, -noise])
        rewards = torch.tensor([reward((mean + sigma * row).clamp(-1, 1)) for row in noise])
        ranks = rewards.argsort().argsort().float() / 15 - 0.5
        gradient = ranks @ noise / (16 * sigma)
        generation += 1
        first, second = 0.9 * first + 0.1 * gradient, 0.999 * second + 0.001 * gradient.square()
        mean += rate * (first / (1 - 0.9**generation)) / ((second / (1 - 0.999**generation)).sqrt() + 1e-8)
        mean.clamp_(-1, 1)
        done += 16
    clock.tell(f"search, {done} evaluations")
    right = ((margin(judged, edited(mean)) > 0) == (judged_labels == 1)).float().mean()
    print(f"comments right: {100 * right:.2f} %")


if __name__ == "__main__":
    with torch.inference_mode():
        {"backdoor": backdoor, "text": text}[sys.argv[1]](*sys.argv[2:])
