#!/usr/bin/env python3
"""Writes pictures of every kind that is read into the fuzzed readers' corpus, archives of such pictures, and the pixels that
Pillow and torchvision make of them: Tests/RLEditDataTests/Pictures/expected.json.

    python3 scripts/golden/pictures.py [cifar10-jpeg.tar.gz]   needs NumPy, Pillow, torch, torchvision

With an archive of CIFAR-10 as JPEGs it prints the hash of the decoded test images, which PictureTests holds.
"""
import base64
import gzip
import hashlib
import io
import json
import pathlib
import struct
import sys
import tarfile
import zlib

import numpy
import torch
import torchvision.transforms.functional as transforms
from PIL import Image, ImageOps

ROOT = pathlib.Path(__file__).resolve().parents[2]
CORPUS = ROOT / "Sources/RLEditTestSupport/Corpus"
EXPECTED = ROOT / "Tests/RLEditDataTests/Pictures/expected.json"
SIGNATURE = b"\x89PNG\r\n\x1a\n"


def scene(rows, columns, channels=3):
    """Smooth, with edges, no two channels alike; PictureResizingTests draws the same."""
    y, x, c = numpy.meshgrid(numpy.arange(rows), numpy.arange(columns), numpy.arange(channels), indexing="ij")
    wave = (x * (3 + c) + y * (5 - c)) % 256
    return numpy.where((x // 5 + y // 7 + c) % 3 == 0, 255 - wave, wave * wave // 255).astype(numpy.uint8)


def picture(rows, columns, mode="RGB"):
    return Image.fromarray(scene(rows, columns)).convert(mode)


def jpeg(image, **options):
    data = io.BytesIO()
    image.save(data, "JPEG", **options)
    return data.getvalue()


def exif(orientation, big):
    order, mark = (">", b"MM") if big else ("<", b"II")
    entry = struct.pack(order + "HHIHH", 0x0112, 3, 1, orientation, 0)
    other = struct.pack(order + "HHII", 0x0100, 4, 1, 7)
    return mark + struct.pack(order + "HIH", 42, 8, 2) + other + entry + struct.pack(order + "I", 0)


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def packed(samples, depth):
    """Rows of samples [rows, columns, channels] as PNG packs them."""
    rows = []
    for row in samples.reshape(len(samples), -1):
        if depth == 16:
            rows.append(row.astype(">u2").tobytes())
        elif depth == 8:
            rows.append(row.astype(numpy.uint8).tobytes())
        else:
            bits = "".join(format(value, f"0{depth}b") for value in row)
            bits += "0" * (-len(bits) % 8)
            rows.append(bytes(int(bits[i:i + 8], 2) for i in range(0, len(bits), 8)))
    return rows


def filtered(rows, pixel):
    """Each row with another of PNG's five filters."""
    result, above = b"", bytes(len(rows[0]) if rows else 0)
    for number, row in enumerate(rows):
        kind = number % 5
        left, corner = bytes(pixel) + row, bytes(pixel) + above
        line = []
        for i, value in enumerate(row):
            a, b, c = left[i], above[i], corner[i]
            near = min((abs(b - c), 0, a), (abs(a - c), 1, b), (abs(a + b - 2 * c), 2, c))[2]
            line.append((value - [0, a, b, (a + b) // 2, near][kind]) % 256)
        result += bytes([kind]) + bytes(line)
        above = row
    return result


def png(samples, depth, colour, interlaced=False, chunks=b"", after=b""):
    rows, columns, channels = samples.shape
    passes = [(0, 0, 1, 1)]
    if interlaced:
        passes = [(0, 0, 8, 8), (0, 4, 8, 8), (4, 0, 8, 4), (0, 2, 4, 4), (2, 0, 4, 2), (0, 1, 2, 2), (1, 0, 2, 1)]
    data = b""
    for top, left, down, right in passes:
        part = samples[top::down, left::right]
        if part.size:
            data += filtered(packed(part, depth), max(1, depth * channels // 8))
    header = struct.pack(">IIBBBBB", columns, rows, depth, colour, 0, 0, int(interlaced))
    return (SIGNATURE + chunk(b"IHDR", header) + chunks + chunk(b"IDAT", zlib.compress(data, 9)) + after
            + chunk(b"IEND", b""))


def pngs():
    """Name, file, and the pixels where Pillow does something else."""
    wide = scene(11, 13, 4).astype(int)
    deep = wide * 256 + (wide * 7 + 13) % 256
    rounded = ((deep + 128) // 257).astype(numpy.uint8)
    palette = bytes(scene(1, 200)[0].tobytes())
    for depth in (1, 2, 4, 8, 16):
        grey = deep[:, :, :1] >> (16 - depth)
        for interlaced in (False, True):
            name = f"grey{depth}{'-interlaced' if interlaced else ''}.png"
            yield name, png(grey, depth, 0, interlaced), rounded[:, :, :1] if depth == 16 else None
        if depth <= 8:
            count = min(200, 1 << depth)
            index = grey % count
            yield (f"palette{depth}.png", png(index, depth, 3, depth == 4, chunk(b"PLTE", palette[:3 * count])
                                              + chunk(b"tRNS", bytes([0, 128]))), None)
    for name, colour, channels in [("colour", 2, [0, 1, 2]), ("grey-alpha", 4, [0, 3]), ("colour-alpha", 6, [0, 1, 2, 3])]:
        kept = channels[:3] if colour != 4 else [0]
        yield f"{name}8.png", png(wide[:, :, channels], 8, colour, colour == 6), None
        yield f"{name}16.png", png(deep[:, :, channels], 16, colour, colour == 2), rounded[:, :, kept]
    yield "colour-transparent.png", png(wide[:, :, :3], 8, 2, chunks=chunk(b"tRNS", bytes([0, 1, 0, 2, 0, 3]))), None
    yield "one-pixel.png", png(wide[:1, :1, :3], 8, 2), None
    yield "orientation6.png", png(wide[:, :, :3], 8, 2, chunks=chunk(b"eXIf", exif(6, True))), None
    yield "orientation8-late.png", png(wide[:, :, :3], 8, 2, after=chunk(b"eXIf", exif(8, False))), None


def jpegs():
    image = picture(37, 50)
    yield "baseline.jpg", jpeg(image, quality=90)
    yield "full-colour.jpg", jpeg(image, quality=95, subsampling=0)
    yield "half-colour.jpg", jpeg(image, quality=70, subsampling=1)
    yield "low.jpg", jpeg(image, quality=20, subsampling=2, optimize=True)
    yield "progressive.jpg", jpeg(image, quality=80, progressive=True)
    yield "restarts.jpg", jpeg(image, quality=80, restart_marker_blocks=2)
    yield "grey.jpg", jpeg(picture(21, 9, "L"), quality=85)
    yield "grey-progressive.jpg", jpeg(picture(21, 9, "L"), quality=85, progressive=True)
    yield "one-pixel.jpg", jpeg(picture(1, 1))
    yield "rgb.jpg", jpeg(image, quality=85, keep_rgb=True)
    inks = jpeg(picture(18, 23, "CMYK"), quality=85)
    yield "cmyk.jpg", inks
    # The same components, said to be YCCK.
    place = inks.index(b"Adobe") + 11
    yield "ycck.jpg", inks[:place] + b"\x02" + inks[place + 1:]
    for orientation in range(1, 9):
        tags = b"Exif\0\0" + exif(orientation, orientation % 2 == 0)
        yield f"orientation{orientation}.jpg", jpeg(picture(17, 11), quality=90, exif=tags)
    yield "orientation9.jpg", jpeg(picture(5, 7), exif=b"Exif\0\0" + exif(9, False))


def hostile():
    """What must be refused, and why it could be dangerous."""
    sound = jpeg(picture(37, 50), quality=90)
    start = sound.index(b"\xff\xc0") + 5
    yield "bomb.jpg", sound[:start] + struct.pack(">HH", 65500, 65500) + sound[start + 4:]
    yield "short.jpg", sound[:start] + struct.pack(">HH", 9000, 9000) + sound[start + 4:]
    header = struct.pack(">IIBBBBB", 100_000, 100_000, 8, 2, 0, 0, 0)
    yield "bomb.png", SIGNATURE + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(bytes(1000))) + chunk(b"IEND", b"")
    header = struct.pack(">IIBBBBB", 9_000, 9_000, 8, 2, 0, 0, 0)
    yield "short.png", SIGNATURE + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(bytes(1000))) + chunk(b"IEND", b"")
    yield "cut.jpg", sound[:len(sound) // 2]
    yield "no-end.jpg", sound[:-2]
    whole = png(scene(11, 13).astype(int), 8, 2)
    yield "cut.png", whole[:len(whole) // 2]
    checksum = whole.index(b"IEND") - 5
    yield "bad-checksum.png", whole[:checksum] + bytes([whole[checksum] ^ 1]) + whole[checksum + 1:]
    middle = len(sound) * 2 // 3
    yield "marker-in-data.jpg", sound[:middle] + b"\xff\xd9" + sound[middle:]
    progressive = jpeg(picture(16, 16, "L"), progressive=True)
    scan = progressive.index(b"\xff\xda")
    end = progressive.index(b"\xff\xc4", scan)
    yield "many-scans.jpg", progressive[:scan] + progressive[scan:end] * 120 + progressive[end:]
    yield "webp.jpg", b"RIFF\x1a\0\0\0WEBPVP8L\x0d\0\0\0\x2f\0\0\0\x10\x07\x10\x11\x11\x88\x88\xfe\x07\0"
    yield "text.jpg", b"<html>not a picture</html>"
    yield "empty.jpg", b""


def archive(members, form, **headers):
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w", format=form, **headers) as tar:
        for name, contents in members:
            info = tarfile.TarInfo(name)
            if isinstance(contents, str):
                info.type, info.linkname = tarfile.SYMTYPE, contents
                tar.addfile(info)
            else:
                info.size = len(contents)
                tar.addfile(info, io.BytesIO(contents))
    return data.getvalue()


def archives():
    one, two = jpeg(picture(6, 6), quality=90), png(scene(6, 6).astype(int), 8, 2)
    members = [("photos/b/1.png", two), ("photos/a/2.jpg", one), ("photos/a/10.JPEG", one), ("photos/a/._2.jpg", b"x"),
               ("photos/readme.txt", b"text")]
    long = "photos/" + "long/" * 30
    yield "ustar.tar", archive(members, tarfile.USTAR_FORMAT)
    yield "ustar.tar.gz", gzip.compress(archive(members, tarfile.USTAR_FORMAT), mtime=0)
    yield "prefix.tar", archive([("p" * 90 + "/" + "q" * 60 + "/c/1.png", two)], tarfile.USTAR_FORMAT)
    yield "gnu-long.tar", archive([(long + "c/1.png", two), ("d/2.png", two)], tarfile.GNU_FORMAT)
    yield "pax-long.tar", archive([(long + "ü/1.png", two), ("d/2.png", two)], tarfile.PAX_FORMAT)
    yield "link.tar", archive([("a/1.png", two), ("a/2.png", "../../etc/passwd.png")], tarfile.USTAR_FORMAT)
    yield "climbs.tar", archive([("a/1.png", two), ("../b/1.png", two)], tarfile.USTAR_FORMAT)
    yield "absolute.tar", archive([("/a/1.png", two)], tarfile.USTAR_FORMAT)
    yield "cut.tar", archive(members, tarfile.USTAR_FORMAT)[:700]
    huge = bytearray(archive([("a/1.png", two)], tarfile.GNU_FORMAT))
    huge[124:136] = b"\x80" + (1 << 60).to_bytes(11, "big")
    huge[148:156] = b" " * 8
    huge[148:156] = b"%06o\0 " % sum(huge[:512])
    yield "huge-member.tar", bytes(huge)


def write(name, data):
    path = CORPUS / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


def description(pixels):
    rows, columns, channels = pixels.shape
    return {"rows": rows, "columns": columns, "channels": channels,
            "sha256": hashlib.sha256(numpy.ascontiguousarray(pixels).tobytes()).hexdigest()}


def by_pillow(data, channels=None):
    image = ImageOps.exif_transpose(Image.open(io.BytesIO(data)))
    if channels is None:
        channels = 1 if image.mode in ("1", "L", "LA", "I;16", "I") else 3
    pixels = numpy.asarray(image.convert("RGB"))
    return pixels[:, :, :1] if channels == 1 else pixels


def resized():
    """50 pictures of odd sizes, with sizes to which they are brought.

    Rows first and columns second, as torchvision does: Pillow from 13 on does what is quicker, to a level. (torchvision makes
    equal rows of pictures that become one pixel wide, a bug of PyTorch's: no size is 1.)
    """
    result = []
    for number in range(50):
        rows, columns, size = 5 + number * 37 % 91, 4 + number * 53 % 127, 2 + number * 7 % 24
        pixels = scene(rows, columns)
        by_torch = torch.from_numpy(pixels).permute(2, 0, 1)
        by_torch = transforms.center_crop(transforms.resize(by_torch, size, antialias=True), [size, size])
        short = min(rows, columns)
        tall, wide = [size * side // short for side in (rows, columns)]
        image = Image.fromarray(pixels).resize((wide, rows), Image.BILINEAR).resize((wide, tall), Image.BILINEAR)
        image = transforms.center_crop(image, [size, size])
        result.append({"rows": rows, "columns": columns, "size": size,
                       "torchvision": base64.b64encode(by_torch.permute(1, 2, 0).numpy().tobytes()).decode(),
                       "pillow": hashlib.sha256(numpy.asarray(image).tobytes()).hexdigest()})
    return result


def cifar(path):
    images = {}
    with tarfile.open(path) as tar:
        for member in tar:
            if member.isfile() and member.name.startswith("cifar10/test/"):
                image = Image.open(io.BytesIO(tar.extractfile(member).read())).convert("RGB")
                images[member.name.encode()] = numpy.asarray(image).transpose(2, 0, 1).tobytes()
    digest = hashlib.sha256()
    for name in sorted(images):
        digest.update(images[name])
    print(len(images), "test images:", digest.hexdigest())


def main():
    expected = {}
    for name, data in jpegs():
        write("picture/" + name, data)
        expected[name] = description(by_pillow(data))
    for name, data, pixels in pngs():
        write("picture/" + name, data)
        if pixels is None:
            pixels = by_pillow(data)
        expected[name] = description(pixels)
    for name, data in hostile():
        write("picture/" + name, data)
    for name, data in archives():
        write("tar/" + name, data)
    luma = numpy.asarray(Image.fromarray(scene(37, 50)).convert("L"))
    EXPECTED.parent.mkdir(parents=True, exist_ok=True)
    EXPECTED.write_text(json.dumps(
        {"pictures": expected, "resized": resized(), "luma": description(luma[:, :, None])["sha256"]}, indent=1,
        sort_keys=True) + "\n")
    for path in sys.argv[1:]:
        cifar(path)


if __name__ == "__main__":
    main()
