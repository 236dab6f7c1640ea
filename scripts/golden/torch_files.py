"""Small files as torch.save writes them, today's form and that of before PyTorch 1.6, for the tests of their reader.

    python3 scripts/golden/torch_files.py        # rewrites Sources/RLEditTestSupport/Corpus/torch

Needs torch. `state_dict` holds views, several types and a shared storage; `checkpoint` wraps one as training loops do;
`hostile` asks for a function that no reader may call.
"""

import collections
import os
from pathlib import Path

import torch

FIXTURES = Path(__file__).resolve().parents[2] / "Sources/RLEditTestSupport/Corpus/torch"
FIXTURES.mkdir(exist_ok=True)


class Hostile:
    def __reduce__(self):
        return os.system, ("true",)


def save(name, value):
    torch.save(value, FIXTURES / f"{name}.pt")
    torch.save(value, FIXTURES / f"{name}-legacy.pt", _use_new_zipfile_serialization=False)


base = torch.arange(12, dtype=torch.float32)
state = collections.OrderedDict(
    {
        "whole": base.view(3, 4),
        "transposed": base.view(3, 4).t(),
        "part": base.view(3, 4)[1:, ::2],
        "scalar": torch.tensor(2.5),
        "empty": torch.zeros(0, 3),
        "half": torch.tensor([0.5, -2.0], dtype=torch.float16),
        "brain": torch.tensor([0.5, -2.0], dtype=torch.bfloat16),
        "double": torch.tensor([0.1], dtype=torch.float64),
        "count": torch.tensor(7),
        "flags": torch.tensor([True, False]),
        "parameter": torch.nn.Parameter(torch.tensor([1.0, 2.0])),
    }
)
save("state_dict", state)
wrapped = {f"module.{name}": value for name, value in list(state.items())[:2]}
save("checkpoint", {"epoch": 3, "best": 0.5, "state_dict": wrapped, "arguments": ["a", ("b", None, True)]})
torch.save({"weight": torch.zeros(1), "hook": Hostile()}, FIXTURES / "hostile.pt")
torch.save([1, 2], FIXTURES / "no_tensors.pt")
