from affect.checking.faults import JoinedFaults


def test_named_faults_are_told_once_and_counted_ones_are_added_up() -> None:
    faults = JoinedFaults([("a.txt", "is empty"), ("5 more", "is empty")])
    faults.add("one", [("a.txt", "is empty"), ("b.txt", "is odd"), ("1,007 more", "is empty")])
    faults.add("one", [("a.txt", "is empty"), ("b.txt", "is odd"), ("1,009 more", "is empty"), ("2 more", "is odd")])
    faults.add("two", [("a.txt", "is empty"), ("c.txt", "is odd"), ("6 more", "is empty")])
    assert faults.listed() == [
        ("a.txt", "is empty"),
        ("b.txt", "is odd"),
        ("c.txt", "is odd"),
        ("1,010 more", "is empty"),
        ("2 more", "is odd"),
    ]
