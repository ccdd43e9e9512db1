"""FormIndex: which of several forms a page is of, and where on the page it lies."""

from collections.abc import Sequence

import numpy as np

from recognizer.align import boxes, features, lines, marks
from recognizer.align.alignment import WORK_DPI, Alignment, Method, Pose, scaling
from recognizer.align.sheet import Sheet
from recognizer.errors import UsageError
from recognizer.form import Form, PrintedBoxes
from recognizer.form.digest import form_digest
from recognizer.page import Page

LEAST_SCORE: dict[Method, float] = {"blank_page": 0.35, "marks": 0.5, "boxes": 0.5}
"""A pose that scores less is not believed; see benchmarks/alignment.py for what true and foreign pages score."""

CLEAR_SCORE = 0.9
MOST_TRIED = 3


class FormIndex:
    """Several forms with all that finding them needs, computed once; picklable."""

    def __init__(self, forms: Sequence[Form]) -> None:
        """Raises FormError where a blank image cannot be used, UsageError where two forms share a name."""
        if len({form.name for form in forms}) < len(forms):
            raise UsageError("two forms have the same name; give each its own")
        self.forms = tuple(forms)
        self.digests = {form.name: form_digest(form) for form in forms}
        self._templates = {f.name: features.template_of(f) for f in forms if f.registration.method == "blank_page"}
        self._edges = {f.name: lines.edges_of(f) for f in forms}
        self._boxes = {f.name: lines.printed_boxes(f) for f in forms}

    def align(self, page: Page, small: np.ndarray | None = None) -> Alignment | None:
        """The form that `page` shows and where it lies; None where it fits none. The page may lie any way round.

        `small` is a reduction of the page's image, to about 150 dpi, where there is one already.
        """
        sheet = Sheet(page.image, small)
        if min(page.image.shape) < 64 or not sheet.fine[0].any():
            return None
        found: list[Alignment] = []
        for search in (self._by_blank_page, self._by_boxes, self._by_marks, self._by_blank_page_closely):
            found += search(sheet)
            if any(alignment.score >= CLEAR_SCORE for alignment in found):
                break
        return max(found, key=lambda alignment: alignment.score, default=None)

    def _by_blank_page(self, sheet: Sheet) -> list[Alignment]:
        return self._by_features(sheet, "rough")

    def _by_blank_page_closely(self, sheet: Sheet) -> list[Alignment]:
        return self._by_features(sheet, "coarse")

    def _by_features(self, sheet: Sheet, scale: features.Scale) -> list[Alignment]:
        if not self._templates:
            return []
        seen = features.features_of(*(sheet.rough if scale == "rough" else sheet.coarse), scale=scale)
        guesses = []
        for form in self.forms:
            if form.name in self._templates and (
                guess := features.coarse(self._templates[form.name], seen, scale=scale)
            ):
                guesses.append((guess[1], form, guess[0]))
        guesses.sort(key=lambda guess: -guess[0])
        # A revision of the right form shares most of its print: the runners-up get their chance.
        close = [guess for guess in guesses[:MOST_TRIED] if guess[0] >= 0.4 * guesses[0][0]]
        return self._believed(
            [(form, features.refine(sheet, matrix, self._templates[form.name])) for _, form, matrix in close],
            "blank_page",
        )

    def _by_boxes(self, sheet: Sheet) -> list[Alignment]:
        candidates = [form for form in self.forms if isinstance(form.registration, PrintedBoxes)]
        if not candidates:
            return []
        quads = boxes.quads(sheet)
        return self._believed(
            [(f, boxes.locate(sheet, quads, self._boxes[f.name], self._edges[f.name])) for f in candidates], "boxes"
        )

    def _by_marks(self, sheet: Sheet) -> list[Alignment]:
        candidates = [form for form in self.forms if form.registration.method == "marks"]
        return self._believed([(f, marks.locate(sheet, f, self._edges[f.name])) for f in candidates], "marks")

    def _believed(self, poses: list[tuple[Form, Pose | None]], method: Method) -> list[Alignment]:
        return [
            Alignment(
                form=form,
                form_digest=self.digests[form.name],
                matrix=np.asarray(scaling(form.page.dpi / WORK_DPI) @ pose.matrix, dtype=np.float64),
                method=method,
                inliers=pose.inliers,
                residual_px=pose.residual_px,
                score=pose.score,
            )
            for form, pose in poses
            if pose is not None and pose.score >= LEAST_SCORE[method]
        ]
