"""Addresses of the dispatch map, its acts and the ground below it (指挥图网址)."""

from django.urls import URLPattern, URLResolver, path

from jiedao.doors.web import basemap, body_camera, command_acts, command_map, pairs, wall

urlpatterns: list[URLPattern | URLResolver] = [
    path("map/", command_map.page, name="command_map"),
    path("map/pairs/", pairs.page, name="pairs"),
    path("map/cameras/<slug:code>/", body_camera.place, name="place_camera"),
    path("map/camera/<uuid:pk>/", body_camera.page, name="body_camera"),
    path("map/send/", command_acts.send, name="command_send"),
    path("map/group/", command_acts.group, name="command_group"),
    path("map/say/", command_acts.say, name="command_say"),
    path("map/call/", command_acts.call, name="command_call"),
    path("map/end/", command_acts.end, name="command_group_end"),
    path("wall/", wall.page, name="wall"),
    path("wall/screens/", wall.screens, name="wall_screens"),
    path("wall/screens/make/", wall.make, name="wall_make"),
    path("wall/screens/<uuid:screen_id>/end/", wall.end, name="wall_end"),
    path("wall/<slug:name>/", wall.part, name="wall_part"),
    path("tiles/<int:z>/<int:x>/<int:y>/", basemap.tile, name="tile"),
]
