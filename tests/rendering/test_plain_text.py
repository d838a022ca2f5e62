import io

from rich.console import Console

from saegeo_core.rendering.plain_text import plain


def test_markup_is_shown_not_read():
    stream = io.StringIO()
    Console(file=stream, force_terminal=True, color_system="truecolor").print(plain("[red]x[/red] :smile:"))
    assert stream.getvalue() == "[red]x[/red] :smile:\n"
