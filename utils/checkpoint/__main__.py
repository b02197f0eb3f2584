"""Command line: put a GPT-2 into a folder that can be carried to another machine."""

import argparse
import sys

from utils import checkpoint


def main(arguments=None):
    parser = argparse.ArgumentParser(prog="python -m utils.checkpoint")
    commands = parser.add_subparsers(dest="command", required=True)
    command = commands.add_parser("fetch", help="download a GPT-2")
    command.add_argument("name", help=", ".join([*checkpoint.published(), "or owner/name"]))
    command.add_argument("folder", nargs="?", help="where to (a folder in data)")
    command.add_argument("--revision", help="of owner/name: a branch, a tag or a commit")
    chosen = parser.parse_args(arguments)
    try:
        folder = checkpoint.fetch(chosen.name, chosen.folder, chosen.revision)
    except checkpoint.CheckpointError as error:
        sys.exit(str(error))
    place = checkpoint.place(chosen.name, chosen.revision).relative_to(checkpoint.DATA.parent)
    said = "and as published" if chosen.name in checkpoint.published() else "and read once"
    revision = f', revision="{chosen.revision}"' if chosen.revision else ""
    print(
        f"Complete {said}: {folder}. Copied to {place.as_posix()} on another machine,"
        f' load("{chosen.name}"{revision}) finds it; any other place is loaded by its path.'
    )


if __name__ == "__main__":
    main()
