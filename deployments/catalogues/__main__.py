"""`python -m deployments.catalogues extract|update|check [LANGUAGE ...]`: see the package."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from deployments.catalogues import check, files, literal
from deployments.catalogues.texts import ROOT, messages


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; the exit code, 1 where the check found something."""
    parser = argparse.ArgumentParser(prog="python -m deployments.catalogues", description="Catalogues of messages.")
    parser.add_argument("do", choices=("extract", "update", "check"), help="print what is said, or bring up to date, or check")
    parser.add_argument("languages", nargs="*", help="languages, such as it; all that have a catalogue where none is named")
    given = parser.parse_args(arguments)
    languages = given.languages or files.languages()
    match given.do:
        case "extract":
            return _extract()
        case "update":
            return _update(languages)
    return _check(languages)


def _extract() -> int:
    for message in messages().values():
        plural = f" | {message.plural}" if message.plural else ""
        print(f"{min(message.places)}\t{message.context}\t{message.text}{plural}".replace("\n", "\\n"))
    return 0


def _update(languages: Sequence[str]) -> int:
    said = messages()
    for language in languages:
        catalogue = files.updated(files.read(language), said)
        path = files.write(language, catalogue)
        missing = sum(not all(files.strings_of(entry)) for entry in files.entries(catalogue))
        print(f"{path.name} of {language}: {len(catalogue)} messages, {missing} to translate, {len(catalogue.obsolete)} out of use")
    return 0


def _check(languages: Sequence[str]) -> int:
    found = list(literal.words_outside(ROOT))
    said = messages()
    for language in languages:
        found += [f"{language}: {problem}" for problem in check.problems(language, files.read(language), said)]
    print("\n".join(found) if found else f"Nothing is missing: {len(said)} messages in {', '.join(languages) or 'English only'}.")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
