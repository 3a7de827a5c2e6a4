"""The package's build: the web app is built first and goes along, so that who installs it needs no Node."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class WebApp(BuildHookInterface):  # pyright: ignore[reportMissingTypeArgument] (hatchling leaves it open)
    """Runs `tools/web.sh build`; a source distribution that has the built app already is taken as it is."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002
        """Called before the package is put together; an editable install serves what `make` builds."""
        root = Path(self.root)
        if version == "editable" or (not (root / ".git").exists() and self._built(root)):
            return
        environment = {**os.environ, "REQUIRED": "1"}
        subprocess.run(["sh", str(root / "tools/web.sh"), "build"], env=environment, check=True)

    def _built(self, root: Path) -> bool:
        return (root / "src/modelport/web/static/index.html").is_file()
