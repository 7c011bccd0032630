import json
import re

from keraslint.finding import Location, ModelReport, SiteRow, Span, Table
from keraslint.report import tables

ENTRIES = ("fit", "evaluate", "predict", "call", "call_true", "call_false")


def span(row, column, filename="net.py", cell=None):
    return Span(filename, Location(row, column), Location(row, column + 1), cell)


def site(modes, row=20, layer="keras.layers.Dropout", sensitive=True, filename="net.py", why="because"):
    return SiteRow(
        span(row, 13, filename),
        "Net.call",
        "self.drop",
        layer,
        sensitive,
        dict(zip(ENTRIES, modes.split())),
        why,
    )


def model(*described):
    return ModelReport(
        "Net", "model", span(3, 1), [Table(regime, backend, sites) for regime, backend, sites in described]
    )


TRAINS = "train infer infer infer train infer"
NEVER = "infer infer infer infer infer infer"


def text(*described, **options):
    return "".join(tables.render([model(*described)], **options))


def rows(shown):
    return [re.split(r"  +", line.strip()) for line in shown.split("\n") if "self.drop (Dropout) " in line]


def test_a_table_has_a_row_a_site_and_a_column_an_entry():
    shown = text(("2", "tensorflow", [site(TRAINS)]))
    assert shown.startswith("Net (model) net.py:3:1\n\n  Keras 2 (tensorflow)\n")
    head = next(line for line in shown.split("\n") if "place" in line).split()
    assert head == ["place", "in", "layer", *ENTRIES]
    assert rows(shown) == [["20:13", "Net.call", "self.drop (Dropout)", *TRAINS.split()]]
    assert "20:13 self.drop (Dropout): because\n" in shown


def test_columns_line_up():
    lines = text(("2", "tensorflow", [site(TRAINS), site(NEVER, 100, filename="far/away.py")])).split("\n")
    head = next(line for line in lines if "place" in line)
    for line in lines:
        if "self.drop (Dropout) " in line:
            assert line[head.index("fit") :].split()[0] in ("train", "infer")
            assert line[head.index("call_false") :] == "infer"


def test_equal_tables_are_shown_once_and_differences_are_marked():
    shown = text(
        ("2", "tensorflow", [site(TRAINS)]),
        ("3.0", "tensorflow", [site(NEVER)]),
        ("3.10", "tensorflow", [site(NEVER)]),
        ("3.10", "jax", [site(NEVER)]),
    )
    assert "  Keras 2 (tensorflow)\n" in shown
    assert "  Keras 3.0 to 3.9 (tensorflow), 3.10 to 3.15 (tensorflow, jax)\n" in shown
    assert rows(shown)[1][3:] == ["infer*", "infer", "infer", "infer", "infer*", "infer"]
    assert "*" not in " ".join(rows(shown)[0])
    assert "* differs from the table above it" in shown


def test_the_title_of_regimes_with_the_same_backends():
    assert "  Keras 3.0 to 3.15 (tensorflow)\n" in text(
        ("3.0", "tensorflow", [site(NEVER)]), ("3.10", "tensorflow", [site(NEVER)])
    )


def test_layers_without_modes_are_left_out_and_counted():
    dense = site(NEVER, 21, "keras.layers.Dense", sensitive=False)
    shown = text(("2", "tensorflow", [site(TRAINS), dense]))
    assert (
        "Dense" not in shown
        and "1 place calls a layer that does the same in both modes; --all shows them" in shown
    )
    shown = text(("2", "tensorflow", [site(TRAINS), dense]), all_sites=True)
    assert "Dense" in shown and "--all" not in shown
    assert "it calls no layer that is known to act differently by mode" in text(("2", "tensorflow", [dense]))


def test_colour_tells_the_modes_apart_and_changes_nothing_else():
    described = ("2", "tensorflow", [site("train infer either unknown unreached infer")])
    colored = text(described, color=True)
    for painted in ("32mtrain", "34minfer", "33meither", "2munknown", "2munreached"):
        assert f"\x1b[{painted}\x1b[0m" in colored
    assert re.sub(r"\x1b\[[\d;]*m", "", colored) == text(described)


def test_other_entries_stand_behind():
    odd = SiteRow(span(1, 1), "f", "self.drop", None, True, {"train_step": "train", "fit": "infer"}, "")
    head = next(line for line in text(("2", "tensorflow", [odd])).split("\n") if "place" in line).split()
    assert head == ["place", "in", "layer", "fit", "train_step"]


def test_a_layer_without_a_call_of_its_own_is_named_alone():
    inside = SiteRow(span(1, 1), "", "", "keras.layers.Dropout", True, {"fit": "train"}, "why")
    shown = text(("2", "tensorflow", [inside]))
    assert "Dropout  train\n" in shown and "1:1 Dropout: why\n" in shown and "()" not in shown


def test_json_is_the_contract():
    data = json.loads(tables.document([model(("3.10", "jax", [site(TRAINS)]))]))
    assert data["version"] == 1
    [found] = data["models"]
    assert (found["name"], found["kind"], found["filename"]) == ("Net", "model", "net.py")
    assert found["location"] == {"row": 3, "column": 1}
    [table] = found["tables"]
    assert (table["regime"], table["backend"]) == ("3.10", "jax")
    [row] = table["sites"]
    assert {name: row[name] for name in ("within", "callee", "layer", "sensitive", "why")} == {
        "within": "Net.call",
        "callee": "self.drop",
        "layer": "keras.layers.Dropout",
        "sensitive": True,
        "why": "because",
    }
    assert row["location"] == {"row": 20, "column": 13}
    assert row["modes"] == dict(zip(ENTRIES, TRAINS.split()))
