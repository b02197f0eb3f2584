"""What makes explorers live on the site: the notebooks' own JavaScript, a back end in the place of
the kernel, and the bundled model, each in a file that any page can load from the disk.
"""

import base64
import html
import json
from pathlib import Path

from utils import bpe, checkpoint
from utils.widgets import (
    LIVE,
    attention,
    cache,
    flow,
    keyboard,
    sampling,
    script,
    tokenizer,
    vocabulary,
)

HERE = Path(__file__).parent / "live"
MODULES = {
    **{"attention": attention.ESM, "cache": cache.ESM, "flow": flow.ESM},
    **{"keyboard": keyboard.ESM, "sampling": sampling.ESM, "tokenizer": tokenizer.ESM},
}
ORDER = "model words sampling keyboard tokenizer attention cache start".split()


def write(folder: Path) -> None:
    """explorers.js, which every page loads, and the two that it loads where they are needed."""
    _, config, words = checkpoint.load("bundled")
    weights = (checkpoint.DATA / "bundled_gpt2" / checkpoint.WEIGHTS).read_bytes()
    model = {
        "file": base64.b64encode(weights).decode(),
        "config": vars(config),
        "vocabulary": vocabulary(words),
    }
    gpt2 = vocabulary(bpe.gpt2())[0]
    for name, text in {
        "explorers.js": explorers(),
        "bundled.js": f"Object.assign(byhand, {json.dumps(model)});\n",
        "gpt2_vocabulary.js": f"byhand.gpt2 = {json.dumps(gpt2, ensure_ascii=False)};\n",
    }.items():
        (folder / name).write_text(text, encoding="utf-8")


def explorers() -> str:
    """All explorers and their back ends, as one classic script: modules cannot be loaded from a
    disk.
    """
    made = "".join(
        f"explorers.{name} = (() => {{\n{module.replace('export default', 'const whole =', 1)}"
        "\nreturn whole;\n})();\n"
        for name, module in MODULES.items()
    )
    backs = "\n".join((HERE / f"{name}.js").read_text(encoding="utf-8") for name in ORDER)
    return (
        "const byhand = {};\n(() => {\nconst explorers = {};\n"
        f"{made}{script('gpt2', 'bpe', 'safetensors')}\n{backs}}})();\n"
    )


def box(bundle: dict) -> str:
    """The HTML of an explorer: its picture, until it comes alive; only the picture where it was
    shown with another model than the bundled one.
    """
    still = bundle["text/html"]
    if LIVE not in bundle:
        return still
    said = html.escape(json.dumps(bundle[LIVE]), quote=True)
    return (
        f'<div class="byhand-live" data-live="{said}">\n<div class="byhand-still">{still}</div>\n'
        "</div>"
    )
