from lktui.commands.text_table import table_lines


def test_columns_are_as_wide_as_their_widest_entry_in_cells() -> None:
    assert table_lines(("A", "B"), [("エコー", "x"), ("ab", "")]) == [
        "A       B",
        "エコー  x",
        "ab",
    ]


def test_a_table_without_rows_is_its_head() -> None:
    assert table_lines(("A", "B"), []) == ["A  B"]
