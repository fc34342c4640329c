# SPDX-License-Identifier: GPL-2.0-or-later
"""doc/stories.md is made of the pages of several tests: each writes its own chapters, "## N. ..."."""
import os
import re
from pathlib import Path

INTRO = """<!-- SPDX-License-Identifier: GPL-2.0-or-later -->
# Three stories

What was typed, and what `probed` answered, from the broken board to the one that runs again. All were played
on the virtual boards by `testing/system/test_imxrt_stories.py` and `test_stm32_stories.py`, which also write this page.
"""


def write_chapters(chapters):
    """Replaces these chapters (number: text) in the file that $PROBED_STORIES names; nothing without it."""
    path = os.environ.get("PROBED_STORIES")
    if not path:
        return
    old = Path(path).read_text() if Path(path).exists() else ""
    parts = re.split(r"(?m)^(?=## \d+\. )", old)[1:]
    kept = {int(re.match(r"## (\d+)", part).group(1)): "\n" + part.strip("\n") + "\n" for part in parts}
    kept.update({number: "\n" + text.strip("\n") + "\n" for number, text in chapters.items()})
    Path(path).write_text(INTRO + "".join(kept[number] for number in sorted(kept)))
