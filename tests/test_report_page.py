import re

import pytest

from keraslint.report.page import render
from keraslint.rulebook import rules

MARKDOWN = """\
# KER101 a-name

Some `code` and **bold**.

Words with a [link](https://example.org/x) that are long enough to be wrapped.

| a | `b` |
|---|---|
| long cell | **x** |

- one item
- another item that is so long that it goes on in the
  next line

```python
x = "**kept** as it is"

y
```
"""


def test_a_page():
    assert (
        "".join(render(MARKDOWN, 40, color=False))
        == """\
KER101 a-name

Some code and bold.

Words with a link
(https://example.org/x) that are long
enough to be wrapped.

a          b
long cell  x

- one item
- another item that is so long that it
  goes on in the next line

    x = "**kept** as it is"

    y

"""
    )


@pytest.mark.parametrize("rule", rules().values(), ids=lambda rule: rule.code)
def test_every_page_keeps_its_words(rule):
    plain = "".join(render(rule.text, 80, color=False))
    colored = "".join(render(rule.text, 80, color=True))
    assert re.sub(r"\x1b\[[\d;]*m", "", colored) == plain
    words = re.findall(r"\w+", re.sub(r"```\w+", "", rule.text))
    assert re.findall(r"\w+", plain) == words
