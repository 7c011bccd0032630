"""The language server: what the engine knows, while the code is being written."""
