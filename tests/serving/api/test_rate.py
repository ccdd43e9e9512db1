"""Keys that ask too often are told to wait: by a clock that the test sets, and on a real server."""

from pathlib import Path

from serving.api.keys import add_key
from serving.api.rate import Buckets, Rate
from serving.ledger import open_ledger
from tests.serving.api.server import Client, serving_api
from tests.serving.truth import talk


def test_tokens_come_back_at_the_rate_and_no_more_than_the_burst() -> None:
    now = [100.0]
    buckets = Buckets(rate=Rate(per_s=2.0, burst=3), clock=lambda: now[0])
    assert [buckets.wait_s("acme") for _ in range(4)] == [0.0, 0.0, 0.0, 0.5]
    assert buckets.wait_s("acme") == 0.5, "a refused request takes nothing"
    now[0] += 0.5
    assert buckets.wait_s("acme") == 0.0 and buckets.wait_s("acme") == 0.5
    now[0] += 3600
    assert [buckets.wait_s("acme") for _ in range(4)][:3] == [0.0, 0.0, 0.0] and buckets.wait_s("acme") > 0


def test_a_long_stream_is_granted_at_the_rate() -> None:
    now = [0.0]
    buckets = Buckets(rate=Rate(per_s=10.0, burst=60), clock=lambda: now[0])
    granted = 0
    for _ in range(10_000):  # 100 requests a second for 100 seconds
        now[0] += 0.01
        granted += buckets.wait_s("acme") == 0.0
    assert abs(granted - (60 + 10 * 100)) <= 1


def test_each_key_has_its_own_and_is_told_when_to_come_again(tmp_path: Path) -> None:
    with open_ledger(f"sqlite:///{tmp_path}/ledger.db") as ledger:
        talk.read_scans(ledger)
        acme, other = (add_key(ledger, name, ("read", "correct")) for name in ("acme", "other"))
        with serving_api(ledger, rate=Rate(per_s=0.01, burst=2)) as base:
            hasty, calm = Client(base, acme), Client(base, other)
            assert [hasty.get("/records").status_code for _ in range(2)] == [200, 200]
            refused = hasty.get("/records")
            assert refused.status_code == 429 and refused.json()["title"] == "Too Many Requests"
            assert refused.headers["Content-Type"].startswith("application/problem+json")
            assert 90 <= int(refused.headers["Retry-After"]) <= 100
            filed = b'{"corrections": [{"scan": "s1.png", "page": 1, "field": "policy", "value": "E757558"}]}'
            assert hasty.post(filed).status_code == 429 and calm.get("/records").status_code == 200
            assert calm.post(filed).json()["filed"] == 1, "what was refused was not done"
            assert Client(base, "penfield_none_x").get("/records").status_code == 401
