"""Cut an aligned page into Crops, one per field: upright, at one resolution, freed of printed boxes."""

import hashlib
import math
from collections.abc import Sequence
from dataclasses import replace

import cv2
import numpy as np

from recognizer.align.alignment import Alignment, scaling, transform
from recognizer.clean import measure_field, remove_lines
from recognizer.clean.rank import percentile
from recognizer.clean.survey import paper_brightness
from recognizer.form import Box, Field
from recognizer.frame import ink_level
from recognizer.page import Page, Step
from recognizer.reading import Crop
from recognizer.view import Sight

CROP_DPI = 200.0
FIELD_MARGIN = 0.12
MARK_MARGIN = 0.25
"""What is kept around a box, as a share of its height: writing overflows, and ticks more than writing."""

LEAST_MARGIN_PX = 6
LEAST_INK = 24
INSET_INCH = 0.02
"""What does not reach this far into the box is not writing: half a printed line's width and the alignment's error."""

FIELD_HEIGHT_INCH = 0.4
"""What the height of a field's image is taken for where its resolution is unknown."""


def cut(page: Page, alignment: Alignment, *, dpi: float = CROP_DPI) -> tuple[Crop, ...]:
    """The crops of all fields, in the form's order.

    The page's pixels are interpolated once: field, turn, perspective and resolution are one matrix. What lies beyond
    the page's edge is filled with the shade of its paper.
    """
    origin = f"{page.scan_digest}:{page.page_no}:{alignment.form_digest}"
    paper = _paper(page.image)
    sight = Sight(page.image, alignment.matrix, alignment.form.page.dpi, paper)
    shown = [_union((field.box, *_boxes(field))) for field in alignment.form.fields]
    crops = []
    for field, whole in zip(alignment.form.fields, shown, strict=True):
        span, scale = _span(field), dpi / alignment.form.page.dpi
        margin = _margin(field, span[3] * scale)
        size = math.ceil(span[2] * scale) + 2 * margin + 1, math.ceil(span[3] * scale) + 2 * margin + 1
        to_form = np.array(
            [[1 / scale, 0, span[0] - margin / scale], [0, 1 / scale, span[1] - margin / scale], [0, 0, 1]]
        )
        image = _warped(page.image, np.linalg.inv(alignment.matrix) @ to_form, size, paper)
        step = Step(
            name="cut",
            settings={"dpi": dpi, "margin_px": margin, "x": span[0], "y": span[1], "w": span[2], "h": span[3]},
        )
        boxes = tuple(_in_crop(box, span, scale, scale, margin) for box in _boxes(field))
        crop = _crop(image, field, dpi, boxes, (step,), origin, lines=True)
        crops.append(replace(crop, view=sight.view(whole, [other for other in shown if other is not whole])))
    return _with_ink_level(crops)


def cut_image(image: np.ndarray, field: Field, dpi: float | None = None, *, lines: bool = True) -> Crop:
    """The crop of a field that was cut already: `image`, (height, width) uint8, is the field's box, no more.

    `lines` says whether printed box lines may be on it. Without `dpi` the field is taken for 0.4 inch high.
    """
    dpi = dpi or image.shape[0] / FIELD_HEIGHT_INCH
    digest = hashlib.sha256(f"{image.shape}".encode() + image.tobytes()).hexdigest()
    scale = CROP_DPI / dpi
    width, height = max(1, round(image.shape[1] * scale)), max(1, round(image.shape[0] * scale))
    margin = _margin(field, height)
    sampling = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    resized = cv2.resize(image, (width, height), interpolation=sampling)
    padded = cv2.copyMakeBorder(
        resized, margin, margin, margin, margin, cv2.BORDER_CONSTANT, value=(float(_paper(image)),)
    )
    span = _span(field)
    scales = width / span[2], height / span[3]
    boxes = tuple(_in_crop(box, span, *scales, margin) for box in _boxes(field))
    step = Step(name="fit", settings={"dpi": CROP_DPI, "margin_px": margin, "scale": round(scale, 4)})
    return _crop(padded, field, CROP_DPI, boxes, (step,), digest, lines=lines)


def _crop(
    image: np.ndarray,
    field: Field,
    dpi: float,
    boxes: tuple[Box, ...],
    steps: tuple[Step, ...],
    origin: str,
    lines: bool,
) -> Crop:
    quality = measure_field(image, dpi)
    if lines and not field.is_marks:
        image, removal = remove_lines(image, dpi, box=boxes[0] if field.printed_box else None, comb=field.comb)
        image, clearing = _without_surroundings(image, dpi, boxes[0])
        steps = (*steps, removal, clearing)
    image = np.ascontiguousarray(image)
    digest = hashlib.sha256(f"{origin}:{field.name}:{image.shape}:".encode() + image.tobytes())
    return Crop(
        crop_id=digest.hexdigest()[:32],
        image=image,
        dpi=dpi,
        field=field,
        quality=quality,
        steps=steps,
        marks=boxes if field.is_marks else (),
    )


def _with_ink_level(crops: Sequence[Crop]) -> tuple[Crop, ...]:
    """The crops, of which those of marks know how dark ink is on their page: a box by itself cannot tell."""
    if not any(crop.field.is_marks for crop in crops):
        return tuple(crops)
    step = Step(name="ink_level", measured={"ink_level": ink_level(crop.image for crop in crops)})
    return tuple(_with_step(crop, step) if crop.field.is_marks else crop for crop in crops)


def _with_step(crop: Crop, step: Step) -> Crop:
    """The crop with a measure on which its reading depends, and so its id."""
    digest = hashlib.sha256(f"{crop.crop_id}:{step.name}:{sorted(step.measured.items())}".encode())
    return replace(crop, crop_id=digest.hexdigest()[:32], steps=(*crop.steps, step))


def _without_surroundings(image: np.ndarray, dpi: float, box: Box) -> tuple[np.ndarray, Step]:
    """Remove what lies wholly outside the box: feet of the label above, a neighbour's line. Overflow reaches in."""
    paper = paper_brightness(image, dpi)
    dark = cv2.subtract(paper, image)
    _, ink = cv2.threshold(dark, max(LEAST_INK, 0.25 * percentile(dark, 99.5)), 1, cv2.THRESH_BINARY)
    count, labels = cv2.connectedComponents(ink, connectivity=8)
    inset = round(INSET_INCH * dpi)
    x, y, width, height = box
    inner = labels[max(0, y + inset) : y + height - inset, max(0, x + inset) : x + width - inset]
    outside = np.ones(count, bool)
    outside[inner.ravel()] = False
    outside[0] = False
    step = Step(
        name="clear_surroundings", settings={"inset_px": inset}, measured={"components": int(np.count_nonzero(outside))}
    )
    if not outside.any():
        return image, step
    halo = cv2.dilate(outside[labels].astype(np.uint8), np.ones((5, 5), np.uint8))
    kept = cv2.dilate((ink > 0).astype(np.uint8) * ~outside[labels], np.ones((3, 3), np.uint8))
    return np.where((halo > 0) & (kept == 0), paper, image), step


def _boxes(field: Field) -> tuple[Box, ...]:
    """The boxes to look into, in pixels of the form: those of the options, or the field's own."""
    options = tuple(option.box for option in field.options if option.box)
    return options if field.kind == "choice_group" and options else (field.box,)


def _span(field: Field) -> Box:
    """The box that holds all boxes of a field."""
    return _union(_boxes(field))


def _union(boxes: tuple[Box, ...]) -> Box:
    corners = np.array(boxes)
    left, top = corners[:, :2].min(axis=0)
    right, bottom = (corners[:, :2] + corners[:, 2:]).max(axis=0)
    return int(left), int(top), int(right - left), int(bottom - top)


def _margin(field: Field, height_px: float) -> int:
    return max(LEAST_MARGIN_PX, round((MARK_MARGIN if field.is_marks else FIELD_MARGIN) * height_px))


def _in_crop(box: Box, span: Box, scale_x: float, scale_y: float, margin: int) -> Box:
    """A box of the form in pixels of the crop; its last row and column are those of the printed lines."""
    x, y = round((box[0] - span[0]) * scale_x) + margin, round((box[1] - span[1]) * scale_y) + margin
    return x, y, round(box[2] * scale_x) + 1, round(box[3] * scale_y) + 1


def _warped(image: np.ndarray, to_page: np.ndarray, size: tuple[int, int], paper: int) -> np.ndarray:
    """The part of `image` that `to_page` (crop to page) shows, of `size` (width, height).

    Where the page is finer than the crop, the crop is sampled at a multiple and averaged, so that nothing aliases.
    Where it is coarser, pixels are interpolated linearly: with cubic interpolation four more of the sample scans' 122
    digit fields were wrong, most of them on a 1-bit scan.
    """
    middle = np.array(size) / 2
    a, b, c = transform(to_page, middle + np.array([[0, 0], [8, 0], [0, 8]]))
    finer = max(float(np.hypot(*(b - a))), float(np.hypot(*(c - a)))) / 8
    times = int(np.clip(math.ceil(finer - 0.15), 1, 6))
    large = cv2.warpPerspective(
        image,
        to_page @ scaling(1 / times),
        (size[0] * times, size[1] * times),
        flags=(cv2.INTER_CUBIC if finer > 1 else cv2.INTER_LINEAR) | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_CONSTANT,
        borderValue=(float(paper),),
    )
    return large if times == 1 else cv2.resize(large, size, interpolation=cv2.INTER_AREA)


def _paper(image: np.ndarray) -> int:
    step = max(1, min(image.shape) // 200)
    return int(percentile(image[::step, ::step], 80))
