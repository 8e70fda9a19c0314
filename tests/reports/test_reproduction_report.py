"""The tables as the papers lay them out, partial figures in columns of their own, everything else plainly empty."""

import csv
import io

from affect.catalogue.published_results import published_results, published_tables
from affect.reports.report import NOTHING, Badge, render
from affect.reports.reproduction_report import Papered, counts, figures_csv, grid_of, markdown, reproduction_report
from affect.reproduction.cells import Cell, Figure, Way
from affect.reproduction.protocol import Copy, Protocol
from affect.reproduction.route import Missing, Route

NEEDS = Way(Route(missing=(Missing("Aff-Wild2", "ask <its> authors"),)))
DEPARTS = Route(departures=("no Aff-Wild2 stage", "width 1/4"))


def table_8(**cells: tuple[Way, Way | None]) -> Papered:
    """BMVC 2019's Table 8: all figures on FER2013 of the networks in ``cells``, the others needing something."""
    made = {}
    for one in published_results("bmvc2019", "8"):
        protocol = None if one.peer else Protocol("a", one.column.corpus, one.column.split)
        here = cells.get(one.network.replace("-", "_")) if one.column.corpus == "fer2013" else None
        whole, partial = (None, None) if one.peer else here or (NEEDS, None)
        made[one.network, one.column] = Cell(one, protocol, whole, partial)
    return Papered("bmvc2019", "8", published_tables()["bmvc2019"]["8"], made)


PAGE = table_8(
    mt_arcres=(NEEDS, Way(DEPARTS, Figure(0.412, 0.396, 0.427), commands=("python -m jobs.train a",))),
    mt_arcvgg=(NEEDS, Way(DEPARTS, failure="the loss\nis not finite")),
    ft_mt_vgg=(Way(Route(), Figure(0.75, 0.74, 0.76)), None),
    mt_vgg=(Way(Route()), None),
)


def test_rows_and_columns_are_the_papers() -> None:
    grid = grid_of(PAGE)
    assert [name for name, _ in grid.rows] == [
        "AffectNet F1 (validation)", "RAF-DB mean diagonal (test)", "IMFDB F1 (test)", "FER2013 accuracy (test)",
    ]  # fmt: skip
    assert grid.groups == [
        ("MT-ArcRes", ["printed", "here", "partial"]), ("MT-ArcVGG", ["printed", "here", "partial"]),
        ("FT-MT-VGG", ["printed", "here"]), ("MT-VGG", ["printed", "here"]),
        ("AlexNet [49]", ["printed"]), ("DLP-CNN [24]", ["printed"]), ("VGG [23]", ["printed"]),
    ]  # fmt: skip
    _, values = grid.rows[-1]
    assert values == [
        "0.8", "needs Aff-Wild2", "0.412 [0.396, 0.427]", "0.79", "needs Aff-Wild2", Badge("failed", "bad"),
        "0.78", "0.750 [0.740, 0.760], -0.030", "0.76", Badge("not run yet"), NOTHING, NOTHING, "0.75",
    ]  # fmt: skip
    assert grid.rows[0][1][:3] == ["0.63", "needs Aff-Wild2", ""]
    down = grid_of(Papered("ijcv2019", "15", published_tables()["ijcv2019"]["15"], {}))
    assert [name for name, _ in down.rows] == ["Fine-tuned AffWildNet", "ResNet-GRU"]


def test_of_many_things_that_are_missing_a_cell_names_the_first() -> None:
    lacks = Way(Route(missing=tuple(Missing(name, "") for name in ("Aff-Wild", "Aff-Wild2", "AFEW", "RAF-DB"))))
    page = table_8(mt_vgg=(lacks, None))
    assert grid_of(page).rows[-1][1][7] == "needs Aff-Wild, Aff-Wild2 and 2 more"
    assert "Aff-Wild, Aff-Wild2, AFEW, RAF-DB" in figures_csv([page])


def test_counts() -> None:
    assert counts([PAGE]) == {"own": 16, "done": 1, "partial": 1, "open": 1, "failed": 1, "needs": 14}


def test_the_leaderboard_leads_to_what_it_repeats() -> None:
    cells = {
        (one.network, one.column): Cell(one, Copy(published_results("bmvc2019", "8")[0]))
        for one in published_results("leaderboard")
    }
    page = Papered("leaderboard", "related", published_tables()["leaderboard"]["related"], cells)
    text = markdown([page], "")
    assert "| 80 % | see bmvc2019 Table 8 |" in text
    assert counts([page])["done"] == 0


def test_a_partial_figure_is_never_the_cell_and_has_no_difference() -> None:
    lines = {
        (line["network"], line["corpus"]): line for line in csv.DictReader(io.StringIO(figures_csv([PAGE])))
    }  # fmt: skip
    assert len(lines) == 19
    partial = lines["mt-arcres", "fer2013"]
    assert (partial["state"], partial["here"], partial["difference"]) == ("needs", "", "")
    assert (partial["partial"], partial["departures"]) == ("0.412000", "no Aff-Wild2 stage; width 1/4")
    assert partial["commands"] == "python -m jobs.train a"
    done = lines["ft-mt-vgg", "fer2013"]
    assert (done["here"], done["low"], done["difference"], done["partial"]) == ("0.750000", "0.740000", "-0.030000", "")
    assert lines["mt-arcvgg", "fer2013"]["failure"] == "the loss is not finite"
    assert lines["dlp-cnn", "raf-db"]["state"] == "peer"


def test_the_page_and_the_markdown_say_the_same() -> None:
    page, text = render(reproduction_report([PAGE], "Filled from rows of fer2013.")), markdown([PAGE], "Filled.")
    for told in ("no Aff-Wild2 stage; width 1/4", "the loss is not finite", "0.412 [0.396, 0.427]",
                 "MT-VGG is trained on Aff-Wild2 alone, the other three again on each corpus.",
                 "python -m jobs.train a"):  # fmt: skip
        assert told in page
        assert told in text
    assert "ask &lt;its&gt; authors" in page
    assert '<th scope="colgroup" colspan="3">MT-ArcRes</th>' in page
    assert "| Aff-Wild2 | 14 | ask <its> authors |" in text
    assert "MT-ArcRes: partial" in text


def test_a_long_reason_is_cut_on_the_page_and_whole_in_the_csv() -> None:
    page = table_8(mt_arcres=(Way(Route(), failure="a long\nreason " * 40), None))
    text = markdown([page], "")
    assert "a long reason a long reason" in text
    assert "... (set-aside/ has all of it) |" in text
    assert ("a long reason " * 40).strip() in figures_csv([page])
