"""Carries rules/ into the wheel; an editable install reads the checkout's own rules/ instead."""

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class RulesHook(BuildHookInterface):
    def initialize(self, version, build_data):
        if version == "standard":
            build_data["force_include"]["rules"] = "keraslint/rules"
