"""Small networks as ONNX files, as PyTorch's exporters write them and by hand, with the outputs of ONNX Runtime.

    python3 scripts/golden/onnx_files.py        # rewrites Tests/RLEditONNXTests/Fixtures

Needs torch, torchvision, transformers below 4.58 with optimum-onnx, onnx 1.22.0, onnxscript and onnxruntime. `golden.safetensors` holds for each file NAME
`NAME.input`, `NAME.output`, and `NAME.edited`: the output when ONNX Runtime runs the file with the tensor that the metadata
name under NAME, or a part of it, multiplied by 1.5 and with 0.01 added. Stack traces of the exporter are left out of the files.
"""

import logging
import tempfile
import warnings
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import torch
import torchvision
import transformers
from onnx import TensorProto, helper, numpy_helper
from optimum.exporters.onnx import onnx_export_from_model
from safetensors.numpy import save_file
from torch import nn
from torch.nn import functional as F

warnings.filterwarnings("ignore")
logging.disable(logging.WARNING)
FIXTURES = Path(__file__).resolve().parents[2] / "Tests/RLEditONNXTests/Fixtures"
FIXTURES.mkdir(exist_ok=True)
for old in FIXTURES.iterdir():
    old.unlink()
golden, edited = {}, {}
rng = np.random.default_rng(7)


class Block(nn.Module):
    """Shortcut without parameters, a depthwise convolution, a gate of squeeze and excitation."""

    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(4, 8, 3, stride=2, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(8)
        self.conv2 = nn.Conv2d(8, 8, 3, padding=1, groups=8)
        self.gate = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Conv2d(8, 2, 1), nn.SiLU(), nn.Conv2d(2, 8, 1), nn.Hardsigmoid())

    def forward(self, x):
        y = self.conv2(F.hardswish(self.bn1(self.conv1(x))))
        y = y * self.gate(y)
        return F.relu(y + F.pad(x[:, :, ::2, ::2], (0, 0, 0, 0, 2, 2)))


class Pictures(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(1, 4, 3, padding=1), nn.BatchNorm2d(4), nn.ReLU6(), nn.MaxPool2d(2))
        self.layer1 = nn.Sequential(Block())
        self.mixing = nn.Parameter(torch.randn(16, 12) / 4)
        self.fc = nn.Linear(12, 3)

    def forward(self, x):
        x = self.layer1(self.stem(x))
        x = torch.cat([x, F.avg_pool2d(x, 3, stride=1, padding=1)], 1)
        return self.fc(F.gelu(x.mean((2, 3)) @ self.mixing))


def pictures():
    torch.manual_seed(0)
    model = Pictures()
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.uniform_(module.weight, 0.5, 1.5)
            nn.init.normal_(module.bias, 0, 0.1)
            nn.init.normal_(module.running_mean, 0, 0.1)
            nn.init.uniform_(module.running_var, 0.5, 1.5)
    return model.eval()


class Texts(nn.Module):
    def __init__(self, model):
        super().__init__()
        self.model = model

    def forward(self, input_ids, attention_mask, token_type_ids):
        return self.model(input_ids=input_ids, attention_mask=attention_mask, token_type_ids=token_type_ids).logits


def texts():
    torch.manual_seed(1)
    configuration = transformers.BertConfig(
        hidden_size=8, num_hidden_layers=1, num_attention_heads=2, intermediate_size=12, vocab_size=11,
        max_position_embeddings=6, num_labels=3)
    model = transformers.BertForSequenceClassification(configuration)
    for name, value in model.named_parameters():
        nn.init.normal_(value, 1 if "LayerNorm.weight" in name else 0, 0.4)
    return Texts(model.eval()).eval()


def run(model, feeds):
    data = model if isinstance(model, (bytes, str)) else model.SerializeToString()
    return onnxruntime.InferenceSession(data, providers=["CPUExecutionProvider"]).run(None, feeds)[0]


def record(name, feeds, own, tensor, part=...):
    """Outputs of a file, and those with one tensor of it, or a part of the tensor, edited."""
    path = FIXTURES / f"{name}.onnx"
    golden[f"{name}.input"], golden[f"{name}.output"] = own.astype(np.float32), run(str(path), feeds)
    model = onnx.load(path)
    for initializer in model.graph.initializer:
        if initializer.name == tensor:
            values = numpy_helper.to_array(initializer)
            new = values.copy()
            new[part] = (values[part].astype(np.float32) * np.float32(1.5) + np.float32(0.01)).astype(values.dtype)
            initializer.CopyFrom(numpy_helper.from_array(new, tensor))
            break
    else:
        raise SystemExit(f"{name} has no tensor {tensor}: {[i.name for i in model.graph.initializer]}")
    golden[f"{name}.edited"] = run(model, feeds)
    edited[name] = tensor


def save(model, name):
    for holder in [model, model.graph, *model.graph.node, *model.graph.value_info, *model.graph.initializer,
                   *model.graph.input, *model.graph.output]:
        kept = [entry for entry in holder.metadata_props if entry.key == "pkg.torch.onnx.name_scopes"]
        del holder.metadata_props[:]
        holder.metadata_props.extend(kept)
    del model.graph.value_info[:]
    onnx.save(model, FIXTURES / f"{name}.onnx")


def exported(name, model, arguments, inputs, **options):
    path = FIXTURES / f"{name}.onnx"
    torch.onnx.export(model, arguments, str(path), input_names=inputs, verbose=False, **options)
    loaded = onnx.load(path)
    for data in FIXTURES.glob("*.data"):
        data.unlink()
    save(loaded, name)


PRESERVE = dict(training=torch.onnx.TrainingMode.PRESERVE, do_constant_folding=False)
image = torch.from_numpy(rng.standard_normal((1, 1, 8, 8)).astype(np.float32))
for name, options in {
    "pictures-legacy": dict(dynamo=False),
    "pictures-legacy-names": dict(dynamo=False, **PRESERVE),
    "pictures-dynamo": dict(dynamo=True, external_data=False),
    "pictures-dynamo-names": dict(dynamo=True, external_data=False, optimize=False),
}.items():
    exported(name, pictures(), (image,), ["image"], **options)
    record(name, {"image": image.numpy()}, image.numpy(), "layer1.0.conv2.weight")

ids = np.array([[1, 5, 3, 10, 0]])
mask = np.array([[1, 1, 1, 1, 0]])
own = np.where(mask == 1, ids, -1)
for name, options in {"texts-legacy": dict(dynamo=False, opset_version=14), "texts-dynamo": dict(dynamo=True, external_data=False)}.items():
    arguments = tuple(torch.from_numpy(part) for part in (ids, mask, np.zeros_like(ids)))
    exported(name, texts(), arguments, ["input_ids", "attention_mask", "token_type_ids"], **options)
    read = {i.name for i in onnxruntime.InferenceSession(str(FIXTURES / f"{name}.onnx")).get_inputs()}
    feeds = {key: value for key, value in {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}.items() if key in read}
    record(name, feeds, own, "model.classifier.weight")


# A vision transformer: a token before the others, and queries, keys and values of one matrix, which exporters transpose.
torch.manual_seed(2)
vision = torchvision.models.VisionTransformer(
    image_size=8, patch_size=4, num_layers=1, num_heads=2, hidden_dim=8, mlp_dim=12, num_classes=3)
for name, value in vision.named_parameters():
    nn.init.normal_(value, 1 if ".ln" in name and name.endswith("weight") else 0, 0.4)
image = torch.randn(1, 3, 8, 8)
for name, options, part in [
    ("vision-legacy", dict(dynamo=False), np.s_[:, :8]),
    ("vision-dynamo-names", dict(dynamo=True, external_data=False, optimize=False), np.s_[:8]),
]:
    exported(name, vision.eval(), (image,), ["image"], **options)
    fused = [i.name for i in onnx.load(FIXTURES / f"{name}.onnx").graph.initializer if list(i.dims) in ([8, 24], [24, 8])]
    record(name, {"image": image.numpy()}, image.numpy(), fused[0], part)

# As optimum exports an encoder, with a mask of choices; the length is fixed.
with tempfile.TemporaryDirectory() as folder:
    onnx_export_from_model(texts().model, folder, task="text-classification", do_validation=False, sequence_length=5)
    model = onnx.load(Path(folder) / "model.onnx")
for value in model.graph.input:
    value.type.tensor_type.shape.dim[1].dim_value = 5
save(model, "texts-optimum")
record("texts-optimum", {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}, own, "classifier.weight")


class Groups(nn.Module):
    """Norms of groups of channels and of each channel, parts of pictures, shares of channels."""

    def __init__(self):
        super().__init__()
        self.conv1, self.gn1 = nn.Conv2d(1, 8, 3, padding=1, bias=False), nn.GroupNorm(4, 8)
        self.conv2, self.gn2 = nn.Conv2d(8, 8, 3, padding=1), nn.GroupNorm(2, 8, affine=False)
        self.each, self.fc = nn.InstanceNorm2d(8, affine=True), nn.Linear(6, 3)

    def forward(self, x):
        y = F.relu(self.gn1(self.conv1(x)))
        y = self.each(F.relu(self.gn2(self.conv2(y)) + y))
        y = F.softmax(y[:, :6] * y[:, 2:], 1)
        return self.fc(y[:, :, 1:5, 2:].mean((2, 3))).softmax(-1)


torch.manual_seed(3)
groups = Groups()
for value in groups.parameters():
    nn.init.normal_(value, 0, 0.6)
image = torch.randn(1, 1, 8, 8)
for name, options in {
    "groups-legacy": dict(dynamo=False),
    "groups-dynamo": dict(dynamo=True, external_data=False),
    "groups-dynamo-21": dict(dynamo=True, external_data=False, opset_version=21),
}.items():
    exported(name, groups.eval(), (image,), ["image"], **options)
    record(name, {"image": image.numpy()}, image.numpy(), "gn1.weight" if "21" in name else "conv2.weight")

# An encoder whose positions are counted: tokens that are no padding, which is number 1.
torch.manual_seed(4)
counted = transformers.RobertaForSequenceClassification(
    transformers.RobertaConfig(
        hidden_size=8, num_hidden_layers=1, num_attention_heads=2, intermediate_size=12, vocab_size=11,
        max_position_embeddings=9, num_labels=3, pad_token_id=1, type_vocab_size=1)).eval()
for name, value in counted.named_parameters():
    nn.init.normal_(value, 1 if "LayerNorm.weight" in name else 0, 0.4)


class Counted(nn.Module):
    def __init__(self):
        super().__init__()
        self.model = counted

    def forward(self, input_ids, attention_mask):
        return self.model(input_ids=input_ids, attention_mask=attention_mask).logits


ids = np.array([[0, 5, 3, 10, 2, 1]])
feeds = {"input_ids": ids, "attention_mask": (ids != 1).astype(np.int64)}
for name, options in {"counted-legacy": dict(dynamo=False), "counted-dynamo": dict(dynamo=True, external_data=False)}.items():
    exported(name, Counted().eval(), tuple(torch.from_numpy(part) for part in feeds.values()), list(feeds), **options)
    record(name, feeds, np.where(ids == 1, -1, ids), "model.roberta.embeddings.position_embeddings.weight", np.s_[2:])


def by_hand(name, nodes, tensors, shape, output, tensor, version=17, **options):
    graph = helper.make_graph(
        nodes, "g", [helper.make_tensor_value_info("x", TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, output)], tensors)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", version)], ir_version=8)
    onnx.save(model, FIXTURES / f"{name}.onnx", **options)
    x = rng.standard_normal([2 if isinstance(s, str) else s for s in shape]).astype(np.float32)
    record(name, {"x": x}, x, tensor)


def values(*shape):
    return rng.standard_normal(shape).astype(np.float32)


# Every way of storing a tensor, and both orientations of a matrix.
w1, w2, w3 = values(5, 4), values(4, 3), values(3, 2)
by_hand(
    "storage",
    [
        helper.make_node("Cast", ["brain"], ["brain_wide"], to=1),
        helper.make_node("Cast", ["half"], ["half_wide"], to=1),
        helper.make_node("Cast", ["double"], ["double_wide"], to=1),
        helper.make_node("Cast", ["typed_half"], ["typed_half_wide"], to=1),
        helper.make_node("Gemm", ["x", "typed", "brain_wide"], ["a"], "one"),
        helper.make_node("MatMul", ["a", "half_wide"], ["b"]),
        helper.make_node("Relu", ["b"], ["c"]),
        helper.make_node("Gemm", ["c", "double_wide", "typed_half_wide"], ["y"], transB=1),
    ],
    [
        helper.make_tensor("typed", TensorProto.FLOAT, [5, 4], w1.flatten().tolist()),
        helper.make_tensor("brain", TensorProto.BFLOAT16, [4], np.array([0x3F80, 0xBF00, 0x3E80, 0], np.uint16).tobytes(), raw=True),
        numpy_helper.from_array(w2.astype(np.float16), "half"),
        helper.make_tensor("double", TensorProto.DOUBLE, [2, 3], w3.T.flatten().tolist()),
        helper.make_tensor("typed_half", TensorProto.FLOAT16, [2], [0.5, -0.25]),
    ],
    ["batch", 5], ["batch", 2], "typed", version=13)
# Below opset 17 a layer norm, below 20 a GELU, is made of single operators.
nodes = [
    helper.make_node("ReduceMean", ["x"], ["mean"], axes=[-1]),
    helper.make_node("Sub", ["x", "mean"], ["centred"]),
    helper.make_node("Pow", ["centred", "two"], ["squared"]),
    helper.make_node("ReduceMean", ["squared"], ["variance"], axes=[-1]),
    helper.make_node("Add", ["variance", "epsilon"], ["shifted"]),
    helper.make_node("Sqrt", ["shifted"], ["deviation"]),
    helper.make_node("Div", ["centred", "deviation"], ["normal"]),
    helper.make_node("Mul", ["normal", "norm.weight"], ["scaled"]),
    helper.make_node("Add", ["scaled", "norm.bias"], ["z"]),
    helper.make_node("MatMul", ["z", "dense"], ["product"]),
    helper.make_node("Add", ["dense.bias", "product"], ["h"]),
    helper.make_node("Div", ["h", "root"], ["quotient"]),
    helper.make_node("Erf", ["quotient"], ["error"]),
    helper.make_node("Add", ["error", "one"], ["sum"]),
    helper.make_node("Mul", ["h", "sum"], ["double"]),
    helper.make_node("Mul", ["double", "half"], ["y"]),
]
scalars = {"two": 2.0, "epsilon": 1e-5, "root": 2.0**0.5, "one": 1.0, "half": 0.5}
by_hand(
    "decomposed", nodes,
    [numpy_helper.from_array(np.array(value, np.float32), key) for key, value in scalars.items()]
    + [numpy_helper.from_array(values(6), "norm.weight"), numpy_helper.from_array(values(6), "norm.bias"),
       numpy_helper.from_array(values(6, 4), "dense"), numpy_helper.from_array(values(4), "dense.bias")],
    [1, 3, 6], [1, 3, 4], "dense", version=13)
# Tensors in another file.
by_hand(
    "outside", [helper.make_node("Gemm", ["x", "fc.weight", "fc.bias"], ["y"], transB=1)],
    [numpy_helper.from_array(values(3, 4), "fc.weight"), numpy_helper.from_array(values(3), "fc.bias")],
    ["batch", 4], ["batch", 3], "fc.weight", save_as_external_data=True, location="outside.data", size_threshold=0)

save_file({key: np.ascontiguousarray(value) for key, value in golden.items()}, FIXTURES / "golden.safetensors", metadata=edited)
print(sum(file.stat().st_size for file in FIXTURES.iterdir()), "bytes")
