"""Rows of figures as a table for people, as JSON and as a picture."""

import json

COLUMNS = (
    ("", "<44"), ("Lodger/s", ">9"), ("MiB/s", ">6"), ("CPU us", ">7"), ("waits", ">6"),
    ("Linux/s", ">9"), ("MiB/s", ">6"), ("CPU us", ">7"), ("waits", ">6"), ("ratio", ">6"),
)  # fmt: skip


def table(title, rows):
    """Text; `waits` is how often the guest waited for each request."""
    lines = [title, _line([name for name, _ in COLUMNS])]
    for row in rows:
        ratio = f"{row.ratio:.2f}" if row.ratio else "-"
        ours, theirs = _cells(row.ours, row.unit), _cells(row.theirs, row.unit)
        lines.append(_line([row.label, *ours, *theirs, ratio]))
    return "\n".join(lines)


def _line(cells):
    return " ".join(format(cell, width) for cell, (_, width) in zip(cells, COLUMNS)).rstrip()


def _cells(figure, unit):
    if not figure:
        return ["-"] * 4
    mebibytes = f"{figure.per_second * unit / (1 << 20):.0f}" if unit else ""
    waits = f"{figure.waits / figure.requests:.2f}"
    return [_rate(figure), mebibytes, f"{figure.cpu_us:.2f}", waits]


def _rate(figure):
    """A second; of what takes seconds itself, with its fractions."""
    return f"{figure.per_second:.{0 if figure.per_second >= 10 else 3}f}"


def as_json(rows):
    return [
        {"what": row.label, "bytes": row.unit, "ratio": row.ratio,
         "lodger": row.ours and vars(row.ours), "linux": row.theirs and vars(row.theirs)}
        for row in rows
    ]  # fmt: skip


def write_json(path, about, results):
    """`results` is by the setup's and the comparison's name."""
    path.write_text(json.dumps({**about, "results": results}, indent=2) + "\n")


BAR, LEFT, SCALE, WIDTH = 18, 300, 60, 900


def write_svg(path, title, rows):
    """Bars of how many times as many requests a second as Linux, which is the line at 1."""
    rows = [row for row in rows if row.ratio]
    height = 50 + len(rows) * (BAR + 8)
    scale = min(SCALE, (WIDTH - LEFT - 190) / max([row.ratio for row in rows], default=1))
    parts = [_text(10, 22, title, "bold")]
    for index, row in enumerate(rows):
        y = 40 + index * (BAR + 8)
        length = row.ratio * scale
        words = f"{row.ratio:.2f} ({_rate(row.ours)}/s, {_rate(row.theirs)}/s)"
        parts.append(f'<rect x="{LEFT}" y="{y}" width="{length:.1f}" height="{BAR}" '
                     'fill="#4878a8"/>')  # fmt: skip
        parts.append(_text(10, y + 14, row.label) + _text(LEFT + length + 6, y + 14, words))
    line = LEFT + scale
    parts.append(f'<line x1="{line:.1f}" x2="{line:.1f}" y1="34" y2="{height - 10}" '
                 'stroke="black" stroke-dasharray="4"/>')  # fmt: skip
    path.write_text(
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" '
        'font-family="sans-serif" font-size="13">\n<rect width="100%" height="100%" '
        'fill="white"/>\n' + "\n".join(parts) + "\n</svg>\n"
    )


def _text(x, y, words, weight="normal"):
    words = words.replace("&", "&amp;").replace("<", "&lt;")
    return f'<text x="{x:.1f}" y="{y}" font-weight="{weight}">{words}</text>'
