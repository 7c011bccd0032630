"""keraslint: which mode, training or inference, every Keras layer really runs in."""

__version__ = "0.1.0"
