"""The picture: the dressed person, floor, mat or chair, and lights, drawn by PyVista.

World metres, z up; the ground under the person's feet is z = 0.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyvista as pv

from sample_videos.render.geometry import rotation_about
from sample_videos.render.mesh import triangles_of, vertex_normals
from sample_videos.render.outfit import dress

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sample_videos.render.body import Body
    from sample_videos.render.cameras import Camera
    from sample_videos.render.geometry import Array
    from sample_videos.render.motions import Motion
    from sample_videos.render.outfit import Wear

_BACKGROUND = "#d8d6d0"
_FLOOR = "#b08f70"
_MAT = "#3f8f82"
_SEAT = "#80858c"
_CHAIR_LEGS = "#75502f"

_MAT_THICKNESS_M = 0.02
_WALL_BEHIND_M = 2.8
# (place relative to a camera in front, brightness)
_LIGHTS = (((-1.6, -2.6, 2.6), 0.6), ((2.2, -1.6, 2.4), 0.35), ((0.0, 0.6, 2.9), 0.3))


class Scene:
    """A stage for one body in one exercise, seen by one camera."""

    def __init__(
        self, body: Body, motion: Motion, camera: Camera, size_px: tuple[int, int]
    ) -> None:
        """Set the stage; nothing is drawn yet."""
        self._body = body
        self._plotter = pv.Plotter(off_screen=True, window_size=list(size_px), lighting="none")
        self._all_triangles = triangles_of(body.faces)
        self._actors = [(wear, self._add_wear(wear)) for wear in dress(body)]
        if motion.on_chair:
            self._add_chair(motion.support_height_m)
            floor_height = 0.0
        else:
            self._add_mat()
            floor_height = -_MAT_THICKNESS_M
        self._add_room(camera, floor_height)
        self._add_lights(camera)
        self._aim(camera, size_px)
        self._plotter.background_color = pv.Color(_BACKGROUND)
        self._plotter.enable_anti_aliasing("msaa", multi_samples=8)

    def draw(self, vertices: Array) -> NDArray[np.uint8]:
        """Draw the body with these posed vertices; return the picture (height x width x RGB)."""
        normals = vertex_normals(vertices, self._all_triangles)
        for wear, mesh in self._actors:
            piece_normals = wear.piece.follow(normals)
            mesh.points = wear.piece.follow(vertices) + wear.push_m * piece_normals
            mesh.point_data["Normals"] = piece_normals.astype(np.float32)
        self._plotter.render()
        return np.asarray(self._plotter.screenshot(return_img=True))[:, :, :3]

    def close(self) -> None:
        """Free the drawing window."""
        self._plotter.close()

    def _add_wear(self, wear: Wear) -> pv.PolyData:
        piece = wear.piece
        threes = np.full((len(piece.triangles), 1), 3)
        faces = np.concatenate([threes, piece.triangles], axis=1).ravel()
        mesh = pv.PolyData(piece.follow(self._body.vertices), faces)
        if wear.paint is None:
            actor = self._plotter.add_mesh(
                mesh, color=wear.colour, smooth_shading=True, ambient=0.25, specular=0.05
            )
        else:
            mesh["paint"] = wear.paint
            actor = self._plotter.add_mesh(
                mesh, scalars="paint", rgb=True, smooth_shading=True, ambient=0.25, specular=0.15
            )
        # The plotter draws a copy of the mesh; that copy is the one to move.
        drawn: pv.PolyData = actor.mapper.dataset
        if drawn.n_points != len(piece.first):
            message = "the plotter reordered the mesh's vertices"
            raise RuntimeError(message)
        return drawn

    def _add_box(
        self,
        centre: tuple[float, float, float],
        size: tuple[float, float, float],
        colour: str,
        ambient: float = 0.1,
    ) -> None:
        box = pv.Cube(center=centre, x_length=size[0], y_length=size[1], z_length=size[2])
        self._plotter.add_mesh(box, color=colour, ambient=ambient)

    def _add_mat(self) -> None:
        half = _MAT_THICKNESS_M / 2.0
        self._add_box((-0.02, 0.0, -half), (1.95, 0.72, _MAT_THICKNESS_M), _MAT)

    def _add_chair(self, seat_height: float) -> None:
        seat_thickness, leg = 0.05, 0.035
        under = seat_height - seat_thickness
        self._add_box(
            (0.0, 0.05, seat_height - seat_thickness / 2.0), (0.44, 0.46, seat_thickness), _SEAT
        )
        self._add_box((0.0, 0.285, seat_height + 0.28), (0.42, 0.03, 0.34), _SEAT)
        for x in (-0.19, 0.19):
            self._add_box((x, -0.15, under / 2.0), (leg, leg, under), _CHAIR_LEGS)
            back_leg = under + 0.4
            self._add_box((x, 0.26, back_leg / 2.0), (leg, leg, back_leg), _CHAIR_LEGS)

    def _add_room(self, camera: Camera, floor_height: float) -> None:
        """Lay a floor and put a wall behind the person, square to the camera."""
        floor = pv.Plane(center=(0.0, 0.0, floor_height), i_size=14.0, j_size=14.0)
        self._plotter.add_mesh(floor, color=_FLOOR, ambient=0.3)
        wall = pv.Cube(
            center=(0.0, _WALL_BEHIND_M, 2.0), x_length=14.0, y_length=0.05, z_length=6.0
        )
        wall = wall.rotate_z(camera.azimuth_deg)
        self._plotter.add_mesh(wall, color=_BACKGROUND, lighting=False)

    def _add_lights(self, camera: Camera) -> None:
        turn = rotation_about((0.0, 0.0, 1.0), camera.azimuth_deg)
        for place, brightness in _LIGHTS:
            position = tuple(float(x) for x in turn @ np.array(place))
            light = pv.Light(position=position, focal_point=(0.0, 0.0, 0.4), intensity=brightness)
            light.positional = False
            self._plotter.add_light(light)

    def _aim(self, camera: Camera, size_px: tuple[int, int]) -> None:
        view = self._plotter.camera
        view.position = tuple(float(x) for x in camera.position)
        view.focal_point = camera.target_m
        view.up = (0.0, 0.0, 1.0)
        view.view_angle = camera.vertical_view_deg(size_px)
        view.clipping_range = (0.2, 30.0)
