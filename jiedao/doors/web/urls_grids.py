"""Addresses of the grids (网格网页地址)."""

from django.urls import path

from jiedao.doors.web import grids, grids_locate, grids_redraw

urlpatterns = [
    path("", grids.page, name="grids"),
    path("shapes.json", grids.shapes, name="grids_shapes"),
    path("sites/", grids.site_list, name="sites"),
    path("locate/", grids_locate.page, name="grids_locate"),
    path("redraw/", grids_redraw.drafts, name="redraws"),
    path("redraw/<uuid:redraw_id>/", grids_redraw.editor, name="redraw"),
    path("redraw/<uuid:redraw_id>/board.json", grids_redraw.board, name="redraw_board"),
    path("redraw/<uuid:redraw_id>/grids.geojson", grids_redraw.download, name="redraw_file"),
    path("redraw/<uuid:redraw_id>/do/<slug:op>/", grids_redraw.change, name="redraw_do"),
    path("<str:code>/", grids.grid, name="grid"),
]
