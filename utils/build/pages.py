"""What other pages say of the lessons: the README's tables and pictures, the guide, the claims."""

from utils import progress
from utils.build import address, claims, guide, sittings
from utils.build.notebook import ROOT, read, title
from utils.exercises import exercises


def lesson_table() -> str:
    """The README's table, from the registry and the titles of solutions/."""
    rows = ["| lesson | minutes | exercises | points |", "|---|--:|--:|--:|"]
    total = [0, 0, 0]
    for path in sorted((ROOT / "solutions").glob("*.ipynb")):
        notebook, todo = read(path), exercises(path.stem)
        numbers = (
            sittings.rounded(sittings.minutes(notebook.cells)),
            len(todo),
            sum(e.points for e in todo),
        )
        total = [a + b for a, b in zip(total, numbers)]
        said = " | ".join(map(str, numbers))
        rows.append(f"| [{title(notebook)}](notebooks/{path.name}) | {said} |")
    rows.append(f"| all of it | {total[0]} ({total[0] / 60:.0f} hours) | {total[1]} | {total[2]} |")
    return "\n".join(rows)


def ways() -> str:
    """The README's three ways through, in hours."""
    lessons = {path.stem: read(path) for path in sorted((ROOT / "solutions").glob("*.ipynb"))}
    each = [sittings.rounded(sittings.minutes(n.cells)) for n in lessons.values()]
    return sittings.with_hours(
        "- **Express**: the core exercises, to the finale.\n"
        f"- **The whole course**: all {len(each)} lessons.\n"
        f"- **Single lessons**, in any order: {min(each)} to {max(each)} minutes each."
    )


PAGES = {  # file -> its generated parts
    "README.md": {
        "open": address.read_or_try,
        "ways": ways,
        "lessons": lesson_table,
        "exercises": guide.exercise_map,
    },
    "solutions/instructors_guide.md": {
        "plans": guide.plans,
        "mistakes": guide.mistakes,
        "quiz": guide.quiz,
    },
}


def write_pages() -> None:
    """Fill in the generated parts of the README and the instructor's guide, and draw the README's
    pictures.
    """
    for name, parts in PAGES.items():
        text = (ROOT / name).read_text(encoding="utf-8")
        (ROOT / name).write_text(guide.filled(text, parts), encoding="utf-8")
    (ROOT / "solutions" / "claims.md").write_text(claims.page(), encoding="utf-8")
    for name, picture in readme_pictures().items():
        (ROOT / "data" / "pictures").mkdir(exist_ok=True)
        (ROOT / "data" / "pictures" / f"{name}.svg").write_text(picture.svg, encoding="utf-8")


def readme_pictures() -> dict:
    """The pictures of data/pictures by name."""
    # they need torch, and most of a build does not
    from utils.build import card_picture
    from utils.figures import front_page, start_here

    return {
        "card": card_picture.picture(),
        "course_map": start_here.course_map(progress.lessons()),
        **front_page.pictures(),
    }
