#!/usr/bin/env python3
"""examples/debias_comments.lua with SeparableCMAES in PyTorch, with the same algorithm and budget: seconds and figures.

    RLEDIT_DATA=… python scripts/lib/peer_comments.py

Separable CMA-ES (pycma, a diagonal matrix) over the 19 factors of a rank-1 mask of the 16 x 2 layer and its bias, 8,192
evaluations on 7,562 comments and the sentences about half of the terms. Prints the seconds and processor seconds to get
ready (files, training, and what an edit cannot change), to search, and to judge. A generation is one product for all of its
candidates. Two threads. Needs torch, numpy and cma.
"""
import csv
import os
import re
from collections import Counter
from pathlib import Path

import numpy as np
import torch
from peer_resnet import Clock
from torch import nn

torch.set_num_threads(2)
torch.manual_seed(0)
random = np.random.default_rng(0)
ROOT = Path(os.environ["RLEDIT_DATA"]) / "jigsaw"
STEPS, POPULATION, TOLERANCE = 8192, 20, 0.013
WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)*")


def words(text):
    return set(WORD.findall(text.lower()))


def rows(name):
    with open(ROOT / name, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


class Texts:
    """The words of each text, and where it begins among them; labels, and the number of its term."""

    def __init__(self, texts, labels, places, terms=None):
        known = [sorted(places[word] for word in words(text) if word in places) for text in texts]
        self.words = torch.tensor([place for text in known for place in text])
        self.sizes = torch.tensor([len(text) for text in known])
        self.labels = torch.tensor(labels)
        self.terms = None if terms is None else torch.tensor(terms)

    def of(self, chosen):
        """The words and beginnings of some texts."""
        begins = self.sizes.cumsum(0) - self.sizes
        sizes = self.sizes[chosen]
        offsets = sizes.cumsum(0) - sizes
        at = torch.repeat_interleave(begins[chosen] - offsets, sizes) + torch.arange(int(sizes.sum()))
        return self.words[at], offsets


class Classifier(nn.Module):
    def __init__(self, count):
        super().__init__()
        self.embedding = nn.EmbeddingBag(count, 64, mode="sum")
        nn.init.uniform_(self.embedding.weight, -0.05, 0.05)
        self.fc1, self.fc2 = nn.Linear(64, 16), nn.Linear(16, 2)

    def features(self, found):
        return self.fc1(self.embedding(*found).relu()).relu()


def train(network, texts):
    optimizer = torch.optim.Adam(network.parameters(), 1e-3, weight_decay=1e-5)
    for _ in range(4):
        for batch in torch.randperm(len(texts.labels)).split(256):
            loss = nn.functional.cross_entropy(network.fc2(network.features(texts.of(batch))), texts.labels[batch])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()


class Measured:
    """Features with a column of ones; for sentences the counts by term and label."""

    def __init__(self, network, texts):
        features = network.features(texts.of(torch.arange(len(texts.labels))))
        self.features = torch.cat([features, torch.ones(len(features), 1)], 1)
        self.labels = texts.labels.float()
        if texts.terms is not None:
            present = torch.unique(texts.terms)
            member = (texts.terms == present[:, None]).float()
            parts = torch.cat([member * (1 - self.labels), member * self.labels])
            self.parts, self.sizes = parts, parts.sum(1, keepdim=True)

    def read(self, difference):
        """Accuracy and, of sentences, FPED + FNED, for the difference of both rows of weights, [17, candidates]."""
        positive = (self.features @ difference > 0).float()
        right = positive.T @ self.labels + (1 - positive).T @ (1 - self.labels)
        accuracy = right / len(self.labels)
        if not hasattr(self, "parts"):
            return accuracy, None
        called = self.parts @ positive
        rate, terms = called / self.sizes, len(self.sizes) // 2
        overall = [called[part].sum(0) / self.sizes[part].sum() for part in (slice(terms), slice(terms, None))]
        return accuracy, (rate[:terms] - overall[0]).abs().sum(0) + (rate[terms:] - overall[1]).abs().sum(0)


def main():
    import cma

    clock = Clock()
    comments, sentences = rows("comments.csv"), rows("bias_madlibs_77k.csv")
    texts, labels = [row["comment_text"] for row in comments], [int(row["toxic"]) for row in comments]
    cut = len(comments) * 7 // 10, len(comments) * 8 // 10
    counts = Counter(word for text in texts[: cut[0]] for word in sorted(words(text)))
    places = {word: place for place, (word, _) in enumerate(counts.most_common(5000))}
    terms = (ROOT / "identity_terms.txt").read_text().split("\n")
    terms = sorted((term for term in terms if term), key=len, reverse=True)
    matcher = re.compile(r"\b(" + "|".join(map(re.escape, terms)) + r")\b")
    found = [matcher.search(row["Text"].lower()) for row in sentences]
    number = {term: place for place, term in enumerate(random.permutation(terms))}
    network = Classifier(len(places))
    with torch.enable_grad():
        train(network, Texts(texts[: cut[0]], labels[: cut[0]], places))

    def about(half):
        chosen = [
            (row["Text"], int(row["Label"] == "BAD"), number[match[1]])
            for row, match in zip(sentences, found)
            if match and number[match[1]] % 2 == half
        ]
        about_texts, about_labels, about_terms = zip(*chosen)
        return Measured(network, Texts(about_texts, about_labels, places, about_terms))

    utility = Measured(network, Texts(texts[: cut[1]], labels[: cut[1]], places))
    tuning = about(0)
    weights = torch.cat([network.fc2.weight, network.fc2.bias[:, None]], 1)
    unedited = (weights[1] - weights[0])[:, None]
    base_utility = utility.read(unedited)[0]
    base_accuracy, base_difference = tuning.read(unedited)
    clock.tell(f"ready, {len(utility.labels)} comments and {len(tuning.labels)} sentences")

    signs = torch.from_numpy(random.choice([-0.5, 0.5], 2).astype(np.float32))

    def difference(actions):
        mask = 1 + 2 * (actions[:, :2, None] + signs[:, None]) * actions[:, None, 2:]
        edited = weights * mask
        return (edited[:, 1] - edited[:, 0]).T

    def rewards(actions, progress):
        edited = difference(actions)
        accuracy, gap = tuning.read(edited)
        lost = (base_utility - TOLERANCE - utility.read(edited)[0]).clamp(min=0)
        blurred = (base_accuracy - 0.02 - accuracy).clamp(min=0)
        return 1 - gap / base_difference - (5 + 25 * progress) * lost - 10 * blurred

    search = cma.CMAEvolutionStrategy(
        np.zeros(19), 0.25,
        {"popsize": POPULATION, "seed": 1, "verbose": -9, "maxfevals": STEPS, "bounds": [-1, 1], "CMA_diagonal": True})
    evaluations = 0
    while evaluations < STEPS:
        asked = search.ask()
        actions = torch.from_numpy(np.array(asked, dtype=np.float32)).clamp(-1, 1)
        search.tell(asked, (-rewards(actions, evaluations / STEPS)).double().tolist())
        evaluations += len(asked)
    clock.tell(f"search, {evaluations} evaluations")
    edited = difference(torch.from_numpy(search.mean.astype(np.float32)).clamp(-1, 1)[None])
    test, heldout = Measured(network, Texts(texts[cut[1] :], labels[cut[1] :], places)), about(1)
    for name, chosen in [("before", unedited), ("after", edited)]:
        accuracy, gap = heldout.read(chosen)
        print(f"{name}: comments {100 * test.read(chosen)[0].item():.2f} %, FPED + FNED {gap.item():.2f}, "
              f"sentences {100 * accuracy.item():.1f} %")
    clock.tell("judge")


if __name__ == "__main__":
    with torch.no_grad():
        main()
