"""Paths, stdin and notebooks become sources: text with a map back to file, cell and line."""
