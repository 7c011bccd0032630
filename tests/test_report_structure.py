"""The tree of a model's layers."""

from keraslint.report.structure import nodes


def site(within, layer, row, sensitive=None, callee="", **values):
    return {
        "filename": "/net.py", "row": row, "column": 5, "within": within, "callee": callee or f"self.{layer.lower()}",
        "layer": layer, "sensitive": sensitive, "values": values,
    }  # fmt: skip


DROP, DENSE = "keras.layers.Dropout", "keras.layers.Dense"
SITES = [
    site("Net.call", "Block", 1, fit=[True]),
    site("Net.call", DENSE, 2, False, "self.out"),
    site("Net._head", DROP, 3, True, "self.drop", fit=[False]),
    site("Block.call", DROP, 9, True, "self.drop", fit=[True, None], call=["symbolic"]),
    site("helper", DROP, 20, True, "drop", predict=[True]),
]


def drawn(name, sites, **options):
    return [node.rails + node.label for node in nodes(name, sites, **options)]


def test_what_a_class_calls_stands_under_it():
    assert drawn("Net", SITES) == [
        "├─ self.block (Block)",
        "│  └─ self.drop (Dropout)",
        "├─ self.drop (Dropout)",
        "└─ drop (Dropout)",
    ]
    assert "├─ self.out (Dense)" in drawn("Net", SITES, everything=True)


def test_modes_and_which_are_wrong():
    block, inner, head, helper = nodes("Net", SITES)
    assert (inner.modes["fit"], inner.modes["call"], inner.modes["predict"]) == ("either", "unknown", "unreached")
    assert [node.is_wrong("fit") for node in (block, inner, head)] == [False, False, True]
    assert helper.is_wrong("predict")


def test_a_class_that_is_used_twice_and_one_that_holds_its_own_kind():
    sites = [
        site("Net.call", "Block", 1, callee="self.a"),
        site("Net.call", "Block", 2, callee="self.b"),
        site("Block.call", "Block", 8, callee="self.inner"),
        site("Block.call", DROP, 9, True, "self.drop"),
    ]
    assert drawn("Net", sites) == [
        "├─ self.a (Block)", "│  └─ self.drop (Dropout)", "└─ self.b (Block)", "   └─ self.drop (Dropout)",
    ]  # fmt: skip


def test_a_function_that_makes_a_graph():
    assert drawn("make", [site("make", DROP, 1, True, "layers.Dropout(0.5)")]) == ["└─ layers.Dropout(0.5) (Dropout)"]
    assert drawn("model", [site("<module>", DROP, 1, True, "keras.Sequential")]) == ["└─ keras.Sequential (Dropout)"]
    assert drawn("make", []) == []
