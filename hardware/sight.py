"""Whether the pictures of a camera can show anything at all: too small, black, white or noise.

Apart from the drivers, for which such a picture is as good as any other, and from the aim, which
judges how a code is held: here it is the camera that needs a person.
"""

from hardware.devices import Frame, Luma

LASTS_S = 5.0  # a thumb on the lens is no fault
SIDE_PX_MIN = 160
STEP_PX = 16
BLACK_LEVEL_MAX = 12  # of the brightest hundredth
WHITE_LEVEL_MIN = 250  # of the darkest hundredth
NOISE_SIDE_PX = 96
NOISE_LEVELS_MIN = 15.0  # standard deviation
NOISE_LIKENESS_MAX = 0.15  # correlation of neighbours; 0.9 and more in a picture of anything


class Sight:
    """Says what is wrong with the pictures once it has lasted five seconds."""

    def __init__(self) -> None:
        self._fault: str | None = None
        self._since_s = 0.0

    def fault(self, frame: Frame) -> str | None:
        """One sentence with the remedy, or None. Takes every frame, in their order."""
        fault = _fault(frame.luma)
        if fault != self._fault:
            self._fault, self._since_s = fault, frame.taken_at_s
        return fault if frame.taken_at_s - self._since_s >= LASTS_S else None


def _fault(luma: Luma) -> str | None:
    import numpy as np

    height, width = luma.shape
    if min(height, width) < SIDE_PX_MIN:
        return (
            f"The camera's pictures of {width} x {height} are too small to read codes:"
            " set it to 1280 x 720."
        )
    darkest, brightest = np.percentile(luma[::STEP_PX, ::STEP_PX], (1, 99))
    if brightest <= BLACK_LEVEL_MAX:
        return "The camera sees only black: uncover its lens and switch on a light."
    if darkest >= WHITE_LEVEL_MIN:
        return "The camera sees only white: turn it away from the light, or lower its exposure."
    if _is_noise(luma):
        return "The camera's picture is only noise: check its cable."
    return None


def _is_noise(luma: Luma) -> bool:
    """True where neighbours in the middle of the picture have nothing in common."""
    import numpy as np

    top = (luma.shape[0] - NOISE_SIDE_PX) // 2
    left = (luma.shape[1] - NOISE_SIDE_PX) // 2
    middle = luma[top : top + NOISE_SIDE_PX, left : left + NOISE_SIDE_PX].astype(np.float32)
    spread = float(middle.std())
    if spread < NOISE_LEVELS_MIN:
        return False
    middle -= middle.mean()
    likeness = float((middle[:, 1:] * middle[:, :-1]).mean()) / spread**2
    return likeness <= NOISE_LIKENESS_MAX
