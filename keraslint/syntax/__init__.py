"""Python source becomes a summary, by libcst; the only room, with `fix`, that knows libcst."""
