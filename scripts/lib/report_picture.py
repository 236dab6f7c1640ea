#!/usr/bin/env python3
"""Takes a picture out of a report as a standalone SVG file, for a page that shows it.

Usage: report_picture.py REPORT.html "TITLE" FILE.svg      the picture of that title, "retain accuracy by rank"

The legend beside it comes along; colours are those of light pages.
"""
import html
import re
import sys

LEGEND_HEIGHT = 24


def main(report, title, target):
    page = open(report, encoding="utf-8").read()
    style = re.search(r"<style>(.*?)</style>", page, re.S)[1]
    colours = re.search(r":root\{([^}]*)\}", style)[1]
    # Rules of shapes and text alone; what lays out the page has no place in a picture.
    rules = [rule for rule in re.findall(r"([^{}]+\{[^{}]*\})", style.split("table{")[-1])
             if re.match(r"\s*(text|\.grid|\.axis|\.line|\.band|\.ring|\.error|\.frame|\.fill|\.dot|\.cloud|\.a\d)", rule)]
    for figure in re.findall(r"<figure>.*?</figure>", page, re.S):
        chart = re.search(r'<svg viewBox="0 0 ([\d.]+) ([\d.]+)" role="img".*?</svg>', figure, re.S)
        if chart and f"<title>{html.escape(title)}</title>" in chart[0]:
            break
    else:
        sys.exit(f"{report}: there is no picture '{title}'")
    width, height = float(chart[1]), float(chart[2])
    legend, x = [], 64.0
    for mark, name in re.findall(r"<span>(<svg.*?</svg>)([^<]*)</span>", figure, re.S):
        shape = re.search(r"<svg[^>]*>(.*)</svg>", mark, re.S)[1]
        legend.append(f'<g transform="translate({x:.0f} 4)">{shape}<text x="28" y="11">{name}</text></g>')
        x += 44 + 7 * len(html.unescape(name))
    inner = re.search(r"<svg[^>]*>(.*)</svg>", chart[0], re.S)[1]
    for name, value in re.findall(r"(--\w+):([^;]+)", colours):
        rules = [rule.replace(f"var({name})", value.strip()) for rule in rules]
    picture = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height + LEGEND_HEIGHT:.0f}" role="img" '
        f'font-family="system-ui, DejaVu Sans, sans-serif">\n<style>{"".join(rule.strip() for rule in rules)}</style>\n'
        f'<rect width="100%" height="100%" fill="#fff"/>\n{"".join(legend)}\n'
        f'<g transform="translate(0 {LEGEND_HEIGHT})">{inner}</g>\n</svg>\n')
    open(target, "w", encoding="utf-8").write(picture)


if len(sys.argv) != 4:
    sys.exit(__doc__.split("\n\n")[1])
main(*sys.argv[1:])
