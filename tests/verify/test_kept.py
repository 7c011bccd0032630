"""What is known is not run again, and jobs are made no sooner than they are needed. What runs them is no Keras here."""

import contextlib

from keraslint.verify.kept import Runner


class Pool:
    """Runs one job at a time. `ran` has the names of all that any of them ran."""

    about = {"keras": "3"}
    ran: list[str] = []

    def run(self, jobs, started):
        for job in jobs:
            self.ran.append(job["name"])
            yield job, {"sites": [], "files": [job["filename"]]}

    def close(self):
        pass


def job(folder, name, made=None):
    if made is not None:
        made.append(name)
    return {"filename": str(folder / f"{name}.py"), "name": name, "others": []}


def run(folder, names, monkeypatch):
    """(what was made and what came out, in their order; what was run)."""
    monkeypatch.setattr(Pool, "ran", [])
    events = []
    with contextlib.closing(Runner(Pool, ("python",), str(folder / "cache"))) as runner:
        for each, result, about in runner.run(job(folder, name, events) for name in names):
            assert (result["sites"], about) == ([], Pool.about)
            events.append(f"{each['name']} done")
    return events, Pool.ran


def test_only_what_changed_is_run_and_the_others_come_as_they_are_found(tree, monkeypatch):
    folder = tree({"a.py": "1", "b.py": "2", "c.py": "3"})
    events, ran = run(folder, "abc", monkeypatch)
    assert events == ["a", "a done", "b", "b done", "c", "c done"]
    assert ran == ["a", "b", "c"]
    assert run(folder, "abc", monkeypatch) == (["a", "b", "c", "a done", "b done", "c done"], [])
    (folder / "b.py").write_text("20")
    events, ran = run(folder, "abc", monkeypatch)
    assert ran == ["b"]
    assert events == ["a", "b", "a done", "b done", "c", "c done"]
