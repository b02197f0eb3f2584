"""A private JupyterLab and a real Chromium, for the browser tests: its own copy of the course, its
own settings.
"""

import ast
import contextlib
import json
import os
import random
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

from utils.slicing import Slicer, statements

ROOT = Path(__file__).parents[2]
CHROMIUM = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)
FLAGS = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync"
).split()

# Run All ends early at an error, and before later cells are sent: so wait until each code cell has
# a count or an error.
RAN = """() => {
  const panel = jupyterapp.shell.currentWidget;
  const cells = panel.content.widgets.map(c => c.model).filter(m => m.type === 'code');
  const errors = m => m.outputs.toJSON().filter(o => o.output_type === 'error');
  window.ran = cells.map(m => ({count: m.executionCount, busy: m.executionState !== 'idle',
    error: errors(m).map(o => o.ename + ': ' + o.evalue)[0] ?? null}));
  return panel.sessionContext.session.kernel.status === 'idle' && !ran.some(c => c.busy)
    && (ran.every(c => c.count) || ran.some(c => c.error)) }"""

# The place of the first code cell that contains a text.
FIND = """const content = jupyterapp.shell.currentWidget.content;
  const at = content.widgets.findIndex(
    c => c.model.type === 'code' && c.model.sharedModel.source.includes(text));
  if (at < 0) throw new Error("no code cell holds " + text);"""

# A notebook opened again without its kernel has lost its widgets, and ipywidgets rightly says so; a
# kernel that is shut down early takes with it what JupyterLab's debugger had asked.
NOISE = "widget model not found", "Could not restore the debugger state"


class Lab:
    """A running JupyterLab with a page in it. `outside` and `errors` collect what should stay
    empty.
    """

    def __init__(self, page, base, token, folder):
        self.page, self.base, self.token, self.folder = page, base, token, folder
        self.outside, self.errors = [], []
        page.on(
            "request",
            lambda r: (
                None
                if r.url.startswith((base, base.replace("http", "ws"), "data:", "blob:"))
                else self.outside.append(r.url)
            ),
        )
        page.on("pageerror", lambda e: self.errors.append(str(e)))
        page.on(
            "console",
            lambda m: (
                self.errors.append(m.text[:300])
                if m.type == "error" and not any(n in m.text for n in NOISE)
                else None
            ),
        )

    def open(
        self, notebook: str = "", *only: str, folder: str = "notebooks", close: bool = True
    ) -> None:
        """A notebook; without a name, whatever `make lab` opens by itself. The one before it is
        saved, closed and its kernel shut down, or stays open in its own tab. With `only`, all
        that the first code cells with these texts do not need is cut away: a page of a hundred
        cells takes a browser seconds to draw.
        """
        if only:
            name = Path(folder, f"{notebook}.ipynb")
            whole = json.loads((ROOT / name).read_text(encoding="utf-8"))
            whole["cells"] = [whole["cells"][at] for at in needed_cells(whole["cells"], *only)]
            (self.folder / name).write_text(json.dumps(whole), encoding="utf-8")
        if notebook and self.page.url.startswith(self.base):
            if close and self.page.evaluate("Boolean(jupyterapp.shell.currentWidget?.context)"):
                self.close()
            self.page.evaluate(
                "path => jupyterapp.commands.execute('docmanager:open', {path}).then(() => 0)",
                f"{folder}/{notebook}.ipynb",
            )
        else:
            self.page.goto(
                self.base
                + (
                    f"/lab/tree/{folder}/{notebook}.ipynb?token={self.token}&reset"
                    if notebook
                    else f"/?token={self.token}"
                )
            )
        self.page.wait_for_function(
            "window.jupyterapp?.shell.currentWidget?.sessionContext?.session?.kernel?.status "
            "=== 'idle'",
            timeout=120_000,
        )
        self.page.wait_for_selector(".jp-NotebookPanel:not(.lm-mod-hidden) .jp-Cell")

    def close(self, save: bool = True) -> None:
        """Close the notebook in front, and shut down its kernel."""
        self.page.evaluate(
            """async save => {
            const old = jupyterapp.shell.currentWidget;
            if (save) await old.context.save();
            await old.sessionContext.shutdown();
            old.dispose(); }""",
            save,
        )

    def run_all(self) -> list[dict]:
        self.page.evaluate("jupyterapp.commands.execute('notebook:run-all-cells')")
        self.page.wait_for_function(RAN, timeout=120_000)
        ran = self.page.evaluate("ran")
        assert ran and all(cell["count"] and not cell["error"] for cell in ran), [
            c for c in ran if c["error"]
        ]
        return ran

    def run_needed(self, *texts: str, itself: bool = True) -> None:
        """Run the first code cells that contain a text, and before them only what they need;
        without `itself`, only that.
        """
        path = self.page.evaluate("jupyterapp.shell.currentWidget.context.path")
        cells = json.loads((self.folder / path).read_text(encoding="utf-8"))["cells"]
        wanted = places(cells, *texts)
        for at in needed_cells(cells, *texts):
            if itself or at not in wanted:
                self.start(at)
                self.finish()

    def place(self, text: str) -> int:
        """Which cell is the first code cell that contains a text."""
        return self.page.evaluate(f"text => {{ {FIND} return at }}", text)

    def start(self, cell: str | int) -> None:
        """Begin to run a cell: that of a place, or the first code cell that contains a text."""
        self.page.evaluate(
            """at => {
            const content = jupyterapp.shell.currentWidget.content;
            content.activeCellIndex = at;
            window.running = content.activeCell.model;
            running.sharedModel.execution_count = null;
            jupyterapp.commands.execute('notebook:run-cell') }""",
            cell if isinstance(cell, int) else self.place(cell),
        )

    def finish(self) -> None:
        """Wait until the cell that was started is done."""
        self.page.wait_for_function(
            "running.executionCount && running.executionState === 'idle'", timeout=120_000
        )
        errors = self.page.evaluate(
            "running.outputs.toJSON().filter(o => o.output_type === 'error').map(o => "
            "o.ename + ': ' + o.evalue)"
        )
        assert not errors, errors

    def run(self, *texts: str) -> None:
        """Run the first code cell that contains each text, one after the other."""
        for text in texts:
            self.start(text)
            self.finish()

    def python(self, expression: str):
        """The value of a Python expression in the notebook's kernel, by way of JSON; `shown(n)` is
        what cell n displayed.
        """
        code = "import json; shown = lambda n: Out[n]"
        reply = self.page.evaluate(
            """async ([code, expression]) => {
            const kernel = jupyterapp.shell.currentWidget.sessionContext.session.kernel;
            const future = kernel.requestExecute(
              {code, silent: true, user_expressions: {value: expression}});
            return (await future.done).content.user_expressions.value }""",
            [code, f"json.dumps({expression})"],
        )
        assert reply["status"] == "ok", reply
        return json.loads(ast.literal_eval(reply["data"]["text/plain"]))

    def cell(self, text: str):
        """The code cell that contains a text."""
        return self.page.locator(".jp-CodeCell").filter(has_text=text).first

    def number(self, text: str) -> int:
        """The execution count of the code cell that contains a text."""
        return self.page.evaluate(
            f"text => {{ {FIND} return content.widgets[at].model.executionCount }}",
            text,
        )

    def pictures(self, **parts) -> None:
        """Screenshots of parts of the page, light and dark, for a person to look at: name=part.
        Into the folder that ARTEFACTS names, if any.
        """
        if not (folder := os.environ.get("ARTEFACTS")):
            return
        folder = Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        for theme in ("Dark", "Light"):
            self.page.evaluate(
                "async theme => { await jupyterapp.commands.execute('apputils:change-theme', "
                "{theme: 'JupyterLab ' + theme}) }",
                theme,
            )
            self.page.wait_for_function(
                "theme => document.body.dataset.jpThemeName === 'JupyterLab ' + theme", arg=theme
            )
            # JupyterLab's splash; two at once trip over each other
            self.page.wait_for_selector("#jupyterlab-splash", state="detached")
            for name, part in parts.items():
                part.screenshot(path=folder / f"{name}_{theme.lower()}.png")

    def type_into(self, start: str, source: str) -> None:
        """Replace a cell's source, as typing does, and run it; the cell is found by how its source
        starts.
        """
        self.page.evaluate(
            """async ([start, source]) => {
            const content = jupyterapp.shell.currentWidget.content;
            content.activeCellIndex = content.widgets.findIndex(
              c => c.model.sharedModel.source.startsWith(start)) }""",
            [start, source],
        )
        editor = self.page.locator(".jp-Notebook .jp-Cell.jp-mod-active .cm-content")
        editor.click()
        self.page.keyboard.press("Control+A")
        self.page.keyboard.insert_text(source)
        self.page.keyboard.press("Shift+Enter")

    def wait_idle(self) -> None:
        self.page.wait_for_function(
            "jupyterapp.shell.currentWidget.sessionContext.session.kernel.status === 'idle'",
            timeout=60_000,
        )


def places(cells: list[dict], *texts: str) -> list[int]:
    """Which are the first code cells that contain each text, of a notebook's cells as JSON."""
    return [
        next(
            at
            for at, cell in enumerate(cells)
            if cell["cell_type"] == "code" and text in "".join(cell["source"])
        )
        for text in texts
    ]


def needed_cells(cells: list[dict], *texts: str) -> list[int]:
    """The places of these and of what they need, in order; a notebook's first cells are."""
    sources = ["".join(c["source"]) if c["cell_type"] == "code" else "" for c in cells]
    found = [s for at, source in enumerate(sources) for s in statements(source, at)]
    needed, more = set(), set(places(cells, "Run this first", *texts))
    while needed != more:  # a cell runs whole, so all of it has needs
        needed = more
        wanted = [i for i, s in enumerate(found) if s.cell in needed]
        more = needed | {found[i].cell for i in Slicer(found).needed(wanted)}
    return sorted(needed)


@contextlib.contextmanager
def running_lab(browser, folder: Path):
    """A Lab on a copy of the course in `folder`; everything is closed at the end."""
    work = folder / "course"  # as a fresh clone, but with the environment that is here
    shutil.copytree(
        ROOT,
        work,
        ignore=shutil.ignore_patterns(
            ".git", ".venv", ".progress", "__pycache__", "tests", "artefacts", "_site"
        ),
    )
    (work / ".venv").symlink_to(sys.prefix, target_is_directory=True)
    conf = folder / "config" / "labconfig"
    conf.mkdir(parents=True)
    (conf / "default_setting_overrides.json").write_text(
        json.dumps({"@jupyterlab/notebook-extension:tracker": {"windowingMode": "none"}})
    )
    env = os.environ | {
        f"JUPYTER_{k}": str(folder / v)
        for k, v in (("CONFIG_DIR", "config"), ("DATA_DIR", "data"), ("RUNTIME_DIR", "rt"))
    }
    env |= {
        "JUPYTERLAB_SETTINGS_DIR": str(folder / "set"),
        "JUPYTERLAB_WORKSPACES_DIR": str(folder / "ws"),
        "IPYTHONDIR": str(folder / "ipy"),
    }
    env.pop("GPT2_BY_HAND_PROGRESS", None)
    port = _free_port()
    base, token = f"http://127.0.0.1:{port}", secrets.token_hex(8)
    log = (folder / "log").open("w")
    server = subprocess.Popen(
        [
            sys.executable,
            "utils/environment.py",
            "lab",
            "--no-browser",
            "--ip=127.0.0.1",
            f"--port={port}",
            "--ServerApp.port_retries=0",
            f"--IdentityProvider.token={token}",
            "--LabApp.expose_app_in_browser=True",
        ],
        cwd=work,
        env=env,
        stdout=log,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    try:
        _until(lambda: _answers(server, base, token, folder), "JupyterLab answers", 120)
        page = browser.new_page(viewport={"width": 1280, "height": 1000})
        page.set_default_timeout(60_000)
        yield Lab(page, base, token, work)
        page.close()
    finally:
        with contextlib.suppress(ProcessLookupError):  # it may have ended by itself
            # what `make lab` runs, and the JupyterLab that it started
            os.killpg(server.pid, signal.SIGTERM)
        server.wait(30)
        log.close()


def _free_port() -> int:
    """A port that nobody has, nor is given while JupyterLab starts: kernels get theirs from above
    32,767.
    """
    for port in random.sample(range(20_000, 32_000), 100):
        with socket.socket() as one, contextlib.suppress(OSError):
            one.bind(("127.0.0.1", port))
            return port
    raise OSError("a hundred ports are taken")


def _answers(server, base, token, folder) -> bool:
    assert server.poll() is None, (folder / "log").read_text()
    try:
        return bool(urllib.request.urlopen(f"{base}/api/status?token={token}", timeout=2))
    except OSError:
        return False


def _until(test, what, limit):
    end = time.monotonic() + limit
    while not test():
        assert time.monotonic() < end, f"not within {limit} s: {what}"
        time.sleep(0.2)
