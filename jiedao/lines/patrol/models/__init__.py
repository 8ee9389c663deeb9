"""Tables of patrol (巡查): shifts and what is ordered on them, positions, groups, bad spots and joint patrols."""

from jiedao.lines.patrol.models.groups import Group, GroupMember, GroupMessage
from jiedao.lines.patrol.models.positions import Device, LastPosition, OffsetSample, Position, Refusal, Source
from jiedao.lines.patrol.models.shifts import DutyNote, Roster, Sharing, Shift, SpotCheck, TaskOrder
from jiedao.lines.patrol.models.spots import CameraLook, HotSpot, JointPatrol, PatrolStop, Round

__all__ = [
    "CameraLook", "Device", "DutyNote", "Group", "GroupMember", "GroupMessage", "HotSpot", "JointPatrol",
    "LastPosition", "OffsetSample", "PatrolStop", "Position", "Refusal", "Roster", "Round", "Sharing", "Shift",
    "Source", "SpotCheck", "TaskOrder",
]  # fmt: skip
