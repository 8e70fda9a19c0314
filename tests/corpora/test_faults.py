from affect.corpora.faults import LISTED, Faults


def test_many_of_a_kind_are_counted_and_the_others_still_listed() -> None:
    faults = Faults()
    for number in range(1_000 + LISTED):
        faults.add(f"{number}.jpg", f"{number}.jpg is not there", "not there")
    faults.add("list.txt", "broken")
    told = faults.listed()
    assert told[:2] == [("0.jpg", "0.jpg is not there"), ("1.jpg", "1.jpg is not there")]
    assert told[LISTED:] == [("1,000 more", "not there"), ("list.txt", "broken")]


def test_nothing_is_told_of_none() -> None:
    assert Faults().listed() == []


def test_the_same_fault_counts_once() -> None:
    faults = Faults()
    for _ in range(2):
        faults.add("a.npy", "broken")
    assert faults.listed() == [("a.npy", "broken")]
