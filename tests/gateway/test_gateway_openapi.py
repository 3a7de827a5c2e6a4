"""Every door stands in the OpenAPI document, and what the document names is there."""

from __future__ import annotations

import json
import re

from modelport.control import control_app
from modelport.gateway import doors
from modelport.gateway.openapi_doors import DOORS


def test_every_door_is_described_and_every_address_leads_to_a_door() -> None:
    shown = {path.replace("{model}", "a/b") for path in DOORS} | {"/api/v1/chat/completions", "/api/v1/route"}
    assert all(doors.find(path) is not None for path in shown)
    behind = [doors.find(path) for path in shown]
    here = [doors.find(path) for path in doors._ADDRESSES]
    missing = [found[0] for found in here if found is not None and found[0] not in [each[0] for each in behind if each]]
    assert missing == []


def test_the_document_holds_together() -> None:
    document = control_app().openapi()
    text = json.dumps(document)
    names = set(re.findall(r'"#/components/schemas/([^"]+)"', text))
    assert names <= document["components"]["schemas"].keys()
    operations = [each["operationId"] for path in document["paths"].values() for each in path.values()]
    assert len(operations) == len(set(operations))
    for path, described in DOORS.items():
        operation = document["paths"][path]["post"]
        assert operation["summary"] == described.summary
        assert ("parameters" in operation) == ("{" in path)
        assert operation["responses"]["200"]["content"]
