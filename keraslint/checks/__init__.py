"""Deliveries become findings; one short function a rule."""
