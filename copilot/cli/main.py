"""The `archreview` command: its subcommands are imported only when they are called."""

from __future__ import annotations

import importlib
import sys

import click

from copilot import __version__
from copilot.errors import CopilotError, ExitCode

_COMMANDS = {
    "review": ("copilot.cli.review", "Review design documents against nine dimensions."),
    "report": ("copilot.cli.report", "Write a saved review in another form."),
    "batch": ("copilot.cli.batch", "Review a whole library of designs into a folder."),
    "portfolio": ("copilot.cli.portfolio", "Build the overview of a batch anew."),
    "search": ("copilot.cli.search", "Search all indexed designs, every answer cited."),
    "diff": ("copilot.cli.diff", "Compare two versions of a design, or two reviews of it."),
    "triage": ("copilot.cli.triage", "Decide about findings; export and import decisions."),
    "ask": ("copilot.cli.ask", "Answer a question about a design, every sentence cited."),
    "questions": ("copilot.cli.questions", "Say what to ask the authors; pack an agenda."),
    "brief": ("copilot.cli.brief", "Write the pack for a review meeting."),
    "decide": ("copilot.cli.decide", "Approve, approve with conditions, or send back."),
    "ledger": ("copilot.cli.ledger", "List the trade-offs that a design states."),
    "mcp": ("copilot.mcp.command", "Serve reviews to coding agents and editors over MCP."),
    "prompts": ("copilot.cli.prompts", "Export a model's requests, import its answers."),
    "doctor": ("copilot.cli.doctor", "Check the installation, the index and the model's endpoint."),
    "knowledge": ("copilot.cli.knowledge", "List, show or check what a review knows."),
    "schema": ("copilot.cli.schema", "Print the JSON Schema of the review JSON."),
    "eval": ("copilot.cli.evaluate", "Score a judge on labelled designs."),
}


class LazyGroup(click.Group):
    """A group whose commands are named here and imported at their first use."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names in the order of the table."""
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command object; None for an unknown name."""
        if cmd_name not in _COMMANDS:
            return None
        command: click.Command = importlib.import_module(_COMMANDS[cmd_name][0]).command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The table of commands, without importing any."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, short) for name, (_, short) in _COMMANDS.items()])


@click.group(
    cls=LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog=(
        "Exit codes: 0 fine, 1 findings at or above --fail-on, 2 bad input or usage, "
        "3 some aspect could not be judged, 4 a score below its gate, 130 cancelled."
    ),
)
@click.version_option(__version__, prog_name="archreview")
def cli() -> None:
    """Review the architecture of large-scale ML platforms: cited findings, follow-up questions."""


def main() -> None:
    """Run the command line; every expected failure is one line on stderr and an exit code."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    try:
        code = cli.main(standalone_mode=False)
    except CopilotError as error:
        click.echo(f"archreview: {error}", err=True)
        code = error.exit_code
    except click.exceptions.NoArgsIsHelpError as error:
        error.show()
        code = ExitCode.BAD_INPUT
    except click.ClickException as error:
        click.echo(f"archreview: {_in_one_line(error)}", err=True)
        code = ExitCode.BAD_INPUT
    except (KeyboardInterrupt, click.Abort):
        click.echo("archreview: cancelled", err=True)
        code = ExitCode.CANCELLED
    except BrokenPipeError:
        sys.stderr.close()
        code = ExitCode.OK
    sys.exit(int(code or 0))


def _in_one_line(error: click.ClickException) -> str:
    """What is wrong with the call, and where its help is."""
    said = " ".join(error.format_message().split()).rstrip(".")
    context = getattr(error, "ctx", None)
    return f"{said} — see {context.command_path} --help" if context else said


if __name__ == "__main__":
    main()
