#!/usr/bin/env python
"""Run a management command: `manage.py help` lists them."""

from __future__ import annotations

import os
import sys


def main() -> None:
    """Hand the command line to Django with Netquarium's settings."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "labsite.settings")
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
