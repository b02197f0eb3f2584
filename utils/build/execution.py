"""Execute a lesson: offline, with a throw-away progress folder, its outputs the same on every
run.
"""

import os
import tempfile
import time
from pathlib import Path
from queue import Empty

from jupyter_core.utils import run_sync
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

from utils.build.notebook import METADATA, BuildError, digest

SECONDS = 900  # for one cell; lesson 07 trains for a minute on a quiet machine
WIDGET = ("application/vnd.jupyter.widget-view+json", "application/vnd.jupyter.widget-state+json")


def execute(notebook, path: Path) -> None:
    """Run every cell, offline, with a throw-away progress folder; BuildError says which cell failed
    and why.
    """
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    with tempfile.TemporaryDirectory() as progress:
        before = dict(os.environ)
        os.environ.update(
            GPT2_BY_HAND_PROGRESS=progress,
            HF_HUB_OFFLINE="1",
            OMP_NUM_THREADS="1",
            PYTHONHASHSEED="0",
            TQDM_DISABLE="1",
            GPT2_BY_HAND_PROJECTOR="",
        )
        try:
            SlicedClient(
                notebook,
                timeout=SECONDS,
                kernel_name="python3",
                extra_arguments=["--log-level=ERROR"],
                coalesce_streams=True,
                resources={"metadata": {"path": str(path.parent)}},
            ).execute()
        except CellTimeoutError:
            raise BuildError(f"{path.name}: a cell ran longer than {SECONDS} seconds") from None
        except CellExecutionError as error:
            raise BuildError(
                f"{path.name}: a cell raised {error.ename}: {error.evalue}\n{error.traceback}"
            ) from None
        except DeadKernelError:
            raise BuildError(f"{path.name}: the kernel died") from None
        finally:
            os.environ.clear()
            os.environ.update(before)
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)
        for output in cell.get("outputs", []):
            for mime in WIDGET:  # live widgets have random ids; their static figure stays
                output.get("data", {}).pop(mime, None)
        if "outputs" in cell:  # an explorer has two outputs, its static form and the widget
            cell.outputs = [output for output in cell.outputs if output.get("data", True)]
    notebook.metadata.pop("widgets", None)
    notebook.metadata["language_info"] = METADATA["language_info"]
    notebook.metadata["executed"] = digest(notebook)


class SlicedClient(NotebookClient):
    """nbclient that does not stall on widget cells: it polls the shell channel in short slices
    (nbclient issue 312).
    """

    async def async_start_new_kernel_client(self):
        client = await super().async_start_new_kernel_client()
        channel, whole = client.shell_channel, client.shell_channel.get_msg

        async def get_msg(timeout=None):
            end = None if timeout is None else time.monotonic() + timeout
            while True:
                left = 0.2 if end is None else min(0.2, max(0, end - time.monotonic()))
                try:
                    return await whole(timeout=left)
                except Empty:
                    if end is not None and time.monotonic() >= end:
                        raise

        channel.get_msg = get_msg
        return client

    start_new_kernel_client = run_sync(async_start_new_kernel_client)
