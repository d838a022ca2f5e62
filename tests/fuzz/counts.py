"""How many files were tried of each kind, spoiled in which way, and what became of them."""

import json
import re
from collections import Counter
from pathlib import Path

from tests.fuzz.trial import GOOD

BEGIN, END = "<!-- drawn by python -m tests.fuzz --page -->", "<!-- end of what is drawn -->"
COLUMNS = (*GOOD, "not answered well")


class Counts:
    """Outcomes of the trials of one seed, from number 0 on."""

    def __init__(self, seed, following=0, counted=(), findings=()):
        self.seed = seed
        self.following = following
        self.counted = Counter({tuple(key): n for key, n in counted})
        self.findings = list(findings)

    @classmethod
    def kept(cls, path, seed):
        """Those in a file, or none yet."""
        told = json.loads(path.read_text()) if path is not None and path.exists() else {"seed": seed}
        if told["seed"] != seed:
            raise SystemExit(f"{path} is of seed {told['seed']}: name another file, or --seed {told['seed']}")
        return cls(**told)

    def keep(self, path):
        """Write them to a file."""
        told = {
            "seed": self.seed,
            "following": self.following,
            "counted": list(self.counted.items()),
            "findings": self.findings,
        }
        path.write_text(json.dumps(told, indent=1))

    def add(self, number, outcome):
        """Count what became of a trial."""
        self.following = max(self.following, number + 1)
        self.counted[outcome["kind"], outcome["change"], outcome["answer"]] += 1
        if outcome["answer"] not in GOOD:
            self.findings.append({"number": number, **outcome})

    def lines(self):
        """Two tables in Markdown: by kind of file, and by how it was spoiled."""
        total = sum(self.counted.values())
        good = sum(n for (*_, answer), n in self.counted.items() if answer in GOOD)
        yield f"{total:,} files of seed {self.seed}, {good:,} of them answered well:"
        for place, heading in ((0, "kind of file"), (1, "how it was spoiled")):
            yield from (
                "",
                f"| {heading} | tried | " + " | ".join(COLUMNS) + " |",
                "|---|" + "--:|" * (1 + len(COLUMNS)),
            )
            for name in dict.fromkeys(sorted(key[place] for key in self.counted)):
                answers = Counter()
                for key, n in self.counted.items():
                    if key[place] == name:
                        answers[key[2] if key[2] in GOOD else COLUMNS[-1]] += n
                cells = [f"{answers[one]:,}" for one in COLUMNS]
                yield f"| {name} | {answers.total():,} | " + " | ".join(cells) + " |"

    def draw(self, page: Path):
        """Put the tables into a page, between its two marks."""
        text = page.read_text(encoding="utf-8")
        drawn = "\n".join([BEGIN, "", *self.lines(), "", END])
        page.write_text(
            re.sub(f"{re.escape(BEGIN)}.*{re.escape(END)}", lambda _: drawn, text, flags=re.DOTALL), encoding="utf-8"
        )
