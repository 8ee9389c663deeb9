"""Matters (演练事由): what people report, made from the district's own duty list; no real appeal is in it."""

from collections.abc import Collection
from datetime import datetime, timedelta

from shapely.geometry import Point, shape

from jiedao.ground.duties.models import DutyItem, DutyList
from jiedao.ground.places.models import Area
from jiedao.kit.clock import local
from jiedao.kit.ports import chance
from jiedao.record.models import Case
from jiedao.stages.intake import Told

BY_HOUR = (1, 1, 1, 1, 1, 2, 5, 14, 30, 34, 30, 24, 16, 22, 26, 25, 22, 18, 14, 12, 10, 8, 5, 2)
"""How many reports of a thousand or so come in each hour. Local default: busy mornings, a second rise at four."""

STREETS = (
    "解放里",
    "青云巷",
    "槐树路",
    "石桥街",
    "新河路",
    "东井巷",
    "梧桐道",
    "望江街",
    "铁匠营",
    "水佐岗",
    "柳荫路",
    "钟阜巷",
)
OPENINGS = (
    "{place}附近有{name}的情况，请派人来看看。",
    "{place}{name}，已经好几天了，影响大家出行。",
    "反映{place}的{name}问题，之前也有邻居说过，希望尽快处理。",
    "你好，{place}这里{word}，能不能解决一下？",
    "{place}，{word}，晚上尤其严重。",
    "经过{place}时发现{name}，存在安全隐患。",
)
ENDINGS = ("", "谢谢。", "家里有老人，走路不方便。", "盼回复。", "上周打过电话没有人来。", "照片以后补。")
SURNAMES = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦许何吕施张孔曹严华金魏陶姜"
GIVEN = "安平志远晓云春华建国丽芳文博秀英思源海燕"
REPLIES = (
    "已安排人员到现场处理，{name}已经清理完毕，现场恢复正常。",
    "经现场核实，问题属实，已督促责任方整改到位，后续加强巡查。",
    "已更换损坏部件并测试正常，今后每周检查一次。",
    "已与反映人沟通说明情况，问题已解决。",
)
EMPTY_REPLIES = ("已处理。", "情况已知悉，将持续关注。", "已按规定办理。")


class Matters:
    """Draws what is reported: an item of the routing list, a place in a grid, words in somebody's tone."""

    def __init__(self) -> None:
        lists = DutyList.objects.on().filter(level="district", kind="duty")
        self.items = list(DutyItem.objects.filter(list__in=lists).select_related("list").order_by("code"))
        self._grids = list(Area.objects.on().filter(kind="grid").exclude(shape=None).order_by("code"))
        # A few things happen far more often than the rest, and in some grids more than in others.
        self._often = [1 / (rank + 2) for rank in range(len(self.items))]
        self._busy = [1 / (rank % 17 + 1) for rank in range(len(self._grids))]
        self._hot: list[tuple[DutyItem, tuple[float, float], str, datetime]] = []

    def of(self, codes: Collection[str]) -> list[DutyItem]:
        """The items with these codes, in the order of the list."""
        return [item for item in self.items if item.code in codes]

    def told(self, at: datetime, channel: str, kind: str, *, item: DutyItem | None = None) -> tuple[Told, DutyItem]:
        """A report of this moment. One in twelve is about what somebody has just reported nearby."""
        self._hot = [hot for hot in self._hot if at - hot[3] < timedelta(days=3)][-40:]
        if self._hot and item is None and chance.random() < 1 / 12:
            item, (lon, lat), street, _ = chance.choice(self._hot)
            point = (lon + (chance.random() - 0.5) * 0.0008, lat + (chance.random() - 0.5) * 0.0008)
        else:
            item = item or chance.choices(self.items, self._often)[0]
            point = self.spot()
            street = f"{chance.choice(STREETS)}{chance.randint(1, 80)}号"
            self._hot.append((item, point, street, at))
        return written(item, point, street, channel, kind), item

    def spot(self, grid: Area | None = None) -> tuple[float, float]:
        """A point inside a grid, by default inside one of them, most often a busy one."""
        grid = grid or chance.choices(self._grids, self._busy)[0]
        body = shape(grid.shape)
        west, south, east, north = body.bounds
        for _ in range(12):
            lon, lat = west + (east - west) * chance.random(), south + (north - south) * chance.random()
            if body.contains(Point(lon, lat)):
                return round(lon, 6), round(lat, 6)
        inside = body.representative_point()
        return round(inside.x, 6), round(inside.y, 6)


def written(item: DutyItem, point: tuple[float, float], street: str, channel: str, kind: str) -> Told:
    """A report of an item at a place, in somebody's words."""
    word = chance.choice(item.words.split() or [item.name])
    words = chance.choice(OPENINGS).format(place=street, name=item.name, word=word) + chance.choice(ENDINGS)
    pressing = "hours" in item.limit and "working" not in item.limit
    return Told(
        words=words,
        channel=channel,
        kind=kind,
        title=f"{street}{item.name}",
        point=point,
        address=street,
        severity=2 if pressing and chance.random() < 0.5 else 0,
    )


def caller() -> tuple[str, str]:
    """A name and a number that nobody has: 100 is no mobile prefix."""
    name = chance.choice(SURNAMES) + "".join(chance.sample(GIVEN, chance.randint(1, 2)))
    return name, f"100{chance.randint(10_000_000, 99_999_999)}"


def arrivals(begins: datetime, ends: datetime, per_day: float) -> list[datetime]:
    """When reports come in: by hour of the day, fewer at weekends."""
    found: list[datetime] = []
    hour = begins.replace(minute=0, second=0, microsecond=0)
    while hour < ends:
        here = local(hour)
        share = BY_HOUR[here.hour] / sum(BY_HOUR) * (0.6 if here.weekday() >= 5 else 1.12)
        expected = per_day * share
        number = int(expected) + (chance.random() < expected % 1)
        found += [hour + timedelta(seconds=chance.randint(0, 3599)) for _ in range(number)]
        hour += timedelta(hours=1)
    return sorted(at for at in found if begins <= at < ends)


KINDS = (
    (Case.Kind.HELP, 50),
    (Case.Kind.COMPLAINT, 22),
    (Case.Kind.CONSULT, 12),
    (Case.Kind.SUGGESTION, 8),
    (Case.Kind.DENUNCIATION, 8),
)
