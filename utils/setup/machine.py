"""Which machines and Pythons can run the course, and one sentence for each that cannot.

Parses on old Pythons, because it has to tell them that they are old. What has a build where was
looked up for the pins of requirements.txt: CPython 3.11 to 3.14 on Linux (x86-64 and ARM, glibc
2.28), macOS 14 on Apple silicon, and 64-bit Windows.
"""

import os
import platform
import shutil
import subprocess
import sys
import sysconfig

OLDEST, NEWEST = (3, 11), (3, 14)
PYTHONS = "Python 3.%d to 3.%d" % (OLDEST[1], NEWEST[1])
GLIBC = (2, 28)
GIGABYTES, GIGABYTES_WITH_CUDA = 2, 10  # of disk, what pip keeps meanwhile included


def obstacle():
    """Why this course cannot run on this machine with this Python, in one sentence, else ''."""
    kind = platform.machine().lower()
    if sys.implementation.name != "cpython":
        return "PyTorch needs CPython, and this Python is %s: install Python itself." % (
            sys.implementation.name
        )
    if sys.maxsize < 2**32:
        return "this Python is a 32-bit program, and PyTorch has only 64-bit ones: install that."
    if sys.platform == "darwin":
        return _mac(kind)
    if sysconfig.get_platform() == "win-arm64":
        return "the course's PyTorch has no build for Windows on ARM: use another machine."
    if sys.platform.startswith("linux"):
        return _linux(kind)
    return ""


def _mac(kind):
    if kind != "arm64":
        if _says("sysctl", "-n", "sysctl.proc_translated") == "1":
            return (
                "this Python was made for Intel Macs, for which the course's PyTorch has no build, "
                "and this Mac has Apple silicon: install the Python for Apple silicon."
            )
        return (
            "this Mac has an Intel processor, for which PyTorch has had no new build since 2.2 in "
            "2024: use another machine."
        )
    version = _numbers(platform.mac_ver()[0])
    if version and (10, 16) != version < (14,):  # 10.16: what old programs are told
        return (
            "this is macOS %s, and PyTorch needs macOS 14 or newer: update macOS."
            % (platform.mac_ver()[0])
        )
    return ""


def _linux(kind):
    if kind not in ("x86_64", "aarch64", "arm64"):
        return "PyTorch has no build for the processor of this machine (%s)." % kind
    if "musl" in (sysconfig.get_config_var("HOST_GNU_TYPE") or ""):
        return "PyTorch has no build for Linux with musl, such as Alpine: use one with glibc."
    try:
        name, _, version = (os.confstr("CS_GNU_LIBC_VERSION") or "").partition(" ")
    except (OSError, ValueError):  # not glibc, or it does not say
        return ""
    if name == "glibc" and _numbers(version) < GLIBC:
        return "this Linux is too old for PyTorch: its glibc is %s, and %d.%d is needed." % (
            (version,) + GLIBC
        )
    return ""


def newest_python():
    """(a Python that the course supports, '') or ('', the sentence why there is none): this one, or
    the newest on the path that runs.
    """
    if OLDEST <= sys.version_info[:2] <= NEWEST:
        return sys.executable, ""
    for minor in range(NEWEST[1], OLDEST[1] - 1, -1):
        call = ["py", "-3.%d" % minor] if os.name == "nt" else ["python3.%d" % minor]
        found = shutil.which(call[0]) and _says(
            *(call + ["-c", "import sys, venv; print(sys.executable)"])
        )
        if found:
            return found, ""
    here = "%d.%d" % sys.version_info[:2]
    why = "PyTorch has no build for it yet" if sys.version_info[:2] > NEWEST else "it is too old"
    return (
        "",
        "this course needs %s, and only %s was found (%s): install one of these and run "
        "the same command again." % (PYTHONS, here, why),
    )


def room(folder, small):
    """(what to say before anything is installed, why it cannot be): about disk and CUDA."""
    free, again = shutil.disk_usage(folder).free / 1e9, "run the same command again."
    if free < GIGABYTES:
        return (
            "",
            "%.1f GB of disk are free, and the environment needs about %d GB: free some and %s"
            % (
                free,
                GIGABYTES,
                again,
            ),
        )
    if small or not sys.platform.startswith("linux"):
        return "", ""
    return (
        "on Linux pip's PyTorch brings CUDA along, which the course does not use: about 3 GB to "
        "fetch and %d GB of disk (%.0f are free), unless your pip is set up otherwise. For the "
        "small build, %d GB in all, stop this with Ctrl-C and run it with --small (make lab "
        "ARGS=--small)" % (GIGABYTES_WITH_CUDA, free, GIGABYTES)
    ), ""


REASONS = (  # (any of these in what pip or venv said, the sentence); the first that fits
    (
        ("No space left", "Errno 28", "not enough space"),
        "the disk is full; the environment needs about %d GB: free some and run the same command "
        "again." % GIGABYTES,
    ),
    (
        ("certificate has expired", "certificate is not yet valid"),
        "the packages could not be fetched, because a certificate is out of date or not valid yet: "
        "look whether this machine's clock is right, and run the same command again.",
    ),
    (
        ("CERTIFICATE_VERIFY_FAILED", "certificate verify failed", "SSLCertVerificationError"),
        "the packages could not be fetched, because something on the way (a company's proxy, a "
        "virus scanner) signs the traffic with a certificate that Python does not trust: save that "
        "certificate as a .pem file, set PIP_CERT to its path, and run the same command again.",
    ),
    (
        ("407 Proxy Authentication", "Tunnel connection failed: 407"),
        "the packages could not be fetched, because the proxy wants a name and a password: set "
        "HTTPS_PROXY to http://NAME:PASSWORD@HOST:PORT and run the same command again.",
    ),
    (
        (
            "Temporary failure in name resolution",
            "ConnectTimeoutError",
            "NewConnectionError",
            "Network is unreachable",
            "Failed to establish a new connection",
            "Name or service not known",
            "getaddrinfo failed",
            "NameResolutionError",
            "Connection refused",
            "ProxyError",
            "Max retries exceeded",
            "ReadTimeoutError",
        ),
        "the packages could not be fetched, because the network cannot be reached: connect and run "
        "the same command again.",
    ),
    (
        ("Long Path support",),
        "Windows allows no path over 260 letters here: move the course into a folder with a short "
        "path, such as C:\\gpt2, and run the same command again.",
    ),
    (
        ("WinError 5", "WinError 32"),
        "a file of .venv is in use: close JupyterLab and every terminal that runs it, and run the "
        "same command again.",
    ),
    (
        ("No matching distribution found",),  # pip 26 says no more when a proxy refuses it
        "pip was shown no build for Python %d.%d on %s: the network may keep pip from the package "
        "index (a proxy?), or the index has none for this machine."
        % (sys.version_info[:2] + (sysconfig.get_platform(),)),
    ),
)


def reason(text):
    """The one sentence for a failure whose cause is plain from what pip or venv said, else ''."""
    return next((said for words, said in REASONS if any(word in text for word in words)), "")


def _says(*call):
    """What a program prints, '' where it is missing or fails."""
    try:
        result = subprocess.run(call, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=20)
    except (OSError, subprocess.SubprocessError):
        return ""
    return "" if result.returncode else result.stdout.decode(errors="replace").strip()


def _numbers(version):
    return tuple(int(part) for part in version.split(".")[:2] if part.isdigit())
