"""Keying without a script: what is shown, what is taken, and what is refused politely."""

from html import unescape
from io import BytesIO
from itertools import count
from time import sleep

import cv2
import numpy as np
from PIL import Image

from recognizer.clean import measure_field
from recognizer.form import Field
from recognizer.reading import Crop, View
from serving.ledger import Ledger
from serving.office import Entry, Lease, Office, Rules
from serving.promise import Policy
from tests.serving.review.desk import PASSWORD, WRITTEN, Browser, office_on, read_batch, serving


def votes(ledger: Ledger) -> list[tuple[str, str]]:
    with ledger.desk_to_read() as desk:
        tasks = [desk.leases.task_of(token) for token in range(1, 60)]
        return [(vote.outcome, vote.text) for task in dict.fromkeys(tasks) if task for vote in desk.votes.of_task(task)]


def test_an_answer_becomes_a_vote_and_the_next_field_comes(base: str, ledger: Ledger) -> None:
    anna = Browser(base, "anna")
    first, text = anna.token, WRITTEN[anna.label]
    answer = anna.post(f"/desk/{first}", text=text, confirm=text, seconds="2.5", keystrokes="9")
    assert answer.history[0].status_code == 303 and anna.token != first
    with ledger.desk_to_read() as desk:
        (vote,) = desk.votes.of_task(desk.leases.task_of(int(first)) or "")
    assert (vote.text, vote.seconds, vote.keystrokes) == (text, 2.5, 9)
    assert "<b>1</b> answered" in anna.page and "2.5</b> s a field" in anna.page


def test_an_impossible_date_is_asked_again_and_taken_when_confirmed(base: str, ledger: Ledger) -> None:
    anna = Browser(base, "anna")
    while anna.label != "date_of_birth":
        anna.post(f"/desk/{anna.token}", text=WRITTEN[anna.label], confirm=WRITTEN[anna.label])
    token = anna.token
    assert anna.post(f"/desk/{token}", text="02/30/1971").status_code == 422
    assert anna.token == token and "not a date that exists" in anna.page and 'value="02/30/1971"' in anna.page
    assert ("text", "02/30/1971") not in votes(ledger)
    anna.post(f"/desk/{token}", text="02/30/1971", confirm="02/30/1971")
    assert ("text", "02/30/1971") in votes(ledger) and anna.token != token


def test_non_answers_undo_and_giving_back(base: str, ledger: Ledger) -> None:
    anna = Browser(base, "anna")
    first = anna.token
    anna.post(f"/desk/{first}", outcome="illegible")
    assert votes(ledger) == [("illegible", "")]
    anna.post(f"/desk/{first}/undo")
    assert "Taken back" in anna.page
    second = anna.token
    anna.post(f"/desk/{second}/release")
    assert anna.token != second
    with ledger.desk_to_read() as desk:
        assert desk.leases.state(int(second)).ended == "released"


def test_nothing_is_taken_that_is_no_answer(base: str, ledger: Ledger) -> None:
    anna = Browser(base, "anna")
    for fields in ({"text": "  "}, {"outcome": "maybe"}, {"text": "a\x00b"}, {"text": "9" * 3000}):
        assert anna.post(f"/desk/{anna.token}", **fields).status_code == 422
    assert anna.post(f"/desk/{anna.token}", text="x" * 70_000).status_code == 413
    assert votes(ledger) == []


def test_a_late_answer_is_refused_politely(ledger: Ledger) -> None:
    """The lease ran out, two others answered the field: the third is told so, and gets the next one."""
    read_batch(ledger, 6)
    office = office_on(ledger, Policy(consensus="two_plus_tiebreak"), Rules(lease_s=1.0, undo_s=0))
    with serving(office) as base:
        anna = Browser(base, "anna")
        token, label = anna.token, anna.label
        sleep(1.1)
        for person in ("ben", "cyd"):
            office.people.add(person, PASSWORD)
            key_all(office, office.people.named(person).person_id)
        read_batch(ledger, 3, "batch-2")
        office.tick()
        answer = anna.post(f"/desk/{token}", text=WRITTEN[label], confirm=WRITTEN[label])
        assert answer.status_code == 409 and "others have answered it" in anna.page


def key_all(office: Office, person: str, text: str | None = None) -> None:
    """Key every field, each in a sitting of its own: what is written there, or always the same."""
    for number in count():
        leases = office.lease(person, f"sitting {number}")
        if not leases:
            return
        for lease in leases:
            office.submit(lease.token, person, _said(lease, text), confirmed=True)


def _said(lease: Lease, text: str | None) -> Entry:
    listed = lease.kind in ("checkbox", "signature")
    return Entry(text=WRITTEN[lease.field] if text is None or listed else text)


def test_a_picture_is_for_whoever_has_it_on_the_desk(base: str) -> None:
    anna, eve = Browser(base, "anna"), Browser(base, "eve")
    path = f"/desk/{anna.token}/picture"
    picture = anna.http.get(base + path, timeout=30)
    assert picture.headers["Content-Type"] == "image/png" and "private" in picture.headers["Cache-Control"]
    assert Image.open(BytesIO(picture.content)).size == (260, 56)
    assert eve.http.get(base + path, timeout=30).status_code == 403
    assert eve.http.get(base + path.replace("/desk", "/disagreements"), timeout=30).status_code == 404
    assert Browser(base, "anna").http.get(base + path, timeout=30).status_code == 404  # another session of hers
    assert anna.http.get(f"{base}/desk/999999/picture", timeout=30).status_code == 404
    assert anna.http.get(f"{base}/desk/{10**30}/picture", timeout=30).status_code == 422


def test_a_field_is_shown_on_its_page_where_the_ledger_has_a_view(base: str, ledger: Ledger) -> None:
    """Boxed, as an SVG without a style of its own; the picture is the view's."""
    anna = Browser(base, "anna")
    assert "<svg" not in anna.page
    encoded, jpeg = cv2.imencode(".jpg", np.full((96, 320), 240, np.uint8))
    assert encoded
    with ledger.desk_to_read() as desk:
        crop_id = desk.leases.state(int(anna.token)).crop_id
    field = Field(name="x", kind="text", box=(0, 0, 1, 1))
    crop = Crop(
        crop_id=crop_id, image=np.zeros((2, 2), np.uint8), dpi=150.0, field=field,
        quality=measure_field(np.full((40, 40), 255, np.uint8), 150.0),
        view=View(jpeg=jpeg.tobytes(), dpi=150.0, box=(30, 20, 260, 56)),
    )  # fmt: skip
    with ledger.writing() as writing:
        writing.views([crop])
    anna.get("/desk")
    assert 'viewBox="0 0 320 96"' in anna.page
    assert '<rect class="boxed" x="30" y="20" width="260" height="56"' in anna.page
    picture = anna.http.get(f"{base}/desk/{anna.token}/picture", timeout=30)
    assert picture.headers["Content-Type"] == "image/jpeg" and picture.content == jpeg.tobytes()


def test_the_machine_is_not_heard(base: str) -> None:
    """No page holds what the machine read or thought of, how sure it was, or whether the field is gold or audited."""
    anna = Browser(base, "anna")
    told = ""
    for _ in range(8):
        told += unescape(anna.page)
        anna.post(f"/desk/{anna.token}", outcome="illegible")
    assert told.count('class="question"') == 8
    readings = [text for text in WRITTEN.values() if text not in ("yes", "signed")]  # these are names of buttons
    for text in (*readings, *(text[:-1] + "7" for text in readings), "confidence", "gold", "audit", "prediction", "%"):
        assert text not in told, text


def test_an_expert_sees_all_votes_without_names(ledger: Ledger) -> None:
    """Three people disagree: the expert sees the three answers, nobody's name, and decides."""
    read_batch(ledger, 3)
    office = office_on(ledger, Policy(consensus="two_plus_tiebreak"), Rules(undo_s=0))
    said = dict(zip(("beatrix", "cyprian", "dorothea"), ("Marge", "Margo", "Margit"), strict=True))
    for name, text in said.items():
        office.people.add(name, PASSWORD)
        key_all(office, office.people.named(name).person_id, text)
        office.tick()
    with serving(office) as base:
        eve = Browser(base, "eve")
        shown = unescape(eve.page)
        assert all(f">{text}</button>" in shown for text in said.values())
        assert not any(name in shown for name in (*said, "anna"))
        assert "3 people gave 3 different answers" in shown
        eve.post(f"/disagreements/{eve.token}", text="Margarethe", confirm="Margarethe")
    assert office.tick().settled == 1
    with ledger.truth() as truth:
        verdicts = [said for items in truth.verdicts_on(truth.crops_judged()).values() for said in items]
    assert ("expert", "Margarethe") in {(verdict.source, verdict.text) for verdict in verdicts}


def test_the_office_shows_what_waits(base: str) -> None:
    ada = Browser(base, "ada")
    for words in ("What waits", "date", "votes wanted", "anna", "Production in numbers", "consensus", "one_plus_model"):
        assert words in ada.page, words
    for text in WRITTEN.values():
        assert f">{text}<" not in ada.page


def test_the_server_settles_by_itself(ledger: Ledger) -> None:
    """While it runs, what has its votes becomes truth."""
    read_batch(ledger, 2)
    office = office_on(ledger, Policy(consensus="expert"), Rules(undo_s=0))
    with serving(office, tick_s=0.05) as base:
        eve = Browser(base, "eve")
        eve.post(f"/disagreements/{eve.token}", outcome="struck_out")
        for _ in range(200):
            with ledger.truth() as truth:
                crops = truth.crops_judged("batch-1")
            if crops:
                break
            sleep(0.05)
    assert len(crops) == 1
