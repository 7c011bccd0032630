"""The abstract interpreter: project x entry x regime -> deliveries.

It runs Python for what it means to layers: objects, functions and containers are kept exactly where the
source decides them, everything numerical is opaque data, and a branch that cannot be decided is run both
ways and joined. The entry's mode is concrete, so `if training:` is decided and order and leaks come out
right. What is not known stays unknown.
"""
