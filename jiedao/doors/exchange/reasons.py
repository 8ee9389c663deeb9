"""Reasons (未收原因): what the report says of a row that was not taken, in both languages: the fact, the next step."""

REASONS: dict[str, tuple[str, str]] = {
    "cell_missing": ("这一格是空的，必须填写", "This cell is empty and has to be filled in"),
    "bad_text": (
        "有无法保存的字符（空字符，或别的编码），请另存为 UTF-8",
        "It holds signs that cannot be stored (NUL, or another encoding); save the file as UTF-8",
    ),
    "too_long": (
        "字数超过对照表的上限，请缩短或调高上限",
        "Longer than the mapping allows; shorten it or raise the limit",
    ),
    "bad_time": ("读不成时间，请写成 2024-06-03 16:30", "Not a time; write it as 2024-06-03 16:30"),
    "future_time": ("时间还没有到，请核对", "This time has not come yet; check it"),
    "too_old": (
        "早于本系统的编号年份，请核对或另行存档",
        "Before the years we have numbers for; check it, or keep it elsewhere",
    ),
    "answered_before_asked": ("答复早于来件，请核对两个时间", "Answered before it was asked; check both times"),
    "point_unreadable": (
        "经纬度不是数字，请改正或留空",
        "Longitude and latitude are not numbers; correct or empty them",
    ),
    "outside_world": (
        "经纬度不在地球上，请改正或留空",
        "These coordinates are nowhere on earth; correct or empty them",
    ),
    "key_twice": ("编号在本文件里出现过，只收第一行", "This number stands on an earlier line, which alone was taken"),
    "conflict": (
        "与已导入的内容不同，原件未改动，请人工核对",
        "Differs from what was imported before, which stays as it is; compare by hand",
    ),
    "quote_open": (
        "引号没有成对，本行未收，后面的照常读",
        "A quote is not closed; this line was lost, those after it were read",
    ),
    "line_unreadable": ("这一行读不出来，或太长", "This line cannot be read, or is too long"),
    "too_many_cells": ("格子比列名多，可能错位", "More cells than columns; they may have shifted"),
    "file_ends": (
        "文件在这里断了，后面的没有读到；补全后再导入一次",
        "The file breaks off here; mend it and import again",
    ),
    "missing_columns": ("这张工作表缺少必需的列，整张未读", "This sheet lacks needed columns and was not read"),
}


def told(rule: str) -> tuple[str, str]:
    """Chinese and English. A rule without words is a mistake of ours; its name stands for them then."""
    return REASONS.get(rule, (rule, rule))
