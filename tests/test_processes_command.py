"""The command of the processes (流程命令): pages drawn from the definitions, and whether they are the present ones."""

from jiedao.__main__ import main


def test_pages_are_written_and_then_found_to_be_the_present_ones(tmp_path, capsys):
    folder = str(tmp_path / "processes")

    assert main(["processes", "docs", "--folder", folder]) == 0
    assert main(["processes", "docs", "--check", "--folder", folder]) == 0
    (tmp_path / "processes" / "event.md").write_text("old", encoding="utf-8")
    assert main(["processes", "docs", "--check", "--folder", folder]) == 1
    assert "event.md is not what the definitions say" in capsys.readouterr().err


def test_the_shipped_processes_have_no_problem(capsys):
    assert main(["processes", "check"]) == 0
    assert "call: 16 states" in capsys.readouterr().out
