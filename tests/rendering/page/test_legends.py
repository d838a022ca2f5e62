from saegeo_core.rendering.page.legends import MAX_ENTRIES, with_short_legend


def drawing(n):
    return {"data": [{"name": str(i), "showlegend": True} for i in range(n)] + [{"name": "", "showlegend": False}]}


def shown(drawing):
    return [trace["name"] for trace in drawing["data"] if trace["showlegend"]]


def test_a_legend_that_fits_stays():
    assert with_short_legend(drawing(MAX_ENTRIES)) == drawing(MAX_ENTRIES)


def test_of_many_curves_some_are_named_evenly_and_the_others_counted():
    short = with_short_legend(drawing(200))
    names = shown(short)
    assert names[-1] == f"{200 - MAX_ENTRIES} more"
    places = [int(name) for name in names[:-1]]
    assert len(places) == MAX_ENTRIES
    assert (places[0], places[-1]) == (0, 199)
    assert all(abs(place - 199 * i / (MAX_ENTRIES - 1)) < 1 for i, place in enumerate(places))
    hidden = [trace for trace in short["data"] if trace.get("legendgroup") == "more"]
    assert len(hidden) == 200 - MAX_ENTRIES + 1  # the last entry hides and shows them
