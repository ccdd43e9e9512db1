"""The address that Label Studio's webhook posts to. The review server mounts it: `create_app(office, routers=...)`.

Label Studio does not post again what did not arrive; importing the project's export fetches what is missing, and what
was taken before is known.
"""

import hmac
import json
from functools import partial
from typing import Any

from fastapi import APIRouter, HTTPException, Request
from fastapi.concurrency import run_in_threadpool

from recognizer.errors import InputError
from serving.crowds.hand_in import hand_in
from serving.crowds.label_studio.project import CROWD
from serving.crowds.label_studio.webhook import posted
from serving.ledger import Ledger
from serving.office import Office

PATH = "/crowds/label-studio"
HEADER = "X-Penfield-Secret"
SECRET = "crowds label-studio"
LARGEST = 8 << 20
"""Bytes of a request. It holds the task, and the task may hold its picture."""


def label_studio_secret(ledger: Ledger) -> str:
    """What the webhook must send in its header, made when it is first asked for."""
    with ledger.writing() as writing:
        return writing.secret(SECRET)


def label_studio_router(office: Office) -> APIRouter:
    """The router. Who does not know the secret gets 401, and learns nothing."""
    router, secret = APIRouter(), label_studio_secret(office.ledger)

    @router.post(PATH, include_in_schema=False)
    async def take(request: Request) -> dict[str, Any]:
        """Annotations become votes."""
        sent = request.headers.get(HEADER, "")
        if not hmac.compare_digest(sent.encode(), secret.encode()):
            raise HTTPException(401, f"no such secret - mend: send it in the header {HEADER}")
        body = await _body(request)
        return await run_in_threadpool(_taken, office, body)

    return router


async def _body(request: Request) -> bytes:
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size > LARGEST:
            raise HTTPException(413, f"more than {LARGEST:,} bytes")
        parts.append(part)
    return b"".join(parts)


def _taken(office: Office, body: bytes) -> dict[str, Any]:
    """What became of the answers in a request, in numbers and reasons that hold no value."""
    try:
        found = posted(json.loads(body))
    except (InputError, ValueError, RecursionError) as error:
        raise HTTPException(422, str(error) if isinstance(error, InputError) else "not JSON") from error
    done = hand_in(office.ledger, partial(office.submit, confirmed=True), CROWD, found.answers, office.rules)
    refused = [*found.complaints, *done.refused]
    return {
        "taken": done.taken,
        "known": done.known,
        "skipped": found.skipped,
        "refused": [{"what": complaint.place, "why": complaint.why} for complaint in refused],
    }
