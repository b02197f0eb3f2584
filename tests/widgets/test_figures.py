"""Figures: all of the post's 65 are computed, each says what it shows, and all can be read, by
colour-blind people too.
"""

import itertools
import re
from html import unescape
from xml.etree import ElementTree

import numpy as np
import pytest

from tests.widgets.pictures import CUT, pictures
from utils import ablation, build
from utils.exercises import LESSONS
from utils.figures import (
    byte_pair_encoding,
    decoder_block,
    embeddings_and_positions,
    front_page,
    inside_and_beyond,
    language_modeling,
    loading_gpt2_weights,
    masked_self_attention,
    style,
    training,
)
from utils.figures.style import ROLE

# the post's figures in reading order, by the lesson that computes them (F3, F57 and F58 twice)
FIGURES = {
    "01_language_modeling": [2, 3, 7, 8],
    "03_embeddings_and_positions": [17, 18, 19, 28],
    "04_masked_self_attention": [
        11,
        12,
        21,
        22,
        23,
        24,
        *range(29, 36),
        37,
        38,
        39,
        *range(43, 54),
    ],
    "05_decoder_block": [4, 5, 6, 9, 10, 13, 14, 20, 54, 55, 56, 57, 58],
    "06_logits_and_sampling": [15, 16, 25, 26, 27, 40, 41, 42],
    "07_training": [36],
    "08_loading_gpt2_weights": [1, 3, 57, 58],
    "09_inside_and_beyond": range(59, 66),
}
MOVING = {7, 8, 15, 16, 54, 55}
SOLUTIONS = sorted((build.ROOT / "solutions").glob("*.ipynb"))
NAMES = [path.stem for path in SOLUTIONS]

# Machado, Oliveira and Fernandes, "A Physiologically-based Model for Simulation of Color Vision
# Deficiency", IEEE Transactions on Visualization and Computer Graphics 15(6), 2009: severity 1.0,
# for linear RGB
SEEN_WITH = {
    "all cones": np.eye(3),
    "protanopia": np.array(
        [
            [0.152286, 1.052583, -0.204868],
            [0.114503, 0.786281, 0.099216],
            [-0.003882, -0.048116, 1.051998],
        ]
    ),
    "deuteranopia": np.array(
        [
            [0.367322, 0.860646, -0.227968],
            [0.280085, 0.672501, 0.047413],
            [-0.011820, 0.042940, 0.968881],
        ]
    ),
    "tritanopia": np.array(
        [
            [1.255528, -0.076749, -0.178779],
            [-0.078411, 0.930809, 0.147602],
            [0.004733, 0.691367, 0.303900],
        ]
    ),
}
ROLES = (
    "query",
    "key",
    "value",
    "score",
    "token",
    "position",
    "plain",
    "bad",
)  # "good" is the token's green, "ink" is text


def cells(path):
    """(cell, its outputs' pictures: alt text and SVG) for the code cells of a lesson."""
    for cell in build.read(path).cells:
        yield cell, [p for output in cell.get("outputs", []) for p in pictures(output)]


def computed(path):
    """The figures' numbers that stand on a cell with an output."""
    return {
        int(figure[1:])
        for cell, _ in cells(path)
        for figure in cell.metadata.get("figure", [])
        if cell.get("outputs")
    }


def test_all_65_figures_are_computed(capsys):
    assert {f for numbers in FIGURES.values() for f in numbers} == set(range(1, 66))
    missing = set(range(1, 66)) - set().union(*map(computed, SOLUTIONS))
    with capsys.disabled():
        print(
            f"\n{65 - len(missing)} of the post's 65 figures are computed"
            + (f"; missing: {', '.join(f'F{f}' for f in sorted(missing))}" if missing else "")
        )
    if absent := [lesson for lesson in LESSONS if lesson not in NAMES]:
        assert all(any(f in FIGURES.get(lesson, []) for lesson in absent) for f in missing), missing
        pytest.skip(f"{', '.join(absent)} is not in solutions/ yet")
    assert not missing


@pytest.mark.parametrize("path", [p for p in SOLUTIONS if p.stem in FIGURES], ids=lambda p: p.stem)
def test_a_lessons_figures_are_computed(path):
    assert computed(path) >= set(FIGURES[path.stem]), set(FIGURES[path.stem]) - computed(path)


def test_moving_figures_are_steppers():
    steps = {
        int(figure[1:]): len(shown)
        for path in SOLUTIONS
        for cell, shown in cells(path)
        if "Stepper(" in cell.source
        for figure in cell.metadata.get("figure", [])
    }
    assert MOVING <= set(steps) and all(steps[figure] >= 2 for figure in MOVING), steps


@pytest.mark.parametrize("path", SOLUTIONS, ids=NAMES)
def test_every_picture_says_what_it_shows(path):
    for cell, shown in cells(path):
        for alt, svg in shown:
            assert len(alt.split()) >= 8, (cell["id"], alt)
            assert unescape(re.search("<title>(.*?)</title>", svg)[1]) == alt


@pytest.mark.parametrize("path", SOLUTIONS, ids=NAMES)
def test_every_picture_is_seen_where_the_notebook_is_not_trusted(path):
    for cell, _ in cells(path):
        for output in cell.get("outputs", []):
            data = output.get("data", {})
            other = [kind for kind in data if kind.startswith("image/")]
            assert not other, f"{cell['id']}: {other}; use utils.figures.style.Picture"
            assert "<svg" not in data.get("text/html", ""), cell["id"]
            if data.get("text/html", "").startswith("<img"):
                assert data["text/plain"] == pictures(output)[0][0]


@pytest.mark.parametrize("path", SOLUTIONS, ids=NAMES)
def test_pictures_stay_sharp_and_small(path):
    """Bitmaps only for colour bars, and for matrices with a pixel a cell, which are scaled without
    smoothing.
    """
    for cell, shown in cells(path):
        for _, svg in shown:
            assert "Bitstream" not in svg, f"{cell['id']}: a list of fonts; draw with style.new"
            for image in re.findall("<image [^>]*>", svg):
                small = float(re.search(r' width="([\d.]+)"', image)[1]) < 15
                assert "pixelated" in image or small, cell["id"]
    assert path.stat().st_size < 1_000_000


@pytest.mark.parametrize("path", SOLUTIONS, ids=NAMES)
def test_coloured_text_can_be_read(path):
    """Against white, which every figure has behind it; what stands on coloured cells is black or
    white (below).
    """
    for cell, shown in cells(path):
        for text in re.findall("<text[^>]*>", "".join(svg for _, svg in shown)):
            fill = re.search(r"fill:(#\w{6})", text)
            opacity = re.search(r"opacity:([\d.]+)", text)
            colour = np.array(style.mpl.colors.to_rgb(fill[1] if fill else ROLE["ink"]))
            seen = 1 - (1 - colour) * float(opacity[1] if opacity else 1)
            if (seen < 1).any():
                assert style.contrast(seen) >= 4.5, (cell["id"], text)


@pytest.mark.parametrize("path", SOLUTIONS, ids=NAMES)
def test_no_text_reaches_over_a_pictures_edge(path, browser):
    page = browser.new_page()
    for cell in build.read(path).cells:
        for alt, svg in (one for output in cell.get("outputs", []) for one in pictures(output)):
            assert page.evaluate(CUT, svg) == [], alt
    page.close()


def places(svg, *texts):
    """(x, y) of each of these texts in an SVG: of its start, its middle or its end, as it is
    aligned.
    """
    found = re.findall(r'<text[^>]*? x="([-\d.]+)" y="([-\d.]+)"[^>]*>([^<]*)<', svg)
    at = {unescape(text): (float(x), float(y)) for x, y, text in found}
    return [at[text] for text in texts]


def test_a_map_keeps_three_digits_of_its_range():
    rounded = embeddings_and_positions._rounded
    assert rounded([[-0.12345, 0.0], [0.12345, 0.01239]]).tolist() == [[-0.123, 0], [0.123, 0.012]]
    assert rounded([[-1.23456, 0.0], [1.23456, 0.12345]]).tolist() == [[-1.23, 0], [1.23, 0.12]]
    assert rounded([[0.5, 0.5]]).tolist() == [[0.5, 0.5]]


def test_a_maps_names_hide_no_mark():
    """A name stands above its point; below it where another mark is above; aside of a mark that is
    in its way on either side.
    """

    def place(*others):
        points = [[0, 0], [0, -0.9], [-1, 1], [1, -1], *others, *[[-1, -1]] * (2 - len(others))]
        kinds = {"jobs": ["miller", "cook"], "others": ["a", "b", "c", "d"]}
        [at] = places(embeddings_and_positions.word_maps({"a": points}, kinds).svg, "miller")
        return at

    (x, above), (_, below) = place(), place([0, 0.09])
    assert below > above + 10
    left, height = place([0.06, 0.09])
    assert left < x and height == above
    assert place([0, 0.09], [0.06, -0.09]) == pytest.approx((left, below)), "below, and aside"


def test_a_heads_numbers_stand_beyond_the_ends_of_their_bars():
    tokens, scores, shares = ["a", "b", "c"], [-8.0, -2.0, 1.5], [0.0, 0.03, 0.97]
    svg = masked_self_attention.head_at_work(tokens, scores, shares, np.ones((3, 4)), 0).svg
    (long, _), (short, _), (right, _) = places(svg, "−8.00", "−2.00", "1.50")
    assert long < short < right and "-8.00" not in svg
    for text in ("−8.00", "−2.00"):
        assert re.search(f"text-anchor:end[^>]*>{text}<", svg)
    (least, _), (most, _) = places(svg, "0.00", "0.97")
    (zero, _) = places(svg, "0.0")[0]  # the tick's label, centred on the axis
    assert zero + 2 < least < most


def test_an_ablations_words_name_the_whole_model_and_stand_above_their_lines():
    run = ablation.Result([0.7] * 12, 0.7)
    picture = decoder_block.ablation({"nothing": [run], "mask": [run]}, 0.62, 2.48)
    assert "nothing missing: writing 0.7" in picture.alt and "without mask: wr" in picture.alt
    assert "without nothing" not in picture.alt
    tops = [
        min(map(float, re.findall(r"[ML][\d.]+ ([\d.]+)", path)))
        for path in re.findall(r'<path d="([^"]*)"[^>]*stroke-dasharray', picture.svg)
    ]
    assert len(tops) == 2
    for _, y in places(picture.svg, "the best possible", "knows nothing"):
        assert y < min(tops)


def test_every_piece_of_the_number_line_has_its_word():
    six = {"Robot": 0.5, ".": 0.3, "Uncle": 0.1, "elephant": 0.05, "anywhere": 0.03, '"': 0.02}
    picture = language_modeling.number_line(six, 0.62, ".")
    assert '“Robot” 50%, “.” 30%, “Uncle” 10%, “elephant” 5%, “anywhere” 3%, “"” 2%' in picture.alt
    assert "lies in the piece of “.”" in picture.alt
    heights = [y for _, y in places(picture.svg, "Robot", ".", "Uncle", "elephant", "anywhere")]
    assert heights[0] == heights[1] == heights[2] > heights[3] > heights[4], "two stand above"
    assert places(picture.svg, '"')


def test_the_table_of_counts_says_them():
    counts = {"the": {"bell": 47, "key": 28, "sea": 9}, "in": {"the": 543}}
    alt = language_modeling.counts_table(counts, ["the", "in", "a"], ["the", "bell", "key"]).alt
    assert alt.endswith("the: bell 47, key 28; in: the 543; a: none.")


def test_a_colour_bar_that_ends_below_the_numbers_has_an_arrow():
    svg = training.surprise(["a", "b"], {"one": [0.5, 15.7]}).svg
    highest = style.mpl.colors.to_hex(style.mpl.colormaps[style.SEQUENTIAL](1.0))
    point = r"[\d.]+ [\d.]+"
    assert re.search(f'd="M{point}L{point}L{point}" style="fill:{highest}"', svg), "its tip"


def test_the_last_of_the_one_hot_rows_is_not_cut_by_the_axis():
    svg = inside_and_beyond.one_hot_columns(np.eye(388)[:, [0, 387]]).svg
    colour = ROLE["score"]
    [square] = re.findall(f'<path d="([^"]*)"[^>]*style="fill:{colour};stroke', svg)
    y, height = re.search(r'<rect [^>]*?y="([\d.]+)"[^>]* height="([\d.]+)"', svg).groups()
    lowest = max(map(float, re.findall(r"[ML][\d.]+ ([\d.]+)", square)))
    assert lowest + 1 < float(y) + float(height)


def test_boxes_say_their_own_colour():
    """JupyterLab takes "inherit" from notebooks that are not trusted, and its dark theme writes
    code in white: on a tint that cannot be read.
    """
    written = loading_gpt2_weights.Written([b"a", b"b"], [None, 0.5])._repr_html_()
    for html in (byte_pair_encoding.box("a", 1), written):
        codes = re.findall("<code style=[\"'](.*?)[\"']>", html)
        assert codes and all("color:" + ROLE["ink"] in code for code in codes)


def test_the_look_is_in_force_whenever_text_is_written():
    figure, axes = style.canvas(3, 1)
    text = axes.text(1, 0.5, "x < y & z")
    assert text.get_color() == ROLE["ink"] and text.get_fontfamily() == ["DejaVu Sans"]
    axes.text(1, 0.8, "code", family="monospace", weight="bold", color=ROLE["bad"])
    svg = style.Picture(figure, "Two texts in one figure, one of them code.").svg
    assert '<text style="font-size:10px;text-anchor:start" x="75" y="36">x &lt; y &amp; z<' in svg
    assert "font-family:'DejaVu Sans Mono',monospace" in svg and "fill:#d55e00" in svg
    assert svg.count("font-family") == 2, "once for all texts, once for the code"


def test_a_pictures_bytes_are_the_same_every_time_and_its_drawing_is_whole():
    def drawn():
        figure, axes = style.new(3, 2)
        style.heat(axes, [[0.125, 0.5], [1, float("nan")]], ["a", "b"], ["c", "d"])
        axes.plot([0, 1, 2], [0.3, 1.7, 0.4], marker="o")
        return style.Picture(figure, 'A table of four cells and a "line" & <b>.')

    picture = drawn()
    assert picture.svg == drawn().svg
    root = ElementTree.fromstring(picture.svg)  # well-formed
    paths = [p.get("d") for p in root.iter("{http://www.w3.org/2000/svg}path") if p.get("d")]
    assert all(re.fullmatch(r"([MLC]-?[\d.]+[-\d. ]*|z)+", d) for d in paths), paths
    uses = re.findall(r"""(?:href="|url\()#([\w-]+)""", picture.svg)
    assert uses and all(f'id="{name}"' in picture.svg for name in uses)
    assert not re.search(r"\d\.\d{5,}", picture.svg), "whole hundredths of a point"
    [(alt, svg)] = pictures({"data": picture._repr_mimebundle_()})
    assert alt == picture.alt == repr(picture) and svg == picture.svg


def test_numbers_takes_what_has_a_gradient():
    torch = pytest.importorskip("torch")
    one, two = style.numbers(torch.ones(2, requires_grad=True), [3, 4])
    assert one.tolist() == [1, 1] and two.dtype == float and style.numbers([1]).tolist() == [1]


@pytest.mark.parametrize("name", [style.SEQUENTIAL, style.DIVERGING])
def test_numbers_on_coloured_cells_can_be_read(name):
    colours = style.mpl.colormaps[name](np.linspace(0, 1, 256))[:, :3]
    assert min(style.contrast(style.on(colour), colour) for colour in colours) >= 4.5


def test_contrast_is_that_of_the_guidelines():
    assert style.contrast("black") == pytest.approx(21) and style.contrast(
        "white"
    ) == pytest.approx(1)
    assert style.contrast("#767676") == pytest.approx(
        4.54, abs=0.005
    )  # the lightest grey that passes
    assert all(style.contrast(style.ink(role)) >= 4.5 for role in ROLE)
    assert style.ink("value") == ROLE["value"], "dark enough already"


def lab(colour, matrix):
    """CIE L*a*b* (D65) of a colour as somebody with these cones sees it."""
    rgb = np.array(style.mpl.colors.to_rgb(colour))
    linear = np.clip(
        matrix @ np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4), 0, 1
    )
    xyz = (
        np.array(
            [
                [0.4124564, 0.3575761, 0.1804375],
                [0.2126729, 0.7151522, 0.0721750],
                [0.0193339, 0.1191920, 0.9503041],
            ]
        )
        @ linear
    )
    t = xyz / (0.95047, 1, 1.08883)
    x, y, z = np.where(t > (6 / 29) ** 3, np.cbrt(t), t / (3 * (6 / 29) ** 2) + 4 / 29)
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


@pytest.mark.parametrize("cones", SEEN_WITH)
def test_colour_blind_readers_tell_the_roles_apart(cones):
    """A distance of 2.3 in L*a*b* is just seen; adjacent areas a page apart want several times
    that.
    """
    seen = {role: lab(ROLE[role], SEEN_WITH[cones]) for role in ROLES}
    apart = {
        pair: float(np.linalg.norm(seen[pair[0]] - seen[pair[1]]))
        for pair in itertools.combinations(ROLES, 2)
    }
    assert min(apart.values()) >= 15, sorted(apart.items(), key=lambda item: item[1])[:3]


def test_the_simulation_confuses_what_is_confused():
    """Red and green of the same lightness: far apart for most, near for deuteranopes."""
    red, green = "#d9544d", "#8d8a21"
    distance = {
        cones: np.linalg.norm(lab(red, m) - lab(green, m)) for cones, m in SEEN_WITH.items()
    }
    assert (
        distance["all cones"] > 60 and distance["deuteranopia"] < 15 and distance["tritanopia"] > 40
    ), distance


def test_the_readmes_pictures_show_what_it_says():
    said = {name: picture.alt for name, picture in front_page.pictures().items()}
    assert re.search(r"word “not” gives .*: fan (9\d|100)%", said["attention"])
    assert "wte + wpe 0 of 8" in said["guesses"] and said["guesses"].endswith("block 3 8 of 8.")
    assert "untouched: 8 of 8 kept" in said["dials"] and "top-k 3: 3 of 8 kept" in said["dials"]


def test_explorers_and_figures_agree_on_the_roles_colours():
    """A role's colour in an explorer's light theme is the figures'."""
    folder = build.ROOT / "utils" / "widgets"
    borders = re.findall(
        r"-(query|key|value)\b[^{}]*\{[^}]*border\S*-color: (#\w{6})",
        (folder / "cache.css").read_text(encoding="utf-8"),
    )
    light = (folder / "flow" / "page.css").read_text(encoding="utf-8").split("}")[0]
    names = re.findall(r"--(\w+): (#\w{6})", light)
    found = [(role, colour) for role, colour in borders + names if role in ROLE and role != "ink"]
    assert {role for role, _ in found} >= {"query", "key", "value", "score", "token", "position"}
    assert all(colour == ROLE[role] for role, colour in found), found
