#!/usr/bin/env python3
"""Prints the tables of docs/results.md on policies that transfer, from what scripts/reproduce --transfer has left.

Usage: transfer_table.py pairs LABEL PAIRS.csv...     held-out pairs of runs, a row for each kind of class and stage
       transfer_table.py apply LABEL FIGURES.csv...   lines of scripts/reproduction/transfer_apply.lua, a row per way
       transfer_table.py bias FIGURES.csv...          lines of scripts/reproduction/transfer_bias.lua, a row per way
"""
import csv
import statistics
import sys


def row(label, pairs):
    """pairs: (retain before, forget after, retain after) in percent."""
    forget = [after for _, after, _ in pairs]
    change = [after - before for before, _, after in pairs]
    kept = [after for _, _, after in pairs]
    print(f"| {label} | {len(pairs)} | {statistics.mean(forget):.3f} ({max(forget):.2f}) | {statistics.mean(kept):.2f} | "
          f"{statistics.mean(change):+.2f} ({min(change):+.2f}) |")


def heads():
    print("| | pairs | forget % (worst) | retain % | against the unedited (worst) |\n| --- | --- | --- | --- | --- |")


def pairs(label, files):
    found = {}
    for path in files:
        for line in csv.DictReader(open(path)):
            if line["purpose"] == "heldout":
                key = (path, line["network"], line["class"], line["unseen_class"])
                found.setdefault(key, {})[line["set"], line["stage"]] = 100 * float(line["accuracy"])
    for unseen, words in (("1", "unseen digit"), ("0", "digit of training")):
        for stage, way in (("mean_policy", "zero-shot"), ("refined", "10 evaluations")):
            values = [value for key, value in found.items() if key[3] == unseen and ("forget", stage) in value]
            if values:
                row(f"{label}, {words}, {way}", [
                    (value["retain", "before"], value["forget", stage], value["retain", stage]) for value in values])


def apply(label, files):
    ways = {}
    for path in files:
        for _, _, _, unseen, way, _, before, forget, retain in csv.reader(open(path)):
            ways.setdefault(way, []).append((float(before), float(forget), float(retain)))
    for way, values in ways.items():
        row(f"{label}, {way}", values)


def bias(files):
    print("| | comments % | sentences % | FPED | FNED | better % | final AUC |\n|" + " --- |" * 7)
    ways = {}
    for path in files:
        for _, way, *figures in csv.reader(open(path)):
            ways.setdefault(way, []).append([float(figure) for figure in figures])
    for way, rows in ways.items():
        cells = [f"{statistics.mean(column):.{digits}f} ± {statistics.pstdev(column):.{digits}f}"
                 for column, digits in zip(zip(*rows), (2, 1, 2, 2, 0, 3))]
        print(f"| {way} | " + " | ".join(cells) + " |")


kind, arguments = sys.argv[1], sys.argv[2:]
if kind == "bias":
    bias(arguments)
else:
    {"pairs": pairs, "apply": apply, "heads": lambda *_: heads()}[kind](arguments[0] if arguments else "", arguments[1:])
