"""Codes drawn as SVG: a QR code and the bars of Code 128, sharp at every size.

Apart from the pages because drawing knows nothing of customers. The text of a code is never
written out: it is worth money while it lives.
"""

import importlib
from io import BytesIO
from typing import Any

QUIET_MODULES = 10  # of a linear symbol, ISO/IEC 15417
BARS_HEIGHT_MODULES = 44


def qr_svg(text: str) -> str:
    """`text` as a QR code with its quiet zone: an `<svg>` that fills its box."""
    import segno

    drawn = BytesIO()
    # Never `make`: digits alone would become a Micro QR code, which tills need not read.
    segno.make_qr(text, error="m").save(
        drawn,
        kind="svg",
        border=4,
        dark="#000",
        light="#fff",
        xmldecl=False,
        omitsize=True,
        nl=False,
        svgclass="qr",
        lineclass=None,
    )
    return drawn.getvalue().decode()


def bars_svg(digits: str) -> str:
    """`digits` as Code 128 with its quiet zones: an `<svg>` that fills the width of its box."""
    barcode: Any = importlib.import_module("barcode")  # untyped
    modules: str = barcode.get_barcode_class("code128")(digits).build()[0]
    width = len(modules) + 2 * QUIET_MODULES
    bars, at = [], 0
    for run in modules.replace("01", "0 1").replace("10", "1 0").split():
        if run[0] == "1":
            bars.append(f"M{QUIET_MODULES + at} 0h{len(run)}v{BARS_HEIGHT_MODULES}h-{len(run)}z")
        at += len(run)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="bars" preserveAspectRatio="none" '
        f'viewBox="0 0 {width} {BARS_HEIGHT_MODULES}" shape-rendering="crispEdges">'
        f'<path fill="#fff" d="M0 0h{width}v{BARS_HEIGHT_MODULES}h-{width}z"/>'
        f'<path d="{"".join(bars)}"/></svg>'
    )
