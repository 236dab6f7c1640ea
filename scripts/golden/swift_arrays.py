"""Numbers as an array of Swift, for the scripts beside this file."""
import numpy as np


def numbers(values, digits=9):
    text = [f"{float(value):.{digits}g}" for value in np.ravel(values)]
    lines, line = [], "       "
    for item in text:
        if len(line) + len(item) > 110:
            lines.append(line)
            line = "       "
        line += f" {item},"
    return "[\n" + "\n".join([*lines, line]) + "\n    ]"
