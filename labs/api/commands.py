"""Run one command on a host or in a container of a session."""

from __future__ import annotations

from typing import Annotated

from django.http import HttpRequest
from ninja import Router, Schema
from pydantic import Field, StringConstraints

from labs.api.authentication import caller
from labs.api.shapes import Input
from labs.live import client
from labs.services import topology

router = Router()

Word = Annotated[str, StringConstraints(max_length=32_768, pattern=r"^[^\x00]*$")]


class Command(Input):
    """`argv` runs as it is, through no shell: for a pipe, send ["sh", "-c", "…"]."""

    target: str = Field(min_length=1, max_length=200, description="A host, host/container, or a container if unique")
    argv: list[Word] = Field(min_length=1, max_length=256)
    timeout_s: float = Field(10, gt=0, le=60)
    stdin: str = Field("", max_length=1_000_000)


class CommandResult(Schema):
    """`exit_code` is that of the command, or 128 + signal; output that is not UTF-8 has replacement characters."""

    exit_code: int | None
    stdout: str
    stderr: str
    truncated: bool = Field(description="The output was longer than what is kept")
    timed_out: bool = Field(description="The command was ended at timeout_s")


@router.post("{session_id}/exec/", operation_id="run_command", response=CommandResult)
def run_command(request: HttpRequest, session_id: str, body: Command) -> CommandResult:
    """Run a command as root of the target and wait for it. For the owner, and for tokens of scope grader."""
    row = caller(request).session_to_command(session_id)
    topology.require_running(row)
    return CommandResult.model_validate(
        client.execute(row.id, body.target, body.argv, timeout_s=body.timeout_s, stdin=body.stdin.encode())
    )
