"""The nightly sheet (人员变动表): joiners get in, leavers are out, a plan does nothing, the same sheet twice is one (G18)."""

import csv

import pytest

from jiedao.ground.districts import district
from jiedao.ground.people.models import Account, Person
from jiedao.kit.clock import today


@pytest.fixture
def sheet(tmp_path, fresh_database):
    def made(*rows: dict[str, str]):
        path = tmp_path / "today.csv"
        with path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, ["变动", "人员编号", "姓名", "岗位代码", "日期", "账号"])
            writer.writeheader()
            writer.writerows(rows)
        return path

    return made


def test_a_joiner_and_a_leaver_of_a_night_and_a_row_that_is_wrong(sheet, run_jiedao):
    on = today().isoformat()
    with district("gulou"):
        leaver = Person.objects.get(code="P0024")
    path = sheet(
        {"变动": "离职", "人员编号": "P0024", "日期": on},
        {
            "变动": "入职",
            "人员编号": "P9101",
            "姓名": "新人（演示）",
            "岗位代码": "urban-handler-1",
            "日期": on,
            "账号": "newcomer",
        },
        {"变动": "入职", "人员编号": "P9102", "姓名": "某人（演示）", "岗位代码": "no-such-seat", "日期": on},
    )

    plan = run_jiedao("staff", str(path), "--district", "gulou", "--plan")
    with district("gulou"):
        assert not Person.objects.filter(code="P9101").exists()
    first = run_jiedao("staff", str(path), "--district", "gulou")
    second = run_jiedao("staff", str(path), "--district", "gulou")

    assert (plan.returncode, plan.stdout.strip()) == (1, "2 would be done, 0 done before, 1 not taken.")
    assert (first.stdout.strip(), second.stdout.strip()) == (
        "2 done, 0 done before, 1 not taken.", "0 done, 2 done before, 1 not taken.",
    )  # fmt: skip
    assert "line 4" in first.stderr and "no-such-seat" in first.stderr
    with district("gulou"):
        assert Account.objects.get(username="newcomer").person.code == "P9101"
        leaver.refresh_from_db()
        assert leaver.left_on == today() and not leaver.accounts.filter(is_active=True).exists()
