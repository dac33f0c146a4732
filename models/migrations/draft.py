"""Writes the revision that is missing between the schema's history and the rows: `python -m models.migrations.draft "what changes"`.

Read what it wrote before committing it: a rename looks like a column dropped and another added. As long as nothing has been
released, the first revision may be deleted and drafted anew instead of adding a second.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from alembic import command
from alembic.config import Config

from models.database import connect, migrate

HERE = Path(__file__).parent
VERSIONS = HERE / "versions"


def draft(message: str) -> Path:
    """Compare the rows with an SQLite database at the newest revision and write the next one. Returns its file."""
    number = f"{len(list(VERSIONS.glob('0*.py'))) + 1:04}"
    config = Config()
    config.set_main_option("script_location", str(HERE))
    config.set_main_option("file_template", "%%(rev)s_%%(slug)s")
    config.attributes["alters"] = number != "0001"
    with TemporaryDirectory() as folder:
        engine = connect(f"sqlite:///{folder}/draft.db")
        if number != "0001":
            migrate(engine)
        with engine.execution_options(changing=True).begin() as connection:
            config.attributes["connection"] = connection
            command.revision(config, message, autogenerate=True, rev_id=number)
        engine.dispose()
    file = next(VERSIONS.glob(f"{number}_*.py"))
    file.write_text(re.sub(r"\n +# ### .* ###", "", file.read_text(encoding="utf-8")), encoding="utf-8")  # Alembic's own remarks
    subprocess.run([sys.executable, "-m", "ruff", "format", "--quiet", str(file)], check=True)  # noqa: S603 - our own command
    return file


if __name__ == "__main__":
    if len(sys.argv) != 2 or not sys.argv[1].strip():
        sys.exit('usage: python -m models.migrations.draft "what changes"')
    print(f"Wrote {draft(sys.argv[1].strip()).relative_to(Path.cwd())}. Read it before you commit it.")  # noqa: T201 - a command for developers
