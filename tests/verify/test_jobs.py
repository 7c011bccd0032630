"""What the interpreter that runs Keras is told of a model."""

from types import SimpleNamespace

from keraslint.config import settings_for
from keraslint.result import Result
from keraslint.source.files import Source
from keraslint.verify.jobs import job
from keraslint.verify.models import Model

NET = b"import keras\nclass Net(keras.Model): pass\n"
HOLDER = b"from net import Net\nclass Outer(Model):\n    def __init__(self):\n        self.net = Net()\n"


def test_models_that_hold_it_are_looked_for_in_files_that_can_be_read(tree):
    files = {
        "net.py": NET,
        "outer.py": HOLDER,
        "latin.py": b"x = Net() # \xff\n",
        "broken.py": b"Net(\n",
        "null.py": b"Net()\0",
    }
    folder = str(tree(files))
    read = {f"{folder}/{name}": Source(name, data) for name, data in files.items()}
    made = job(Model(f"{folder}/net.py", "Net"), Result(read=SimpleNamespace(read=read)), settings_for("."))
    assert [(each["filename"], each["name"]) for each in made["holders"]] == [(f"{folder}/outer.py", "Outer")]
