"""The rules' pages, `rules/KER101.md`: what each rule is called, its category, and its text."""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path

CATEGORIES = ("correctness", "suspicious", "migration", "pedantic")
OFF_BY_DEFAULT = frozenset({"pedantic"})

# Where the rules' pages are published, ending with a slash; None as long as they are not.
PAGES_URL: str | None = None

_PAGE = re.compile(r"\+\+\+\n(.*?)\n\+\+\+\n+(.*)", re.DOTALL)


@dataclass(frozen=True)
class Rule:
    """One page: its front matter, and the Markdown below it."""

    code: str
    name: str
    summary: str
    category: str
    since: str
    fix: str
    regimes: tuple[str, ...]
    text: str

    @property
    def on_by_default(self) -> bool:
        return self.category not in OFF_BY_DEFAULT


def folder() -> Path:
    """The folder of the pages: inside the installed package, else beside it in a checkout. Raises RuntimeError."""
    for rules in (Path(__file__).with_name("rules"), Path(__file__).parent.with_name("rules")):
        if rules.is_dir():
            return rules
    raise RuntimeError("keraslint's rules folder is missing from this installation: install keraslint again")


@cache
def rules() -> dict[str, Rule]:
    """Every rule by its code, in the order of the codes. Raises ValueError naming a page that is no page."""
    pages = (read(path) for path in sorted(folder().glob("KER*.md")))
    return {rule.code: rule for rule in pages}


def url(code: str) -> str | None:
    """The address of a rule's page, or None if the pages have none."""
    return f"{PAGES_URL}{code}" if PAGES_URL else None


def read(path: Path) -> Rule:
    """The rule on one page. Raises ValueError naming the page."""
    match = _PAGE.match(path.read_text(encoding="utf-8"))
    if not match:
        raise ValueError(f"{path}: no front matter between +++ lines")
    try:
        head = load_toml(match[1])
        return Rule(
            code=head["code"],
            name=head["name"],
            summary=head["summary"],
            category=head["category"],
            since=str(head.get("since", "")),
            fix=str(head.get("fix", "none")),
            regimes=tuple(head.get("regimes", ())),
            text=match[2],
        )
    except (KeyError, ValueError) as error:
        raise ValueError(f"{path}: front matter: {error}") from None


def load_toml(text: str) -> dict:
    """Parse TOML. Raises ValueError, whose text ends with the place in brackets."""
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib
    return tomllib.loads(text)
