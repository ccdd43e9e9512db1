"""Small real parts for the tests of the ledger's room: a form, pages with crops, and a reader that needs no model."""

import hashlib
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np

from recognizer.form import Field, Form, PageSize, PrintedBoxes, Rules
from recognizer.page import Quality, Step
from recognizer.reading import Alternative, Crop, Reading
from serving.batch.run import ReadyPage
from serving.ledger import BatchStart, Decision, FreshReading, PageEntry, ScanEntry, page_key, prediction_id

BUNDLE = "b" * 32
SETUP = "setup"
FORM = Form(
    name="claim",
    page=PageSize(width=600, height=800, dpi=150),
    registration=PrintedBoxes(method="boxes"),
    fields=(
        Field(name="policy", kind="code", box=(10, 10, 100, 30), pattern="F[0-9]{6}", rules=Rules(required=True)),
        Field(name="ssn", kind="ssn", box=(10, 60, 100, 30)),
        Field(name="born", kind="date", box=(10, 110, 100, 30)),
    ),
    folder=Path("/forms"),
)
FORM_DIGEST = "f" * 32


def quality(sharpness: float = 0.5) -> Quality:
    return Quality(
        resolution_dpi=150,
        sharpness=sharpness,
        contrast=0.9,
        noise=2.0,
        skew_deg=0.1,
        illumination=0.9,
        clipping=0.0,
        compression=0.0,
        ink_coverage=0.1,
        bleed_through=float("nan"),
    )


def crop(field: Field, seed: int) -> Crop:
    image = np.random.default_rng(seed).integers(0, 256, (32, 128), dtype=np.uint8)
    return Crop(
        crop_id=hashlib.sha256(image.tobytes() + field.name.encode()).hexdigest()[:32],
        image=image,
        dpi=150,
        field=field,
        quality=quality(),
        steps=(Step(name="cut", settings={"margin_px": 4}, measured={"skew_deg": np.float32(0.5)}),),
        marks=((1, 2, 3, 4),),
    )


class InkReader:
    """A real, deterministic reader: what it says of a crop is a function of the crop's pixels alone."""

    bundle_id = BUNDLE
    version = "1"
    settings: Mapping[str, object] = {"kind": "ink"}

    def __init__(self) -> None:
        self.read_crops = 0

    def read(self, crop: Crop, folder: Path = Path()) -> Reading:
        self.read_crops += 1
        number = int(hashlib.sha256(crop.image.tobytes()).hexdigest()[:8], 16)
        text = {"ssn": "123-45-6789", "date": "02/31/2020"}.get(crop.field.kind, f"F{number % 1_000_000:06d}")
        part = Reading(text=text, outcome="text", confidence=0.5, measured={"ink": float(crop.image.mean())})
        other = Alternative(text="999-99-9999", confidence=0.01)
        confidence = 0.5 + number % 1000 / 2000
        return Reading(text=text, outcome="text", confidence=confidence, alternatives=(other,), parts=(part,))


def entry(scan_digest: str, page_no: int = 1, **changes: object) -> PageEntry:
    facts: dict[str, object] = {
        "page_key": page_key(scan_digest, page_no, SETUP),
        "page_id": f"{scan_digest[:8]}-{page_no}",
        "scan_digest": scan_digest,
        "page_no": page_no,
        "setup_digest": SETUP,
        "status": "read",
        "form": FORM.name,
        "form_digest": FORM_DIGEST,
        "width_px": 600,
        "height_px": 800,
        "quality": quality(),
        "steps": (Step(name="deskew", measured={"skew_deg": 1.5}),),
        "alignment": {"error_px": 0.4},
        "stage_ms": {"clean": 12.5},
    }
    return PageEntry(**(facts | changes))  # type: ignore[arg-type]


def start(batch_id: str, digests: tuple[str, ...]) -> BatchStart:
    return BatchStart(
        batch_id=batch_id,
        bundle_id=BUNDLE,
        bundle_info={"version": "1"},
        purpose="production",
        params={"forms": "claim"},
        forms={FORM_DIGEST: FORM.model_dump(mode="json")},
        scans=tuple(
            ScanEntry(scan_no=number, path=f"{digest}.png", scan_digest=digest)
            for number, digest in enumerate(digests, start=1)
        ),
    )


def fresh(crop: Crop, reader: InkReader) -> FreshReading:
    return FreshReading(
        prediction_id=prediction_id(crop.crop_id, BUNDLE, "language", "production"),
        crop=crop,
        language_digest="language",
        purpose="production",
        reading=reader.read(crop),
        latency_ms=1.25,
    )


def accepted(prediction_id: str) -> Decision:
    return Decision(
        prediction_id=prediction_id,
        policy_digest="policy",
        decision="accept",
        code="confident",
        reason="sure enough",
        threshold=0.9,
    )


def two_pages(scan: ScanEntry, skip: frozenset[int]) -> Iterator[ReadyPage]:
    """An intake: every scan has two pages of FORM."""
    for page_no in (1, 2):
        if page_no not in skip:
            seed = int(hashlib.sha256(f"{scan.scan_digest}{page_no}".encode()).hexdigest()[:6], 16)
            crops = tuple(crop(field, seed + number) for number, field in enumerate(FORM.fields))
            yield ReadyPage(entry=entry(scan.scan_digest, page_no), crops=crops, form=FORM)
