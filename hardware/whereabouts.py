"""Where in a frame a code seems to be, when none was read: by its corners, its busyness, its light.

Apart from the aim because these are ways of looking, and the aim is what to say about it.
"""

from typing import Any

from hardware.devices import Luma

Box = tuple[int, int, int, int]  # left, top, right, bottom

BRIGHT_LEVEL = 128
BRIGHT_OF_FRAME_MIN = 0.03
PATCH_BLOCK_PX = 16
PATCH_LEVELS_MIN = 26.0  # standard deviation within a block: edges of modules or bars
BLOCKS_MIN = 3
SLENDER_MIN = 3.2  # length by breadth of what is an edge of the phone, not a code


def finders_of(small: Luma, cv2: Any) -> list[Box]:
    """The finder patterns of QR codes: a square in a ring in a ring (ISO/IEC 18004 6.3.3)."""
    inked = cv2.adaptiveThreshold(
        small, 255, cv2.ADAPTIVE_THRESH_MEAN_C, cv2.THRESH_BINARY_INV, 41, 6
    )
    contours, tree = cv2.findContours(inked, cv2.RETR_TREE, cv2.CHAIN_APPROX_SIMPLE)
    if tree is None:
        return []
    import numpy as np

    children = tree[0][:, 2]  # the first contour within each, -1 where there is none
    grandchildren = np.where(children >= 0, children[children], -1)
    found = []
    for number in np.flatnonzero(grandchildren >= 0).tolist():
        outer, middle, inner = (
            cv2.boundingRect(contours[each])
            for each in (number, children[number], grandchildren[number])
        )
        if _square(outer) and _square(inner) and _nested(outer, middle, inner):
            left, top, across, down = outer
            found.append((left, top, left + across, top + down))
    return _alike(found)


def _square(box: tuple[int, ...]) -> bool:
    across, down = box[2:]
    return min(across, down) >= 3 and max(across, down) <= 1.6 * min(across, down)


def _nested(*boxes: tuple[int, ...]) -> bool:
    """Whether the sides are as 7 : 5 : 3, within what a small or blurred picture allows."""
    outer, middle, inner = (max(box[2:]) for box in boxes)
    return 1.1 <= outer / middle <= 2.2 and 1.15 <= middle / inner <= 3.0 and inner < outer * 0.65


def _alike(found: list[Box]) -> list[Box]:
    """The largest group of about the same size."""
    best: list[Box] = []
    for one in found:
        side = one[2] - one[0]
        group = [other for other in found if 0.6 <= (other[2] - other[0]) / side <= 1.6]
        best = max(best, group, key=len)
    return best


def thinned(luma: Luma, small: Luma) -> Luma:
    """Single pixels of the frame at the size of `small`: means would grey out the finest bars."""
    rows = -(-luma.shape[0] // small.shape[0])
    columns = -(-luma.shape[1] // small.shape[1])
    return luma if (rows, columns) == (1, 1) else luma[::rows, ::columns]


def patch_of(small: Luma, cv2: Any) -> Box | None:
    """The largest patch of busy blocks, as modules and bars make them; None where all is calm."""
    import numpy as np

    rows, columns = (side // PATCH_BLOCK_PX for side in small.shape)
    if not rows or not columns:
        return None
    cut = small[: rows * PATCH_BLOCK_PX, : columns * PATCH_BLOCK_PX].astype(np.float32)
    blocks = cut.reshape(rows, PATCH_BLOCK_PX, columns, PATCH_BLOCK_PX)
    spread = np.sqrt(np.maximum(0, (blocks**2).mean((1, 3)) - blocks.mean((1, 3)) ** 2))
    busy = (spread >= PATCH_LEVELS_MIN).astype(np.uint8)
    # Edges of a phone are one block wide, and would tie a code to the rest of the picture.
    busy = cv2.morphologyEx(busy, cv2.MORPH_OPEN, np.ones((2, 2), np.uint8))
    count, _, stats, _ = cv2.connectedComponentsWithStats(busy, connectivity=8)
    filled = [
        tuple(int(value) for value in stats[each][:5])
        for each in range(1, count)
        # A patch, not the outline of a phone: most of its box is busy.
        if stats[each][4] >= max(BLOCKS_MIN, 0.5 * stats[each][2] * stats[each][3])
    ]
    if not filled:
        return None
    left, top, across, down, _ = max(filled, key=lambda patch: patch[4])
    if max(across, down) >= SLENDER_MIN * min(across, down):
        return None
    scale = PATCH_BLOCK_PX
    return left * scale, top * scale, (left + across) * scale, (top + down) * scale


def bright_of(small: Luma, cv2: Any) -> Box | None:
    """The largest lit patch, as a phone's screen is; None where there is none."""
    import numpy as np

    lit = (small >= BRIGHT_LEVEL).astype(np.uint8)
    count, _, stats, _ = cv2.connectedComponentsWithStats(lit, connectivity=4)
    patches = [tuple(int(value) for value in stats[each][:5]) for each in range(1, count)]
    left, top, across, down, area = max(patches, key=lambda patch: patch[4], default=(0,) * 5)
    if area < BRIGHT_OF_FRAME_MIN * small.size:
        return None
    return left, top, left + across, top + down
