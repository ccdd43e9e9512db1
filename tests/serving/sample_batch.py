"""A batch in a real ledger, as large as wanted: drawn crops, several kinds of field, pages of every status."""

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from recognizer.form import Field
from recognizer.page import Quality, Step
from recognizer.reading import Alternative, Crop, Reading
from serving.ledger import Answer, BatchStart, Decision, FreshReading, Ledger, PageEntry, ScanEntry, digest, page_key
from serving.ledger.ids import prediction_id

FIELDS = (
    ("first_name", "name", "Margarethe"),
    ("last_name", "name", "<b>O'Neil & Sons</b>"),
    ("ssn", "ssn", "123-45-6789"),
    ("date_of_birth", "date", "02/30/1971"),
    ("policy_number", "code", "F757558"),
    ("amount", "amount", "1,250.00"),
    ("smoker", "checkbox", "yes"),
    ("signature", "signature", "signed"),
)
STATUSES = {3: "blank", 5: "rescan", 7: "unmatched", 11: "rejected: too_large"}
REASONS = {"rescan": "too blurred to read", "unmatched": "fits no form", "rejected: too_large": "30000 x 30000 pixels"}
THRESHOLDS = {"name": 0.9, "date": 0.85, "amount": 0.95}
STAGES = {"decode": 18.0, "measure": 40.0, "repair": 95.0, "align": 310.0, "cut": 12.0}


def start_batch(ledger: Ledger, batch_id: str, page_count: int) -> None:
    start = BatchStart(
        batch_id=batch_id,
        bundle_id="b" * 32,
        bundle_info={"name": "sample"},
        purpose="production",
        params={"code_version": "0.1.0", "limits": {"pages": 500, "megapixels": 80}},
        forms={"f" * 32: {"name": "insurance_application"}},
        scans=tuple(ScanEntry(scan_no=n, path=f"scan {n:03d}.png", scan_digest=f"{n:064x}") for n in range(page_count)),
    )
    with ledger.writing() as writing:
        writing.start_batch(start)


def file_page(ledger: Ledger, batch_id: str, n: int) -> None:
    """Page `n` with its fields, predictions and decisions, in one transaction as the door does it."""
    random = np.random.default_rng(n)
    status = STATUSES.get(n % 12, "read")
    entry = PageEntry(
        page_key=page_key(f"{n:064x}", 1, batch_id),
        page_id=digest("page", batch_id, n),
        scan_digest=f"{n:064x}",
        page_no=0 if status.startswith("rejected") else 1,
        setup_digest="s" * 32,
        status=status,
        reason=REASONS.get(status, ""),
        form="insurance_application" if status == "read" else None,
        form_digest="f" * 32 if status == "read" else None,
        quality=None if status.startswith("rejected") else _quality(random, blurred=status == "rescan"),
        steps=(Step(name="deskew", settings={"max_deg": 5.0}, measured={"skew_deg": float(random.normal())}),),
        alignment={"inliers": int(random.integers(80, 400)), "error_px": 0.4} if status == "read" else {},
        stage_ms={}
        if status.startswith("rejected")
        else {s: ms * random.lognormal(0, 0.3) for s, ms in STAGES.items()},
    )
    crops = [_crop(random, n, *field) for field in FIELDS] if status == "read" else []
    with ledger.writing() as writing:
        writing.page(entry, crops)
        fresh = [_fresh(random, crop, text) for crop, (_, _, text) in zip(crops, FIELDS, strict=True)] if crops else []
        writing.predictions("b" * 32, fresh)
        known = writing.read_back([item.prediction_id for item in fresh])
        decisions = [_decide(item) for item in fresh]
        writing.decisions(decisions)
        answers = [
            Answer(field=item.crop.field.name, prediction=known[item.prediction_id], decision=decision)
            for item, decision in zip(fresh, decisions, strict=True)
        ]
        writing.batch_page(batch_id, n, entry, answers)


def finish_batch(ledger: Ledger, batch_id: str, seconds: float = 12.5) -> None:
    with ledger.writing() as writing:
        writing.finish_batch(batch_id, {"seconds": seconds})


def fill(ledger: Ledger, batch_id: str = "batch-1", page_count: int = 24) -> str:
    """A whole batch, finished."""
    start_batch(ledger, batch_id, page_count)
    for n in range(page_count):
        file_page(ledger, batch_id, n)
    finish_batch(ledger, batch_id)
    return batch_id


def _quality(random: np.random.Generator, *, blurred: bool) -> Quality:
    return Quality(
        resolution_dpi=float(random.choice([150, 200, 300])),
        sharpness=0.05 if blurred else float(random.beta(8, 3)),
        contrast=float(random.beta(9, 2)),
        noise=float(random.gamma(2, 2)),
        skew_deg=float(random.normal(0, 1.2)),
        illumination=float(random.beta(2, 9)),
        clipping=float(random.beta(1, 30)),
        compression=float(random.beta(2, 12)),
        ink_coverage=float(random.beta(4, 60)),
        bleed_through=float(random.beta(1, 40)),
    )


def _crop(random: np.random.Generator, n: int, name: str, kind: str, text: str) -> Crop:
    image = Image.new("L", (260, 56), 247)
    ImageDraw.Draw(image).text((8, 8 + random.integers(-3, 3)), text, 40, font=ImageFont.load_default(28))
    pixels = np.asarray(image.rotate(float(random.normal(0, 1.5)), fillcolor=247))
    noisy = np.clip(pixels + random.normal(0, 5, pixels.shape), 0, 255).astype(np.uint8)
    field = Field(name=name, kind=kind, box=(0, 0, 260, 56), options=())
    return Crop(
        crop_id=digest("crop", n, name), image=noisy, dpi=150.0, field=field, quality=_quality(random, blurred=False)
    )


def _fresh(random: np.random.Generator, crop: Crop, text: str) -> FreshReading:
    blank = random.random() < 0.06
    reading = Reading(
        text="" if blank else text,
        outcome="blank" if blank else "text",
        confidence=float(random.beta(9, 1)),
        alternatives=() if blank else (Alternative(text=text[:-1] + "7", confidence=0.06),),
    )
    return FreshReading(
        prediction_id=prediction_id(crop.crop_id, "b" * 32, "lang", "production"),
        crop=crop,
        language_digest="lang",
        purpose="production",
        reading=reading,
        latency_ms=float(random.lognormal(1, 0.4)),
    )


def _decide(item: FreshReading) -> Decision:
    kind, confidence = item.crop.field.kind, item.reading.confidence
    threshold = THRESHOLDS.get(kind, 0.8)
    impossible = kind == "date" and item.reading.outcome == "text"
    accept = confidence >= threshold and not impossible
    code = "impossible" if impossible else "sure" if accept else "unsure"
    reason = "no such day" if impossible else f"confidence {confidence:.2f}, threshold {threshold}"
    return Decision(
        prediction_id=item.prediction_id,
        policy_digest="p" * 32,
        decision="accept" if accept else "review",
        code=code,
        reason=reason,
        threshold=threshold,
    )
