"""What a check of groups of paths finds: recalled where nothing changed, and at once where nothing is about Keras."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from .groups import Group

if TYPE_CHECKING:
    from ..result import Result


def checked(
    groups: list[Group],
    cached: bool = True,
    with_fixes: bool = False,
    live: bool = False,
    jobs: int | None = None,
) -> list[Result]:
    """What a check of each group finds. Raises ConfigError.

    cached: whether to use and fill the cache.
    with_fixes: whether the findings are to come with their fixes.
    live: whether the programs are needed, and not only the findings; see also `revived`.
    jobs: how many processes may work; by default as many as there are processors.
    """
    from .. import targets

    for group in groups:
        # A wrong version is an error even where no model asks for it.
        targets.regimes(group.settings)
        targets.backends(group.settings)
    return [_checked(group, cached, with_fixes, live, jobs) for group in groups]


def revived(
    groups: list[Group], results: list[Result], cached: bool, with_fixes: bool, jobs: int | None
) -> list[Result]:
    """The results of a check, live where anything was found: what was recalled can be neither edited nor run."""
    return [
        _checked(group, cached, with_fixes, True, jobs)
        if result.findings and result.program is None
        else result
        for group, result in zip(groups, results)
    ]


def _checked(group: Group, cached: bool, with_fixes: bool, live: bool, jobs: int | None) -> Result:
    from ..source.discover import discover

    errors: list[str] = []
    files = [os.path.abspath(path) for path in discover(group.paths, group.settings, errors)]
    result = None if live else _without_keras(files, group)
    if result is None:
        result = _with_keras(files, group, cached, with_fixes, live, jobs)
    result.errors[:0] = errors
    return result


def _without_keras(files: list[str], group: Group) -> Result | None:
    """What a check comes to where no file is about Keras, without the code that follows models; None if one is."""
    from ..result import Result, line_count
    from ..source.files import Source, SourceError, read

    limit, given = group.settings.max_file_size, {}
    if group.stdin is not None:
        given[os.path.abspath(group.stdin[0])] = Source(*group.stdin, limit)
    result = Result(files=list(dict.fromkeys([*files, *given])))
    for path in result.files:
        try:
            source = given.get(path) or read(path, limit)
        except SourceError:
            return None
        if source.about_keras:
            return None
        result.sources[source.filename] = source
    result.lines = line_count(result.sources.values())
    return result


def _with_keras(
    files: list[str], group: Group, cached: bool, with_fixes: bool, live: bool, jobs: int | None
) -> Result:
    if not cached:
        return _check(files, group, with_fixes, None, jobs)
    from .. import recall
    from ..cache import Cache, Summaries

    kept = Cache(group.settings.cache_dir)
    key, result = None, None
    if group.stdin is None:
        key, result = recall.recall(kept, files, group.settings, with_fixes)
    if result is None or live:
        result = _check(files, group, with_fixes, Summaries(kept), jobs)
        if key is not None:
            recall.remember(kept, key, result)
    kept.save()
    return result


def _check(files: list[str], group: Group, with_fixes: bool, summaries: Any, jobs: int | None) -> Result:
    from ..ahead import processors
    from ..engine import check

    jobs = jobs or processors()
    result = check(files, group.settings, stdin=group.stdin, summaries=summaries, jobs=jobs)
    if with_fixes:
        from .fixes import propose

        propose([group], [result])
    return result
