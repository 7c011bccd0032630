"""What a worker may not do: use the network, write outside its folder, start processes, or take more than its share."""

from __future__ import annotations

import contextlib
import ctypes
import os
import resource
import sys

_CLONE_NEWUSER, _CLONE_NEWNET = 0x10000000, 0x40000000
_PR_SET_NO_NEW_PRIVS, _PR_SET_CHILD_SUBREAPER, _PR_SET_PDEATHSIG = 38, 36, 1
_LANDLOCK_CREATE, _LANDLOCK_ADD, _LANDLOCK_RESTRICT = 444, 445, 446
# write, truncate, remove, make, link: everything that changes a file system, by the version that knows it
_WRITES = 1 << 1 | 1 << 4 | 1 << 5 | sum(1 << bit for bit in range(6, 13))
_WRITES_SINCE = {2: 1 << 13, 3: 1 << 14}
_TCP = 1 << 0 | 1 << 1  # bind, connect; since version 4
_STARTS_PROCESS = ("os.fork", "os.forkpty", "os.exec", "os.posix_spawn", "os.spawn", "os.system", "subprocess.Popen", "pty.spawn")  # fmt: skip
_CONNECTS = ("socket.connect", "socket.sendto", "socket.sendmsg", "socket.bind", "socket.getaddrinfo")
# What Python's audit events are about that a model may not do.
_REFUSED = {
    **dict.fromkeys(_STARTS_PROCESS, "start processes"),
    **dict.fromkeys(_CONNECTS, "use the network"),
}


class _Ruleset(ctypes.Structure):
    _fields_ = [("files", ctypes.c_uint64), ("net", ctypes.c_uint64), ("scoped", ctypes.c_uint64)]


class _Beneath(ctypes.Structure):
    _pack_ = 1
    _fields_ = [("allowed", ctypes.c_uint64), ("parent", ctypes.c_int32)]


def leave_network() -> bool:
    """Move this process into a network of its own that leads nowhere; False where the system does not allow it."""
    if sys.platform != "linux":
        return False
    user, group = os.getuid(), os.getgid()
    if ctypes.CDLL(None).unshare(_CLONE_NEWUSER | _CLONE_NEWNET):
        return False
    with contextlib.suppress(OSError):
        for name, text in (
            ("setgroups", "deny"),
            ("uid_map", f"{user} {user} 1"),
            ("gid_map", f"{group} {group} 1"),
        ):
            with open(f"/proc/self/{name}", "w") as file:
                file.write(text)
    return True


def adopt_orphans() -> None:
    """Processes that outlive their parent become children of this one, which can then end them."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def confine(folder: str, seconds: float, memory: int, file_bytes: int) -> None:
    """Limit this process for good: writes only beneath `folder`, so many seconds of CPU and bytes of memory."""
    os.setsid()
    _limit(resource.RLIMIT_CPU, int(seconds) + 1)
    _limit(resource.RLIMIT_FSIZE, file_bytes)
    _limit(resource.RLIMIT_CORE, 0)
    if sys.platform == "linux":
        _limit(resource.RLIMIT_DATA, _data() + memory)
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, 9, 0, 0, 0)
        _write_only_beneath(folder)
    sys.addaudithook(_refuse)


def _refuse(event, arguments):
    if event in _REFUSED:
        raise PermissionError(f"keraslint verify does not let a model {_REFUSED[event]}")


def _limit(which, value: int):
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(which, (value, value))


def _data() -> int:
    """The bytes of data that this process has now."""
    with open("/proc/self/status") as file:
        line = next(line for line in file if line.startswith("VmData"))
    return int(line.split()[1]) * 1024


def _write_only_beneath(folder: str) -> None:
    """By Landlock, where the kernel has it."""
    libc = ctypes.CDLL(None, use_errno=True)
    version = libc.syscall(_LANDLOCK_CREATE, None, 0, 1)
    if version < 1:
        return
    writes = _WRITES | sum(bits for since, bits in _WRITES_SINCE.items() if version >= since)
    rules = _Ruleset(writes, _TCP if version >= 4 else 0, 0)
    size = 8 if version < 4 else 16
    ruleset = libc.syscall(_LANDLOCK_CREATE, ctypes.byref(rules), size, 0)
    if ruleset < 0:
        return
    for path, allowed in ((folder, writes), ("/dev", 1 << 1)):
        parent = os.open(path, os.O_PATH)
        libc.syscall(_LANDLOCK_ADD, ruleset, 1, ctypes.byref(_Beneath(allowed, parent)), 0)
        os.close(parent)
    libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    libc.syscall(_LANDLOCK_RESTRICT, ruleset, 0)
    os.close(ruleset)
