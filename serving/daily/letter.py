"""A day as a letter: plain text, HTML, and the pictures in it."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid

from serving.daily.day import Day
from serving.daily.headline import in_a_sentence
from serving.daily.page import html, plain


def letter(
    day: Day, drawn: Mapping[str, bytes], crops: Mapping[str, bytes], *, to: Sequence[str], sender: str
) -> EmailMessage:
    """The message, its pictures inline by Content-ID: data in addresses is not shown by all mail clients."""
    message = EmailMessage()
    message["Subject"] = f"Penfield, {day.day:%-d %B}: {in_a_sentence(day)}"
    message["From"], message["To"] = sender, ", ".join(to)
    message["Date"] = format_datetime(datetime.fromisoformat(day.made_at))
    message["Message-ID"] = make_msgid(domain=sender.rpartition("@")[2].rstrip(">"))
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(plain(day))
    names = {name: f"{number}.picture@penfield" for number, name in enumerate((*drawn, *crops))}
    page = html(day, lambda name: f"cid:{names[name]}", drawn, crops)
    message.add_alternative(page, subtype="html")
    body = message.get_payload()[1]  # type: ignore[index]
    for number, (name, png) in enumerate({**drawn, **crops}.items()):
        body.add_related(  # type: ignore[union-attr]
            png, "image", "png", cid=f"<{names[name]}>", filename=f"picture-{number}.png", disposition="inline"
        )
    return message
