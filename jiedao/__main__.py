"""The command line (命令行): `jiedao COMMAND`. Modules are named by strings and imported only when called."""

import argparse
import importlib
import importlib.util
import os
import sys
from dataclasses import dataclass

from jiedao.ground.db.home import Trouble


@dataclass(frozen=True)
class Command:
    """Where a command lives, the database role it takes (None: no database), and one line about it."""

    module: str
    role: str | None
    what: str


HERE = "jiedao.doors.commands"
COMMANDS = {
    "up": Command(f"{HERE}.up", None, "set up and run everything on this machine; what ./run calls"),
    "serve": Command(f"{HERE}.serve", None, "the pages and the API"),
    "live": Command(f"{HERE}.live", None, "the live pages (server-sent events)"),
    "work": Command(f"{HERE}.work", None, "the job worker, or with --ticker what rings deadlines"),
    "migrate": Command(f"{HERE}.migrate", "owner", "bring roles, schemas and grants up to date"),
    "district": Command(f"{HERE}.district", "owner", "create and list districts"),
    "package": Command(f"{HERE}.package", "owner", "a district as data: check, import, export, diff, docs, new"),
    "demo": Command(f"{HERE}.demo", "owner", "load the demo districts and print their sign-ins"),
    "db": Command(f"{HERE}.db", None, "start, stop and look at the embedded server"),
    "doctor": Command(f"{HERE}.doctor", None, "check this installation and say how to mend it"),
    "settings": Command(f"{HERE}.settings", None, "list every setting, or write docs/settings.md"),
    "assets": Command(f"{HERE}.assets", None, "install the browser packages by their lock file"),
    "messages": Command(f"{HERE}.messages", None, "compile the message catalogues"),
    "import": Command(f"{HERE}.appeals", "web", "read a hotline's table: import appeals FILE"),
    "rehearse": Command(f"{HERE}.rehearse", "web", "simulate days of a demo district with the real verbs"),
    "scale": Command(f"{HERE}.scale", "owner", "spread districts over several servers, with Citus"),
    "copies": Command(f"{HERE}.copies", "owner", "copy rehearsed cases in SQL, for benchmarks"),
    "files": Command(f"{HERE}.files", "web", "check stored files, or carry them from disk to S3 and back"),
    "install": Command(f"{HERE}.install", None, "write units, proxy and configuration for this machine"),
    "upgrade": Command(f"{HERE}.upgrade", None, "change to another release, or back to the one before"),
    "bundle": Command(f"{HERE}.bundle", None, "pack everything for a network without the internet"),
    "backup": Command(
        f"{HERE}.backup", "owner", "back up database and files, sealed; list them; lay the keys elsewhere"
    ),
    "restore": Command(f"{HERE}.restore", "owner", "restore a backup or a moment, or try one beside (--check)"),
    "audit": Command(f"{HERE}.audit", "web", "recompute every chain and seal of every district"),
    "watch": Command(f"{HERE}.watch", "worker", "read how it runs and ring what is wrong"),
    "verify": Command(f"{HERE}.verify", "web", "recompute the hash chains of a district"),
    "processes": Command(f"{HERE}.processes", None, "draw the shipped processes, or check them"),
    "rates": Command(f"{HERE}.rates", "web", "the rates of a month, down to the cases"),
    "bench": Command(f"{HERE}.bench", None, "measure this machine against PostgreSQL itself"),
    "staff": Command(f"{HERE}.staff", "web", "joiners, leavers and moves from a sheet, with a plan first"),
    "sbom": Command(f"{HERE}.sbom", None, "what this platform is made of, as CycloneDX"),
    "prove": Command(f"{HERE}.prove", None, "what is proven of every promise, by which test, at which size"),
    "positions": Command(f"{HERE}.positions", "web", "read a GPX track into somebody's shift, for trial"),
    "token": Command(f"{HERE}.token", "web", "make, list and revoke tokens of the API"),
    "openapi": Command(f"{HERE}.openapi", "web", "write the description of the API, or check it"),
    "django": Command(f"{HERE}.manage", "owner", "Django's own commands, as the owner of the database"),
}


def main(argv: list[str] | None = None) -> int:
    """Run one command. 0 done, 1 refused or failed, 2 wrong arguments, 130 interrupted."""
    argv = sys.argv[1:] if argv is None else argv
    name = next((word for word in argv if not word.startswith("-")), None)
    command = COMMANDS.get(name or "")
    try:
        if command and _exists(command):
            return _run(name or "", command, argv)
        _parser().parse_args(argv)
        _parser().print_help()
        return 0 if not argv else 2
    except Trouble as trouble:
        print(f"jiedao: {trouble}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:  # the reader of our output went away: `jiedao ... | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


def _run(name: str, command: Command, argv: list[str]) -> int:
    if command.role:
        os.environ["JIEDAO_ROLE"] = os.environ.get("JIEDAO_ROLE") or command.role
        _set_up_django()
    module = importlib.import_module(command.module)
    rest = argv[argv.index(name) + 1 :]
    parser = argparse.ArgumentParser(
        prog=f"jiedao {name}",
        description=(module.__doc__ or "").strip(),
        epilog="examples:" + module.EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    module.arguments(parser)
    args = parser.parse_args(rest)
    return int(module.run(args))


def _set_up_django() -> None:
    import django  # noqa: PLC0415 -- slow import

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "jiedao.settings")
    django.setup()


def _parser() -> argparse.ArgumentParser:
    known = {name: command for name, command in COMMANDS.items() if _exists(command)}
    lines = "\n".join(f"  {name:<10}{command.what}" for name, command in known.items())
    parser = argparse.ArgumentParser(
        prog="jiedao",
        description="A platform for street-level government (街道治理平台).",
        epilog=f"commands:\n{lines}\n\nexamples:\n  jiedao doctor\n  jiedao district create 320106 gulou\n"
        "  jiedao COMMAND --help",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("command", nargs="?", choices=sorted(known), metavar="COMMAND")
    return parser


def _exists(command: Command) -> bool:
    return importlib.util.find_spec(command.module) is not None


if __name__ == "__main__":
    sys.exit(main())
