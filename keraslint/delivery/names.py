"""Names and imports."""

from __future__ import annotations

import os
from typing import Any, NamedTuple

from keraslint import summary as s
from keraslint.delivery import builtins, objects, statements
from keraslint.delivery.machine import Frame, Machine, OutOfBudget, Raised
from keraslint.delivery.values import ANYTHING, DATA, MISSING, Environment, External, Known
from keraslint.project.modules import Module
from keraslint.semantics.names import LEGACY_ROOTS, canonical, is_installed, is_old_copy

LONGEST_WAY = 20  # of a name from module to module


class Deferred(NamedTuple):
    """An imported name that nobody has asked for yet."""

    path: str
    name: str
    outside: str  # its dotted name, for the case that the module does not have it


class Folder(NamedTuple):
    """A folder of modules without an `__init__`."""

    path: str


def lookup(m: Machine, env: Environment, name: str):
    """The value of a name."""
    scope: Any = env
    while scope is not None:
        if name in scope.names:
            value = scope.names[name]
            if isinstance(value, Deferred):
                value = _resolve(m, value)
                m.state.write(scope.names, name, value)
            return value
        scope = scope.parent
    return _module_fallback(env.module, name)


def _module_fallback(module: Module, name: str):
    if name in builtins.BUILTINS:
        return builtins.BUILTINS[name]
    if name in ("__name__", "__file__"):
        return Known("__main__") if name == "__name__" else DATA
    for package in module.stars:
        return External(canonical(f"{package}.{name}"))
    return builtins.PLAIN.get(name, ANYTHING)


def known(project, module: Module, expr):
    """What a dotted name means in a module, as far as it is known without running others.

    It stays Deferred where that needs a module that nothing asked for, and is ANYTHING where it is not known.
    """
    if isinstance(expr, s.Name):
        value = module.env.names.get(expr.id, MISSING)
        value = _module_fallback(module, expr.id) if value is MISSING else value
    elif isinstance(expr, s.Attr):
        value = known(project, module, expr.value)
        if isinstance(value, External):
            return External(canonical(f"{value.name}.{expr.name}"))
        value = value.env.names.get(expr.name, ANYTHING) if isinstance(value, Module) else ANYTHING
    else:
        return ANYTHING
    for _ in range(LONGEST_WAY):
        if not isinstance(value, Deferred):
            break
        value = _imported(project, value)
    return value


def _imported(project, deferred: Deferred):
    """What an imported name means in the module that has it; the same if nothing ran that module."""
    module = project.modules.get(deferred.path)
    if module is None or deferred.name in module.env.names:
        return module.env.names[deferred.name] if module is not None else deferred
    part = project.where(_Beside(deferred.path), deferred.name, 1) if module.is_package else None
    return project.modules.get(part) or (ANYTHING if module.began else deferred)


def bind(m: Machine, env: Environment, name: str, value):
    """Assign to a name in the scope that Python would."""
    if name in env.globals_:
        scope = env.parent or env  # `global` in the module itself says nothing
        while scope.parent is not None and name not in scope.names:
            scope = scope.parent
        m.state.write(scope.names, name, value)
    else:
        m.state.write(env.names, name, value)


def run_module(m: Machine, module: Module):
    """Run a module's statements once; names are there for those who import it, even half-way."""
    if module.began:
        return
    module.began = True
    frame, site, callee, forks, steps, open_marks = m.frame, m.site, m.callee, m.forks, m.steps, m.state.open
    regime, m.regime = m.regime, None
    m.state.open = 0  # what a module defines stays, whoever happened to import it first
    trail, m.state.trail = m.state.trail, []
    m.forks = 0
    m.frame = Frame(module.env)
    try:
        for statement in module.summary.body:
            m.steps = 0
            try:
                statements.execute(m, (statement,))
            except (Raised, OutOfBudget, RecursionError):
                continue
            finally:
                objects.run_handed_on(m)
    finally:
        m.frame, m.site, m.callee, m.forks, m.steps = frame, site, callee, forks, steps
        m.regime = regime
        m.state.open, m.state.trail = open_marks, trail


def import_names(m: Machine, statement):
    """`import a.b as c`"""
    module = m.frame.env.module
    for dotted, alias in statement.names:
        _note_root(module, dotted)
        bound = alias or dotted.split(".")[0]
        if alias and is_old_copy(dotted):
            module.old_names.add(bound)
        bind(m, m.frame.env, bound, _module_value(m, module, dotted if alias else bound, 0))


def import_from(m: Machine, statement):
    """`from a import b`, relative and star imports included."""
    module = m.frame.env.module
    if not statement.level:
        _note_root(module, statement.module)
    source = _module_value(m, module, statement.module, statement.level)
    if statement.names is None:
        _import_star(m, source)
        return
    for name, alias in statement.names:
        if isinstance(source, External):
            value: Any = External(canonical(f"{source.name}.{name}"))
        elif source is module and name not in module.env.names:
            value = member(m, Folder(os.path.dirname(module.path)), name)  # a package imports its own part
        elif isinstance(source, Module):
            value = Deferred(source.path, name, f"{statement.module}.{name}")
        elif isinstance(source, Folder):
            value = member(m, source, name)
        else:
            value = ANYTHING
        bind(m, m.frame.env, alias or name, value)
        if not statement.level and is_old_copy(f"{statement.module}.{name}"):
            module.old_names.add(alias or name)


def _note_root(module: Module, dotted: str):
    if dotted.split(".")[0] in LEGACY_ROOTS:
        module.legacy = True


def _import_star(m: Machine, source):
    module = m.frame.env.module
    if isinstance(source, External):
        module.stars.append(source.name)
    elif isinstance(source, Module):
        run_module(m, source)
        for name, value in source.env.names.items():
            if not name.startswith("_"):
                bind(m, m.frame.env, name, value)
        module.stars.extend(star for star in source.stars if star not in module.stars)


def _module_value(m: Machine, importer: Module, dotted: str, level: int):
    """What an import of a module gives: a Module, a Folder, an External, or ANYTHING."""
    if not level and is_installed(canonical(dotted)):
        return External(canonical(dotted))
    found = m.project.find(importer, dotted, level)
    if found is None:
        return External(canonical(dotted)) if not level else ANYTHING
    if os.path.isdir(found):
        return Folder(found)
    return m.project.module(found) or ANYTHING


def _resolve(m: Machine, deferred: Deferred):
    module = m.project.module(deferred.path)
    return member(m, module, deferred.name) if module is not None else ANYTHING


def member(m: Machine, module, name: str):
    """`module.name`: what the module defines, or one of its submodules."""
    if isinstance(module, Module):
        run_module(m, module)
        if name in module.env.names:
            value = module.env.names[name]
            if isinstance(value, Deferred):
                module.env.names[name] = ANYTHING  # a cycle of imports ends here
                value = _resolve(m, value)
                module.env.names[name] = value
            return value
        folder = os.path.dirname(module.path) if module.is_package else None
    else:
        folder = module.path
    if folder is not None:
        found = m.project.find(_Beside(os.path.join(folder, "__init__.py")), name, 1)
        if found is not None and os.path.isdir(found):
            return Folder(found)
        if found is not None:
            return m.project.module(found) or ANYTHING
    if isinstance(module, Module):
        return _module_fallback(module, name) if module.stars else ANYTHING
    return ANYTHING


class _Beside(NamedTuple):
    path: str
