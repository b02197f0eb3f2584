"""Machines and Pythons that cannot run the course: one true sentence each, before anything is
installed.
"""

import sys
from types import SimpleNamespace

import pytest

from utils.setup import machine

APPLE = {
    "sys.platform": "darwin",
    "platform.machine": "arm64",
    "platform.mac_ver": ("14.5", ("", "", ""), ""),
}
LINUX = {"sys.platform": "linux", "platform.machine": "x86_64"}
WINDOWS = {
    "sys.platform": "win32",
    "platform.machine": "AMD64",
    "sysconfig.get_platform": "win-amd64",
}


@pytest.fixture
def on(monkeypatch):
    """Stand on another machine: {"module.name": the value it has, or its function returns}."""

    def stand(facts):
        for name, value in facts.items():
            module, name = name.split(".")
            place = getattr(machine, module)
            if callable(getattr(place, name, None)):
                monkeypatch.setattr(place, name, lambda *a, value=value: value, raising=False)
            else:
                monkeypatch.setattr(place, name, value)

    return stand


@pytest.mark.parametrize(
    "facts, sentence",
    [
        (APPLE, ""),
        (LINUX, ""),
        (WINDOWS, ""),
        ({**LINUX, "platform.machine": "aarch64"}, ""),
        ({**APPLE, "platform.machine": "x86_64"}, "has an Intel processor"),
        ({**APPLE, "platform.mac_ver": ("13.6.1", (), "")}, "macOS 13.6.1, and PyTorch needs"),
        ({**APPLE, "platform.mac_ver": ("10.16", (), "")}, ""),
        ({**WINDOWS, "sysconfig.get_platform": "win-arm64"}, "no build for Windows on ARM"),
        ({**WINDOWS, "sys.maxsize": 2**31 - 1}, "a 32-bit program"),
        ({**LINUX, "platform.machine": "riscv64"}, "the processor of this machine (riscv64)"),
        ({**LINUX, "sysconfig.get_config_var": "x86_64-pc-linux-musl"}, "such as Alpine"),
        ({**LINUX, "os.confstr": "glibc 2.28"}, ""),
        ({**LINUX, "os.confstr": "glibc 2.17"}, "its glibc is 2.17, and 2.28 is needed"),
        ({**LINUX, "sys.implementation": SimpleNamespace(name="pypy")}, "this Python is pypy"),
    ],
)
def test_what_a_machine_cannot_is_one_sentence(on, facts, sentence):
    on(facts)
    said = machine.obstacle()
    assert sentence in said and bool(said) == bool(sentence) and said.count(". ") == 0


def test_a_translated_python_on_apple_silicon_is_told_apart(on, monkeypatch):
    on({**APPLE, "platform.machine": "x86_64"})
    monkeypatch.setattr(machine, "_says", lambda *call: "1")
    assert "install the Python for Apple silicon" in machine.obstacle()


def pythons(monkeypatch, version, *found):
    """This Python's version, and those on the path, each of which runs."""
    monkeypatch.setattr(machine.sys, "version_info", version)
    monkeypatch.setattr(machine.shutil, "which", lambda name: name if name in found else None)
    monkeypatch.setattr(machine, "_says", lambda name, *more: "/bin/" + name)


@pytest.mark.parametrize(
    "version, found, chosen",
    [
        ((3, 12, 1), ("python3.14",), sys.executable),
        ((3, 9, 1), ("python3.11", "python3.13"), "/bin/python3.13"),
        ((3, 15, 0), ("python3.12", "python3.15", "python3.16"), "/bin/python3.12"),
    ],
)
def test_the_newest_python_that_the_course_supports(monkeypatch, version, found, chosen):
    pythons(monkeypatch, version, *found)
    assert machine.newest_python() == (chosen, "")


@pytest.mark.parametrize(
    "version, words",
    [((3, 9, 1), "only 3.9 was found (it is too old)"), ((3, 15, 0), "no build for it yet")],
)
def test_no_python_that_fits_is_said(monkeypatch, version, words):
    pythons(monkeypatch, version, "python3.15")
    chosen, said = machine.newest_python()
    assert not chosen and "needs Python 3.11 to 3.14" in said and words in said


def test_a_python_that_does_not_run_is_passed_over(monkeypatch):
    """As pyenv's shims, which stand on the path for versions that are not switched on."""
    pythons(monkeypatch, (3, 9, 1), "python3.14", "python3.12")
    runs = {"python3.12": "/bin/python3.12"}
    monkeypatch.setattr(machine, "_says", lambda name, *more: runs.get(name, ""))
    assert machine.newest_python() == ("/bin/python3.12", "")


def test_the_launcher_of_windows_is_asked(monkeypatch):
    pythons(monkeypatch, (3, 15, 0), "py")
    monkeypatch.setattr(machine.os, "name", "nt")
    asked = []
    monkeypatch.setattr(machine, "_says", lambda *call: asked.append(call) or "")
    machine.newest_python()
    assert [call[:2] for call in asked] == [("py", f"-3.{n}") for n in (14, 13, 12, 11)]


@pytest.mark.parametrize(
    "platform, small, free, said, trouble",
    [
        ("linux", False, 90, "about 3 GB to fetch and 10 GB of disk (90 are free)", ""),
        ("linux", True, 90, "", ""),
        ("darwin", False, 90, "", ""),
        ("linux", False, 1.2, "", "1.2 GB of disk are free, and the environment needs about 2 GB"),
        ("win32", False, 1.2, "", "1.2 GB of disk are free"),
    ],
)
def test_disk_and_cuda_are_said_before_anything_starts(
    monkeypatch, platform, small, free, said, trouble
):
    monkeypatch.setattr(machine.sys, "platform", platform)
    monkeypatch.setattr(machine.shutil, "disk_usage", lambda p: SimpleNamespace(free=free * 1e9))
    words, why = machine.room("/", small)
    assert (
        said in words
        and trouble in why
        and (bool(words), bool(why))
        == (
            bool(said),
            bool(trouble),
        )
    )
    assert ("make lab ARGS=--small" in words) == bool(said)


TLS = (  # what pip 23.2 and 26.3 said to a server whose certificate was its own
    "Could not fetch URL https://localhost:8943/simple/torch/: There was a problem confirming the "
    "ssl certificate: HTTPSConnectionPool(host='localhost', port=8943): Max retries exceeded with "
    "url: /simple/torch/ (Caused by SSLError(SSLCertVerificationError(1, '[SSL: "
    "CERTIFICATE_VERIFY_FAILED] certificate verify failed: self-signed certificate'))) - skipping\n"
    "ERROR: No matching distribution found for torch==2.13.0",
    "Could not fetch URL https://localhost:8943/simple/torch/: There was a problem confirming the "
    "ssl certificate: [SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: self-signed "
    "certificate - skipping\nERROR: No matching distribution found for torch==2.13.0",
)


@pytest.mark.parametrize(
    "said, sentence",
    [
        ("ERROR: [Errno 28] No space left on device", "the disk is full"),
        ("WARNING: Retrying ... NewConnectionError('...')", "the network cannot be reached"),
        (TLS[0], "set PIP_CERT"),
        (TLS[1], "set PIP_CERT"),
        ("certificate verify failed: certificate has expired", "this machine's clock is right"),
        ("certificate verify failed: certificate is not yet valid", "clock is right"),
        ("ProxyError('Tunnel connection failed: 407 Proxy Auth…')", "a name and a password"),
        ("ERROR: No matching distribution found for torch==2.13.0", "no build for Python 3."),
        ("HINT: This error … does not have Windows Long Path support enabled", "a short path"),
        ("ERROR: … [WinError 5] Access is denied: 'torch'", "a file of .venv is in use"),
        ("ERROR: Could not build wheels", ""),
    ],
)
def test_the_reason_of_a_failed_installation_is_one_sentence(said, sentence):
    assert sentence in machine.reason(said) and bool(sentence) == bool(machine.reason(said))
