"""What befalls texts: JSON, YAML, CSV and lines. Names twice, names missing, numbers that are none, brackets without end."""

import re

from tests.fuzz.of_bytes import chosen

NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?")
TEXT = re.compile(r'"(?:[^"\\]|\\.)*"')
PAIR = re.compile(r'"(?:[^"\\]|\\.)*"\s*:\s*(?:"(?:[^"\\]|\\.)*"|-?[\d.eE+-]+|true|false|null)\s*,?')
NO_NUMBERS = (
    "NaN",
    "Infinity",
    "-Infinity",
    "1e400",
    "-1e400",
    "null",
    "true",
    '"7"',
    "[]",
    "{}",
    "1.5",
    "-1",
    "0",
    "-0.0",
)
WILD_NUMBERS = (
    "9" * 30,
    "9" * 5000,
    "1e308",
    "1e-320",
    "9223372036854775808",
    "4294967296",
    "2147483648",
    "0x10",
    "1_000",
    "٣",
)
TEXTS = (
    '"\\ud800"', '"\\u0000"', '"\x1b[31mred\x1b[0m"', '"\u202egnp"', '""', "null", "7", '["a"]', '{"a": 1}', '"../../../x"',
    '"=1+1"', '"' + "x" * 5000 + '"', '"\\"', "'a'", '"\r"',
)  # fmt: skip
AGAIN = ("1", "24", '"other"', "null", "[]", "0.5")
DEEP = 20_000
YAML = (
    "a: &a [1]\nb: &b [*a, *a, *a, *a, *a, *a, *a, *a, *a]\nc: &c [*b, *b, *b, *b, *b, *b, *b, *b]\n"
    "d: &d [*c, *c, *c, *c, *c, *c, *c, *c]\ne: &e [*d, *d, *d, *d, *d, *d, *d, *d]\nf: &f [*e, *e, *e, *e, *e, *e, *e]\n"
    "g: &g [*f, *f, *f, *f, *f, *f, *f, *f]\nsae: [*g, *g, *g, *g, *g, *g, *g, *g]\n",
    "x: !!python/object/apply:os.system ['true']\n", "x: !!python/name:os.system\n", "? [a, b]\n: c\n", "x: .nan\ny: .inf\n",
    "a: &a\n  <<: *a\n", "- 1\n- 2\n", "x: 2001-99-99\n", "x: 1:2:3:4\n", "%YAML 9.9\n---\nx: 1\n", "--- 1\n--- 2\n",
)  # fmt: skip


def other_value(text, rng):
    """A number or a text is something else."""
    found = list(chosen((NUMBER, TEXT), rng).finditer(text))
    if not found:
        return None
    one = chosen(found, rng)
    other = chosen(NO_NUMBERS + WILD_NUMBERS + TEXTS, rng)
    return text[: one.start()] + other + text[one.end() :]


def name_twice(text, rng):
    """A name with another value before or behind it."""
    found = list(PAIR.finditer(text))
    if not found:
        return None
    one = chosen(found, rng)
    name = one[0].partition(":")[0]
    again = f"{name}: {chosen(AGAIN, rng)}"
    if rng.random() < 0.5 or not one[0].endswith(","):
        return f"{text[: one.start()]}{again}, {text[one.start() :]}"
    return f"{text[: one.end()]} {again}, {text[one.end() :]}"


def name_missing(text, rng):
    """A name and its value are gone, or called otherwise."""
    found = list(PAIR.finditer(text))
    if not found:
        return None
    one = chosen(found, rng)
    rest = "" if rng.random() < 0.7 else '"unknown": 1' + "," * one[0].endswith(",")
    return text[: one.start()] + rest + text[one.end() :]


def nested_deep(text, rng):
    """Brackets in brackets where a value was."""
    found = [*NUMBER.finditer(text), *TEXT.finditer(text)]
    opening, closing = chosen((("[", "]"), ('{"a":', "}"), ("[", "")), rng)
    deep = opening * DEEP + "1" + closing * DEEP
    if not found or rng.random() < 0.2:
        return deep
    one = chosen(found, rng)
    return text[: one.start()] + deep + text[one.end() :]


def lines_mixed(text, rng):
    """Lines are lost, repeated, exchanged, joined or broken."""
    lines = text.splitlines(keepends=True)
    if len(lines) < 2:
        return None
    a, b = (int(rng.integers(len(lines))) for _ in range(2))
    way = rng.integers(6)
    if way == 0:
        del lines[a]
    elif way == 1:
        lines.insert(b, lines[a])
    elif way == 2:
        lines[a], lines[b] = lines[b], lines[a]
    elif way == 3:
        lines[a] = lines[a].rstrip("\n")
    elif way == 4:
        lines[a] = chosen(
            ("\n", "\r\n", "\x00\n", "null\n", "[]\n", '"\n', "\ufeff\n", "\u2028\n", ",,,\n", "\t\t\n", "\x1c\n"), rng
        )
    else:
        return text.replace("\n", chosen(("\r\n", "\r", "\n\n", "\u2028"), rng))
    return "".join(lines)


def yaml_of_another_world(text, rng):
    """What YAML can say and no configuration does."""
    odd = chosen(YAML, rng)
    return odd if rng.random() < 0.5 else text + odd


KINDS = {
    "other values": other_value,
    "names twice": name_twice,
    "names missing": name_missing,
    "nested deep": nested_deep,
    "lines mixed": lines_mixed,
}


def applied(change, content, rng):
    """The content of a file after a change to its text, or None where that has nothing to change."""
    changed = change(content.decode("utf-8", "surrogateescape"), rng)
    return (
        None
        if changed is None
        else changed.encode("utf-8", "surrogatepass" if "\ud800" in changed else "surrogateescape")
    )
