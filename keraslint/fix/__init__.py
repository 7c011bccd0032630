"""Findings become edits of the source: proposed by rule, checked by the interpreter, applied byte for byte."""
