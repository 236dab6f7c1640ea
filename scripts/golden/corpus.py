#!/usr/bin/env python3
"""Writes the files that begin the fuzzed readers' corpus: small, sound ones of each format, and NumPy's as NumPy makes
them, which the tests of its reader compare with the numbers below.

    python3 scripts/golden/corpus.py          needs NumPy

Inputs of fixed findings are beside them under other names; this script leaves those alone.
"""
import gzip
import hashlib
import io
import json
import pathlib
import struct
import warnings
import zipfile

import numpy

import wordpiece

CORPUS = pathlib.Path(__file__).resolve().parents[2] / "Sources/RLEditTestSupport/Corpus"
# What every machine writes the same: no times, no names of systems.
EPOCH = (1980, 1, 1, 0, 0, 0)

VOCABULARY = {"format": 1, "rules": "words-1", "weights": "tfidf", "minimum_count": 1, "documents": 4,
              "words": ["good", "bad", "day"], "document_frequencies": [2, 2, 2]}
MANIFEST = {
    "format": 1, "task": "t", "world": "ShiftWorld", "learner": "PPO", "status": "finished", "reason": None,
    "started": "2026-01-31T23:59:58+0100", "started_seconds": 1769900398, "ended": "2026-01-31T23:59:59+0100",
    "ended_seconds": 1769900399, "seed": 0, "seeds": [0],
    "script": {"source": "t.lua", "copy": "script/t.lua", "hash": "c8" * 32},
    "modules": [{"source": "m.lua", "copy": "script/m.lua", "hash": "1a" * 32}],
    "configuration": {"world": {"name": "ShiftWorld", "layers": ["fc1"], "scale": 2.0},
                      "learner": {"steps": 64, "adam_epsilon": 1e-05, "value_clip_range": False}},
    "options": {"edit": "mean-policy", "trust": False, "data": None, "allow": [], "set": {}},
    "versions": {"rledit": "0.1.0", "lua": "5.4.4"}, "numeric_kernels": "oneDNN 2.6.3",
    "data": [{"name": "mnist", "file": "mnist/train.gz", "hash": "c3" * 32}, {"name": "g", "file": None, "hash": "00"}],
    "sets": [{"name": "all", "heldout": True, "examples": 4, "hash": "2e" * 32}], "walls": ["library", "seccomp"],
}
STAGES = {"before": {"accuracy": 0.5, "loss": 0.69}, "mean_policy": {"accuracy": 0.5, "loss": None},
          "best_seen": {"accuracy": 1.0, "loss": 0.68}}
SUMMARY = {
    "task": "t", "run": "out", "world": "ShiftWorld", "learner": "PPO", "seconds": 0.4,
    "seeds": [{
        "seed": 0, "evaluations": 64, "evaluations_to_target": None, "best_reward": 0.5, "seconds": 0.4,
        "heldout": {"all": STAGES},
        "classes": [{"label": "0", "examples": 2, "target": True, "before": 1.0, "mean_policy": 1.0, "best_seen": 0.5}],
    }],
}


def write(name, data):
    path = CORPUS / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


def safetensors(header, data):
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    return struct.pack("<Q", len(text)) + text + data


def npy(array, version=None, allow_pickle=False):
    """As `numpy.save` writes it."""
    buffer = io.BytesIO()
    numpy.lib.format.write_array(buffer, array, version=version, allow_pickle=allow_pickle)
    return buffer.getvalue()


def npz(arrays, method):
    """As `numpy.savez` writes it, sizes of 64 bits before each member included, but for the times."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, array in arrays.items():
            info = zipfile.ZipInfo(name + ".npy", EPOCH)
            info.compress_type = method
            with archive.open(info, "w", force_zip64=True) as member:
                member.write(npy(array))
    return buffer.getvalue()


def numpy_files():
    grid = numpy.arange(6).reshape(2, 3)
    for name, array in {
        "f4": (grid * 0.5).astype("<f4"), "f8": (grid / 3).astype("<f8"), "f2": (grid * -0.25).astype("<f2"),
        "i8": (grid - 3).astype("<i8"), "i4": (grid * 1000).astype("<i4"), "u1": (grid * 51).astype("|u1"),
        "b1": grid % 2 == 1, "scalar": numpy.float32(2.5).reshape(()), "empty": numpy.zeros((0, 3), "<f4"),
        "fortran": numpy.asfortranarray(numpy.arange(24, dtype="<i4").reshape(2, 3, 4)),
        "special": numpy.array([numpy.inf, -numpy.inf, numpy.nan, -0.0, 6e-8], "<f2"),
        "vector": numpy.arange(5, dtype="<f8"),
    }.items():
        write(f"npy/{name}.npy", npy(array))
    write("npy/version2.npy", npy(grid.astype("<f4"), (2, 0)))
    write("npy/version3.npy", npy(grid.astype("<f4"), (3, 0)))
    # Each is refused.
    write("npy/object.npy", npy(numpy.array([1, "a"], object), allow_pickle=True))
    write("npy/structured.npy", npy(numpy.zeros(2, [("a", "<f4"), ("b", "<i4")])))
    write("npy/big-endian.npy", npy(grid.astype(">f4")))
    write("npy/exact.npy", npy(numpy.array([0, 16777217], "<i8")))

    arrays = {"weight": (grid * 0.5).astype("<f4"), "labels": numpy.array([3, 1, 2], "<i8"),
              "a/b": numpy.asfortranarray(grid.astype("|u1"))}
    write("npz/stored.npz", npz(arrays, zipfile.ZIP_STORED))
    write("npz/deflated.npz", npz(arrays, zipfile.ZIP_DEFLATED))
    pairs = {"x": numpy.array([[0, 51, 102], [153, 204, 255]], "|u1"), "y": numpy.array([1, 2], "<i8")}
    write("npz/pairs.npz", npz(pairs, zipfile.ZIP_STORED))
    write("npz/none.npz", npz({}, zipfile.ZIP_STORED))


def other_files():
    images = struct.pack(">IIII", 0x803, 3, 2, 2) + bytes(range(12))
    labels = struct.pack(">II", 0x801, 3) + bytes([1, 2, 0])
    for name, data in [("images", images), ("labels", labels)]:
        write(f"idx/{name}", data)
        write(f"idx/{name}.gz", gzip.compress(data, mtime=0))
    # Several members, a stored block, padding, and names and comments in the header.
    members = gzip.compress(b"one", mtime=0) + gzip.compress(b"two" * 40, compresslevel=0, mtime=0) + bytes(3)
    write("gzip/members.gz", members)
    write("gzip/plain", b"plain text")
    named = gzip.compress(b"named", mtime=0)
    write("gzip/named.gz", named[:3] + bytes([8 | 16]) + named[4:10] + b"name\0comment\0" + named[10:])

    write("csv/quoted.csv", 'text,label,group\n"good, ""day""",0,a\nbadä,1,b\n'.encode())
    write("csv/lines.csv", '\ufefflabel,text,group\r\n1,"a\r\nb",x\r\n0,c,\r\n'.encode())
    write("csv/compressed.csv.gz", gzip.compress(b"text,label,group\na b,0,\n", mtime=0))

    write("csv/blanks.txt", b"2\nx y label\na.jpg -1  0.5 -1\nb.jpg  1 2e3  1 \n")
    write("csv/utf16.csv", "text,label,group\nbad\u00e4 \U0001f600,1,b\n".encode("utf-16"))
    write("jsonl/lines.jsonl", '{"text": "good \\u00e4", "label": "x", "a": 0.7}\n\n{"label": 1, "text": "b", "a": null, "b": true}\n'.encode())

    def entry(dtype, shape, begin, end):
        return {"dtype": dtype, "shape": shape, "data_offsets": [begin, end]}

    every = {"F64": 8, "I64": 8, "F32": 4, "F16": 2, "BF16": 2, "U8": 1, "BOOL": 1}
    header, offset = {"__metadata__": {"format": "pt"}}, 0
    for dtype, size in every.items():
        header["tensor." + dtype] = entry(dtype, [3], offset, offset + 3 * size)
        offset += 3 * size
    write("safetensors/types.safetensors", safetensors(header, bytes(range(1, 79))[:offset]))
    write("safetensors/scalar.safetensors", safetensors(
        {"scalar": entry("F32", [], 0, 4), "none": entry("F32", [0, 3], 4, 4)}, struct.pack("<f", 1.5)))
    # A text classifier of 3 words, as the program saves one, and a small convolutional network.
    for name, shapes, metadata in [
        ("classifier", {"embedding.weight": [3, 4], "embedding.bias": [4], "out.weight": [2, 4], "out.bias": [2]}, {
            "rledit.vocabulary": VOCABULARY,
            "rledit.network": {"format": 1, "input": [3], "prefix": "", "layers": [
                {"kind": "EmbeddingBag", "inputs": 3, "outputs": 4, "bias": True, "name": "embedding"},
                {"kind": "ReLU", "name": "relu"},
                {"kind": "Linear", "inputs": 4, "outputs": 2, "bias": True, "name": "out"}]}}),
        ("convolution", {"conv.weight": [2, 1, 3, 3], "conv.bias": [2], "out.weight": [2, 8], "out.bias": [2]}, {
            "rledit.network": {"format": 1, "input": [1, 6, 6], "prefix": "", "layers": [
                {"kind": "Conv2D", "inputs": 1, "outputs": 2, "kernel": [3, 3], "stride": [1, 1], "padding": [0, 0],
                 "dilation": [1, 1], "bias": True, "name": "conv"},
                {"kind": "MaxPool2D", "kernel": [2, 2], "stride": [2, 2], "padding": [0, 0], "name": "pool"},
                {"kind": "Flatten", "name": "flatten"},
                {"kind": "Linear", "inputs": 8, "outputs": 2, "bias": True, "name": "out"}]}}),
    ]:
        header = {"__metadata__": {key: json.dumps(value) for key, value in metadata.items()}}
        end = 0
        for tensor, shape in shapes.items():
            begin, end = end, end + 4 * int(numpy.prod(shape))
            header[tensor] = entry("F32", shape, begin, end)
        write(f"safetensors/{name}.safetensors", safetensors(header, bytes(end)))
    # Two layers of one weight, and tensors of types that nobody computes with.
    layers = [{"kind": "Linear", "inputs": 2, "outputs": 2, "bias": False, "name": name} for name in ("a.0", "b.0")]
    network = {"format": 1, "input": [2], "prefix": "", "layers": layers, "tensors": {"a.0.weight": "m.a.0.weight"},
               "ignore": ["q.*"]}
    unknown = {"m.a.0.weight": entry("F32", [2, 2], 0, 16), "q.c": entry("C64", [1], 16, 24),
               "q.8": entry("F8_E4M3", [3], 24, 27), "q.4": entry("F4", [2], 27, 28), "q.x": entry("Q5_K", [3], 28, 30)}
    for name, alias in [("tied.safetensors", {"b.0.weight": "m.a.0.weight"}),
                        ("tied-in-a-circle", {"b.0.weight": "c", "c": "b.0.weight"})]:
        metadata = {**alias, "rledit.network": json.dumps(network)}
        write(f"safetensors/{name}", safetensors({"__metadata__": metadata, **unknown}, bytes(30)))
    write("vocabulary/tfidf.json", json.dumps(VOCABULARY).encode())
    write("vocabulary/binary.json", json.dumps(
        {**VOCABULARY, "weights": "binary", "words": ["it's", "ünïcode", "日本"], "minimum_count": 2}).encode())
    write("wordpiece/vocab.txt", wordpiece.vocabulary_text().encode())
    for name in ["uncased", "cased"]:
        write(f"wordpiece/{name}.json", wordpiece.tokenizer_json(name == "cased").encode())
    write("manifest/manifest.json", json.dumps(MANIFEST, indent=2).encode())
    write("manifest/summary.json", json.dumps(SUMMARY, indent=2).encode())


def policy_files():
    """The policy that comes with the examples, and what a stranger could make of it."""
    data = (CORPUS.parents[2] / "examples/forget_class.policy.safetensors").read_bytes()
    write("policy/shift.safetensors", data)
    size = 8 + struct.unpack("<Q", data[:8])[0]
    header = json.loads(data[8:size])
    about = json.loads(header["__metadata__"]["rledit.policy"])
    for name, change in [
        ("mask.safetensors", {"world": "MaskWorld"}), ("two-layers.safetensors", {"layers": ["fc1", "fc2"]}),
        ("rank-of-another", {"rank": 3}), ("control-codes-in-world", {"world": "\x1b[31mx"}),
        ("huge-hidden", {"hidden": 2**40}),
    ]:
        metadata = {**header["__metadata__"], "rledit.policy": json.dumps({**about, **change})}
        write(f"policy/{name}", safetensors({**header, "__metadata__": metadata}, data[size:]))


def onnx_files():
    """Of the files that scripts/golden/onnx_files.py makes, those with many ways of saying things in few bytes."""
    fixtures = CORPUS.parents[2] / "Tests/RLEditONNXTests/Fixtures"
    for name in ["storage.onnx", "decomposed.onnx", "outside.onnx", "pictures-dynamo.onnx", "texts-dynamo.onnx"]:
        write(f"onnx/{name}", (fixtures / name).read_bytes())


def pack_files():
    """A small run as `rledit-lua pack` would put it, and what strangers send."""
    script, module = b"return require 'rledit'.task {}\n", b"return {}\n"
    def sha(data):
        return hashlib.sha256(data).hexdigest()
    manifest = {**MANIFEST, "script": {"source": "t.lua", "copy": "script/t.lua", "hash": sha(script)},
                "modules": [{"source": "m.lua", "copy": "script/m.lua", "hash": sha(module)}]}
    def lists(members, results=()):
        results = b"".join(f"{sha(data)}  {name}\n".encode() for name, data in results)
        members = {**members, "results.txt": results}
        contents = b"# A run\n" + b"".join(f"{sha(data)}  {name}\n".encode() for name, data in members.items())
        return {"contents.txt": contents, **members}
    def sound(**changes):
        delta = b"a delta"
        members = {"manifest.json": json.dumps({**manifest, **changes}).encode(),
                   "summary.json": json.dumps(SUMMARY).encode(), "delta.safetensors": delta,
                   "script/t.lua": script, "script/m.lua": module}
        return lists(members, [("delta.safetensors", delta), ("metrics.jsonl", b"{}")])
    def archive(members, method=zipfile.ZIP_STORED, mode=0o100644, more=()):
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w", method) as file:
            for name, data in [*members.items(), *more]:
                info = zipfile.ZipInfo(name, EPOCH)
                info.compress_type, info.external_attr, info.create_system = method, mode << 16, 3
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")
                    file.writestr(info, data)
        return buffer.getvalue()
    write("pack/stored.rledit", archive(sound()))
    write("pack/deflated.rledit", archive(sound(), zipfile.ZIP_DEFLATED))
    # Each is refused.
    write("pack/link", archive(sound(), mode=0o120777))
    write("pack/twice", archive(sound(), more=[("script/t.lua", b"other")]))
    for name, bad in [("outside", "script/../../t.lua"), ("absolute", "/tmp/t.lua"), ("hidden", "script/.t.lua"),
                      ("backslash", "script\\\\t.lua"), ("folder", "script/sub/"), ("data", "examples.json")]:
        write(f"pack/{name}", archive({**sound(), bad: b"x"}))
    write("pack/changed-script", archive({**sound(), "script/t.lua": script + b"-- "}))
    write("pack/trust", archive(sound(options={**MANIFEST["options"], "trust": True})))
    write("pack/copy-outside", archive(sound(script={"source": "t", "copy": "../t.lua", "hash": sha(script)})))
    write("pack/bomb", archive({**sound(), "script/zeros": bytes(1 << 23)}, zipfile.ZIP_DEFLATED))
    huge = bytearray(archive(sound()))
    place = huge.rindex(b"PK\x01\x02") + 24
    huge[place:place + 4] = struct.pack("<I", 0xFFFFFFF0)
    write("pack/huge-size", bytes(huge))


if __name__ == "__main__":
    numpy_files()
    other_files()
    policy_files()
    onnx_files()
    pack_files()
