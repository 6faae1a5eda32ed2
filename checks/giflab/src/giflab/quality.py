"""How far one frame is from another. Frames are HxWx3 uint8 RGB of the same shape.

Structure is compared on luma (ITU-R BT.601), the rest on colour.
"""

import math

import cv2
import numpy as np
import numpy.typing as npt

from .frames import Frame

#: Largest pixel value, the L of the formulas.
PEAK = 255.0

#: PSNR of two equal images, dB; the formula has no finite value there, and JSON no infinity.
IDENTICAL_PSNR_DB = 100.0

#: Exponents of the five scales, Wang, Simoncelli and Bovik 2003.
MS_SSIM_WEIGHTS = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)

#: The constant of gradient similarity for pixel values 0-255, Xue et al. 2014.
GMSD_CONSTANT = 170.0

_WINDOW, _SIGMA = 11, 1.5
_C1, _C2 = (0.01 * PEAK) ** 2, (0.03 * PEAK) ** 2
_COLOR_BINS = 8

_Plane = npt.NDArray[np.float64]


def _check(first: Frame, second: Frame) -> None:
    if first.shape != second.shape:
        raise ValueError(f"frames differ in shape: {first.shape} and {second.shape}")


def luma(frame: Frame) -> _Plane:
    """Return the BT.601 luma of an HxWx3 frame, HxW float64 0-255."""
    plane: _Plane = frame @ np.array([0.299, 0.587, 0.114])
    return plane


def mse(first: Frame, second: Frame) -> float:
    """Mean squared error over all pixels and channels, 0 (equal) to 65025."""
    _check(first, second)
    difference = first.astype(np.float64) - second
    return float(np.mean(difference * difference))


def psnr_from_mse(error: float) -> float:
    """Peak signal-to-noise ratio in dB, 10 log10(255^2 / MSE); 100 for equal images and at most."""
    if error <= 0:
        return IDENTICAL_PSNR_DB
    return min(IDENTICAL_PSNR_DB, 10 * math.log10(PEAK * PEAK / error))


def _blur(plane: _Plane, window: int) -> _Plane:
    blurred = cv2.GaussianBlur(plane, (window, window), _SIGMA, borderType=cv2.BORDER_REFLECT)
    margin, (height, width) = window // 2, plane.shape
    # Only where the whole window lies inside the image, as in the reference.
    return np.asarray(blurred[margin : height - margin, margin : width - margin], dtype=np.float64)


def _ssim_terms(x: _Plane, y: _Plane) -> tuple[float, float]:
    """Return mean SSIM and mean contrast-structure of two planes.

    An image smaller than the window gets the largest odd window that fits.
    """
    smallest = min(x.shape)
    window = min(_WINDOW, smallest - 1 + smallest % 2)
    mean_x, mean_y = _blur(x, window), _blur(y, window)
    var_x = _blur(x * x, window) - mean_x * mean_x
    var_y = _blur(y * y, window) - mean_y * mean_y
    covariance = _blur(x * y, window) - mean_x * mean_y
    contrast = (2 * covariance + _C2) / (var_x + var_y + _C2)
    luminance = (2 * mean_x * mean_y + _C1) / (mean_x * mean_x + mean_y * mean_y + _C1)
    return float(np.mean(luminance * contrast)), float(np.mean(contrast))


def ssim(first: Frame, second: Frame) -> float:
    """Structural similarity, -1 to 1 (equal).

    Wang, Bovik, Sheikh and Simoncelli 2004, "Image quality assessment: from error visibility to structural
    similarity": Gaussian window 11x11, sigma 1.5, K1 = 0.01, K2 = 0.03, valid region only.
    """
    _check(first, second)
    return _ssim_terms(luma(first), luma(second))[0]


def _halve(plane: _Plane) -> _Plane:
    """Average 2x2 blocks; an odd last row or column is dropped."""
    height, width = plane.shape[0] // 2 * 2, plane.shape[1] // 2 * 2
    even = plane[:height, :width]
    return (even[::2, ::2] + even[1::2, ::2] + even[::2, 1::2] + even[1::2, 1::2]) / 4


def ms_ssim(first: Frame, second: Frame) -> float:
    """Multi-scale structural similarity, 0 to 1 (equal).

    Wang, Simoncelli and Bovik 2003, "Multiscale structural similarity for image quality assessment": the
    product of contrast-structure at each scale and SSIM at the coarsest, each to its weight. An image too
    small for five scales (the window has to fit) uses as many as fit, their weights scaled to the same sum.
    A negative term, which has no real power, counts as 0.
    """
    _check(first, second)
    x, y = luma(first), luma(second)
    similarity, contrast = _ssim_terms(x, y)
    terms = [similarity]
    while len(terms) < len(MS_SSIM_WEIGHTS) and min(x.shape) // 2 >= _WINDOW:
        terms[-1] = contrast
        x, y = _halve(x), _halve(y)
        similarity, contrast = _ssim_terms(x, y)
        terms.append(similarity)
    weights = MS_SSIM_WEIGHTS[: len(terms)]
    total = sum(weights) / sum(MS_SSIM_WEIGHTS)
    return math.prod(math.pow(max(term, 0.0), w / total) for term, w in zip(terms, weights, strict=True))


def _gradient(plane: _Plane) -> _Plane:
    kernel = np.array([[1.0, 0.0, -1.0]] * 3) / 3  # Prewitt
    across = cv2.filter2D(plane, cv2.CV_64F, kernel, borderType=cv2.BORDER_REPLICATE)
    down = cv2.filter2D(plane, cv2.CV_64F, kernel.T, borderType=cv2.BORDER_REPLICATE)
    return np.hypot(across, down)


def gmsd(first: Frame, second: Frame) -> float:
    """Gradient magnitude similarity deviation, 0 (equal) upwards; 0.35 is already bad.

    Xue, Zhang, Mou and Bovik 2014, "Gradient magnitude similarity deviation": Prewitt gradients of luma at
    half size, the standard deviation of their similarity. Edges of the image are replicated, not zero.
    """
    _check(first, second)
    x, y = luma(first), luma(second)
    if min(x.shape) >= 4:  # smaller ones have nothing left to lose by halving
        x, y = _halve(x), _halve(y)
    a, b = _gradient(x), _gradient(y)
    similarity = (2 * a * b + GMSD_CONSTANT) / (a * a + b * b + GMSD_CONSTANT)
    return float(np.std(similarity))


def edges(frame: Frame) -> npt.NDArray[np.bool_]:
    """Return where a frame has edges, HxW, after Canny 1986 with thresholds 50 and 150 on luma."""
    return np.asarray(cv2.Canny(np.rint(luma(frame)).astype(np.uint8), 50, 150)) > 0


def edge_similarity(first: Frame, second: Frame) -> float:
    """Share of edge pixels two frames have in common (Jaccard's index), 0 to 1; 1 when neither has any."""
    _check(first, second)
    a, b = edges(first), edges(second)
    union = int(np.count_nonzero(a | b))
    return 1.0 if union == 0 else int(np.count_nonzero(a & b)) / union


def _histogram(frame: Frame) -> _Plane:
    counts = cv2.calcHist([frame], [0, 1, 2], None, [_COLOR_BINS] * 3, [0, 256] * 3)
    return np.asarray(counts, dtype=np.float64).ravel()


def color_histogram_correlation(first: Frame, second: Frame) -> float:
    """Pearson's correlation of joint RGB histograms of 8x8x8 bins, -1 to 1 (equal).

    Histograms of colours as in Swain and Ballard 1991, "Color indexing". Where one of them is entirely flat
    the correlation is undefined: 1 if both are, else 0.
    """
    _check(first, second)
    a, b = _histogram(first), _histogram(second)
    a, b = a - a.mean(), b - b.mean()
    norm = math.sqrt(float(a @ a) * float(b @ b))
    if norm == 0:
        return float(not a.any() and not b.any())
    return max(-1.0, min(1.0, float(a @ b) / norm))


def temporal_information(previous: Frame, current: Frame) -> float:
    """How much changes from one frame to the next, 0 upwards: TI of ITU-T P.910, before its maximum is taken.

    The standard deviation over the image of the difference in luma.
    """
    _check(previous, current)
    return float(np.std(luma(current) - luma(previous)))


def change_similarity(first: float, second: float) -> float:
    """How alike two amounts of change are, 0 to 1 (equal), in the form of SSIM's contrast term."""
    return (2 * first * second + _C2) / (first * first + second * second + _C2)
