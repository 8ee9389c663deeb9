"""A hotline's table (诉求表): any number of rows from a seed, about one in a hundred of them bad in one of eight ways."""

import csv
import random
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

COLUMNS = ("编号", "标题", "内容", "来电人", "电话", "受理时间", "地址", "经度", "纬度", "承办单位", "答复", "答复时间")
MAPPING = """
source: bench
process: call
channel: hotline
kind: help
columns:
  key: 编号
  title: 标题
  words: 内容
  caller: 来电人
  phone: 电话
  at: 受理时间
  address: 地址
  lon: 经度
  lat: 纬度
  unit: 承办单位
  reply: 答复
  replied_at: 答复时间
"""
FIRST = datetime(2026, 1, 5, 8, 0)  # noqa: DTZ001 -- a time as the file writes it
MATTERS = ("路灯不亮", "下水道堵塞", "夜间施工噪声", "垃圾没有清运", "井盖松动", "违规停车", "楼道堆物", "占道经营")
UNITS = ("urban", "housing", "water", "market", "ecology", "")

Row = dict[str, str]
SPOILED: dict[str, Callable[[Row], Row]] = {
    "no number": lambda row: row | {"编号": ""},
    "a number twice": lambda row: row | {"编号": "B0000000"},
    "a number too long": lambda row: row | {"编号": row["编号"] * 12},
    "no words": lambda row: row | {"内容": " "},
    "no such time": lambda row: row | {"受理时间": "2026年13月45日 25:61"},
    "a time to come": lambda row: row | {"受理时间": "2199-01-01 00:00:00"},
    "answered before asked": lambda row: row | {"答复": "已处理。", "答复时间": "2001-01-01 00:00:00"},
    "no place on earth": lambda row: row | {"经度": "1187.5", "纬度": "32.06"},
}


def write(folder: Path, rows: int, *, seed: int = 7) -> tuple[Path, Path, Counter[str]]:
    """The table, its mapping, and how many rows are bad in which way."""
    chance = random.Random(seed)
    spoiled: Counter[str] = Counter()
    path, mapping = folder / "appeals.csv", folder / "appeals.yaml"
    mapping.write_text(MAPPING, encoding="utf-8")
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        for number in range(rows):
            row = _row(number, chance)
            if number and chance.random() < 0.01:
                how = list(SPOILED)[spoiled.total() % len(SPOILED)]
                row = SPOILED[how](row)
                spoiled[how] += 1
            writer.writerow(row)
    return path, mapping, spoiled


def _row(number: int, chance: random.Random) -> Row:
    at = FIRST + timedelta(minutes=number % 200_000)
    matter = chance.choice(MATTERS)
    answered = chance.random() < 0.6
    house = f"水杉路{chance.randint(1, 400)}号"
    return {
        "编号": f"B{number:07d}",
        "标题": f"{house}{matter}",
        "内容": f"反映{house}门口{matter}，已经{chance.randint(2, 20)}天，影响附近居民出行，希望尽快处理并给予答复。",
        "来电人": chance.choice(("张三", "李四", "王小明", "")),
        "电话": f"139{chance.randrange(10**8):08d}",
        "受理时间": at.strftime("%Y-%m-%d %H:%M:%S"),
        "地址": house,
        "经度": f"{118.7565 + chance.random() / 100:.6f}",
        "纬度": f"{32.0651 + chance.random() / 100:.6f}",
        "承办单位": chance.choice(UNITS),
        "答复": f"经核实，{matter}一事已安排人员到现场处理完毕，并已告知您。" if answered else "",
        "答复时间": (at + timedelta(hours=chance.randint(2, 90))).strftime("%Y-%m-%d %H:%M:%S") if answered else "",
    }
