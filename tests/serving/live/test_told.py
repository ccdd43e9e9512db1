"""What is written about metrics is true: the table, the dashboard for Grafana and the alert rules name real ones."""

import json
import re
from pathlib import Path

from serving.live.exposition import METRICS, OWN, PREFIX

DOCS = Path(__file__).parents[3] / "docs"
LABELS = {each.sample: set(each.labels) for each in METRICS} | {PREFIX + name: set() for name in OWN}
NAME, BY = re.compile(r"penfield_[a-z0-9_]+"), re.compile(r"by \(([a-z, ]+)\)")


def names(expression: str) -> set[str]:
    """The metrics that an expression names, without what stands in quotes."""
    return set(NAME.findall(re.sub(r'"[^"]*"', "", expression)))


def test_the_table_lists_every_metric_with_its_labels_and_no_other() -> None:
    rows = re.findall(r"^\| `(penfield_\w+)` \| ([a-z, ]*)\|", (DOCS / "LIVE.md").read_text(), re.M)
    told = {name: {label.strip() for label in labels.split(",") if label.strip()} for name, labels in rows}
    assert len(rows) == len(told) and told == LABELS


def test_grafanas_dashboard_asks_for_metrics_that_are_there_and_shows_nearly_all() -> None:
    board = json.loads((DOCS / "grafana.json").read_text())
    assert [each["name"] for each in board["templating"]["list"]] == ["datasource"]
    targets = [target for panel in board["panels"] for target in panel["targets"]]
    asked = set[str]()
    for target in targets:
        found = names(target["expr"])
        assert found and found <= LABELS.keys(), target["expr"]
        known = set[str]().union(*(LABELS[name] for name in found))
        by = {label.strip() for group in BY.findall(target["expr"]) for label in group.split(",")}
        shown = set(re.findall(r"\{\{(\w+)\}\}", target["legendFormat"]))
        assert by <= known and shown <= (by or known), target
        asked |= found
    assert len({panel["id"] for panel in board["panels"]}) == len(board["panels"])
    assert len(asked) > 0.6 * len(LABELS)
    assert all(panel["datasource"]["uid"] == "${datasource}" for panel in board["panels"])


def test_panels_do_not_lie_over_each_other() -> None:
    taken = set[tuple[int, int]]()
    for panel in json.loads((DOCS / "grafana.json").read_text())["panels"]:
        at = panel["gridPos"]
        cells = {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])}
        assert not cells & taken and at["x"] + at["w"] <= 24
        taken |= cells


def test_alert_rules_name_real_metrics() -> None:
    text = (DOCS / "LIVE.md").read_text()
    rules = re.findall(r"alert: (\w+), expr: '([^']+)'", text)
    assert len(rules) >= 6
    for name, expression in rules:
        assert names(expression) and names(expression) <= LABELS.keys(), name
