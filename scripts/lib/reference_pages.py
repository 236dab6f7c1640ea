#!/usr/bin/env python3
"""Writes a reference page for each annotation file.

Usage: reference_pages.py LIBRARY PAGES      the folder with rledit.lua and rledit/*.lua, and the one for the pages
"""
import pathlib
import re
import sys


class Entry:
    """A class or function with the comment lines above it."""

    def __init__(self, kind, name, comment, tags, parent=None):
        self.kind = kind
        self.name = name
        self.comment = comment
        self.tags = tags
        self.parent = parent


def entries(text):
    """Classes and functions of a file, in order."""
    comment, tags = [], []
    for line in text.splitlines():
        if line.startswith("---@"):
            tags.append(line[4:])
        elif line.startswith("---"):
            comment.append(line[4:] if line.startswith("--- ") else line[3:])
        else:
            function = re.match(r"function ([\w.]+[.:]\w+\(.*\)) end", line)
            class_tag = next((tag for tag in tags if tag.startswith("class ")), None)
            if function:
                yield Entry("function", function.group(1), comment, tags)
            elif class_tag:
                name, _, parent = class_tag.split(" ", 1)[1].partition(":")
                yield Entry("class", name, comment, tags, parent.strip())
            elif any(tag.startswith("alias ") for tag in tags):
                yield Entry("alias", "", comment, tags)
            comment, tags = [], []


def split_type(text):
    """The type at the start of a tag, which may hold spaces inside of brackets, and the words after it."""
    depth = 0
    for index, letter in enumerate(text):
        depth += letter in "({[<"
        depth -= letter in ")}]>"
        ends_type = letter == " " and depth == 0 and text[index - 1] not in ":,|" and text[index + 1] != "|"
        if ends_type:
            return text[:index], text[index + 1:].strip()
    return text, ""


def item(name, rest):
    kind, words = split_type(rest)
    return f"- `{name}` (`{kind}`)" + (f": {words}" if words else "")


def page(text):
    module = re.match(r"---@meta (\S+)", text).group(1)
    short = module.split(".")[-1]
    lines = ["<!-- Written by scripts/reference from what the bindings say of themselves. -->", ""]
    if not re.search(rf"^---@class {re.escape(module)}$", text, re.M):
        # Objects without a module of their own to make them.
        lines += [f"# {module}", ""]
    found = list(entries(text))
    functions = [entry for entry in found if entry.kind == "function" and entry.name.startswith(short + ".")]
    for entry in found:
        fields = [tag.split(" ", 2)[1:] for tag in entry.tags if tag.startswith("field ")]
        fields = [(name, rest) for name, rest in fields if not name.startswith("[")]
        operators = [tag.split(" ", 1)[1] for tag in entry.tags if tag.startswith("operator ")]
        if entry.kind == "class" and entry.name == module:
            lines += [f"# {module}", "", *entry.comment, ""]
            lines += ["## Functions", ""] if functions else []
            for name, rest in fields:
                kind, words = split_type(rest)
                lines += [f"### `{short}.{name}`", "", f"`{kind}`" + (f": {words}" if words else ""), ""]
        elif entry.kind == "class":
            lines += [f"## {entry.name}", ""] + ([*entry.comment, ""] if entry.comment else [])
            if entry.parent:
                lines += [f"All fields of `{entry.parent}`, and:", ""]
            owner = entry.name.split(".")[-1]
            is_object = re.search(rf"^local {owner} = ", text, re.M)
            if not is_object:
                lines += [item(name, rest) for name, rest in fields] + [""]
            for name, rest in fields if is_object else []:
                kind, words = split_type(rest)
                lines += [f"### `{owner}.{name}`", "", f"`{kind}`" + (f": {words}" if words else ""), ""]
            if operators:
                symbols = {"add": "+", "sub": "-", "mul": "*", "div": "/", "pow": "^", "unm": "unary -", "len": "#"}
                names = [re.match(r"\w+", operator).group() for operator in operators]
                lines += ["Operators: " + ", ".join(f"`{symbols.get(name, name)}`" for name in names) + ".", ""]
        elif entry.kind == "function":
            lines += [f"### `{entry.name}`", "", *entry.comment, ""]
            parameters = [tag.split(" ", 2)[1:] for tag in entry.tags if tag.startswith("param ")]
            lines += [item(name, rest) for name, rest in parameters]
            results = [tag.split(" ", 1)[1] for tag in entry.tags if tag.startswith("return ")]
            for result in results:
                kind, words = split_type(result)
                lines.append(f"- returns `{kind}`" + (f" {words}" if words else ""))
            lines += [""] if parameters or results else []
        else:
            for tag in entry.tags:
                if not tag.startswith("alias "):
                    continue
                name, rest = tag.split(" ", 2)[1:]
                kind, words = split_type(rest)
                lines += [f"## {name}", ""] + ([*entry.comment, ""] if entry.comment else [])
                lines += [f"`{kind}`" + (f": {words}" if words else ""), ""]
    return "\n".join(lines).rstrip() + "\n"


def main(library, pages):
    library, pages = pathlib.Path(library), pathlib.Path(pages)
    pages.mkdir(parents=True, exist_ok=True)
    for source in [library / "rledit.lua", *sorted((library / "rledit").glob("*.lua"))]:
        (pages / (source.stem + ".md")).write_text(page(source.read_text()))


if len(sys.argv) != 3:
    sys.exit(__doc__)
main(*sys.argv[1:])
