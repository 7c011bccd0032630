"""Keras as data and rules: the regimes, the layer tables, and how a call gets its training value."""
