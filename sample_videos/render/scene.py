"""The picture: the dressed person, floor, mat or chair, and lights, drawn by PyVista.

World metres, z up; the ground under the person's feet is z = 0.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyvista as pv

from sample_videos.render.geometry import rotation_about
from sample_videos.render.mesh import triangles_of, vertex_normals

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from sample_videos.render.body import Body
    from sample_videos.render.cameras import Camera
    from sample_videos.render.geometry import Array
    from sample_videos.render.looks import Look
    from sample_videos.render.motions import Motion
    from sample_videos.render.outfit import Wear

_MAT_THICKNESS_M = 0.02
_WALL_BEHIND_M = 2.8
# Far enough to fill the picture of a wide lens.
_ROOM_M = 34.0


class Figure:
    """One dressed body on the stage; it is moved, or hidden."""

    def __init__(
        self, plotter: pv.Plotter, body: Body, wears: Sequence[Wear], ambient: float
    ) -> None:
        """Add the body at rest to the plotter's stage."""
        self._plotter = plotter
        self._triangles = triangles_of(body.faces)
        self._rest = body.vertices
        self._ambient = 0.25 * ambient
        self._pieces = [(wear, *self._add(wear)) for wear in wears]

    def show(self, vertices: Array | None) -> None:
        """Put the body where these posed vertices are; None hides it."""
        for _, actor, _ in self._pieces:
            actor.visibility = vertices is not None
        if vertices is None:
            return
        normals = vertex_normals(vertices, self._triangles)
        for wear, _, mesh in self._pieces:
            piece_normals = wear.piece.follow(normals)
            mesh.points = wear.piece.follow(vertices) + wear.push_m * piece_normals
            mesh.point_data["Normals"] = piece_normals.astype(np.float32)

    def _add(self, wear: Wear) -> tuple[pv.Actor, pv.PolyData]:
        piece = wear.piece
        threes = np.full((len(piece.triangles), 1), 3)
        faces = np.concatenate([threes, piece.triangles], axis=1).ravel()
        mesh = pv.PolyData(piece.follow(self._rest), faces)
        looks: dict[str, object] = {"color": wear.colour, "specular": 0.05}
        if wear.paint is not None:
            mesh["paint"] = wear.paint
            looks = {"scalars": "paint", "rgb": True, "specular": 0.15}
        actor = self._plotter.add_mesh(mesh, smooth_shading=True, ambient=self._ambient, **looks)
        # The plotter draws a copy of the mesh; that copy is the one to move. It is asked for
        # once and kept: later it may be another one.
        drawn: pv.PolyData = actor.mapper.dataset
        if drawn.n_points != len(piece.first):
            message = "the plotter reordered the mesh's vertices"
            raise RuntimeError(message)
        return actor, drawn


class Scene:
    """A stage for a body in one exercise, seen by one camera."""

    def __init__(
        self,
        motion: Motion,
        wears: Sequence[Wear],
        look: Look,
        camera: Camera,
        size_px: tuple[int, int],
    ) -> None:
        """Set the stage for a body in clothes (see `outfit.dress`); nothing is drawn yet."""
        self._look = look
        self._plotter = pv.Plotter(off_screen=True, window_size=list(size_px), lighting="none")
        self.person = self.add_figure(motion.body, wears)
        self.floor_m = 0.0 if motion.on_chair else -_MAT_THICKNESS_M
        if motion.on_chair:
            self._add_chair(motion.support_height_m)
        else:
            self._add_mat()
        self._add_room(camera)
        self._add_lamps(camera)
        self._aim(camera, size_px)
        self._plotter.background_color = pv.Color(look.wall)
        self._plotter.enable_anti_aliasing("msaa", multi_samples=8)
        self._size_px = size_px
        self._empty: NDArray[np.uint8] | None = None
        self._part = (slice(None), slice(None))

    def add_figure(self, body: Body, wears: Sequence[Wear]) -> Figure:
        """Add a dressed body."""
        return Figure(self._plotter, body, wears, self._look.ambient)

    def draw(self, seed: int = 0) -> NDArray[np.uint8]:
        """Return the picture (height x width x RGB); its noise depends on the seed alone."""
        self._plotter.render()
        picture = np.asarray(self._plotter.screenshot(return_img=True))[:, :, :3]
        if self._empty is not None:
            part, picture = picture, self._empty.copy()
            picture[self._part] = part
        return self._look.develop(picture, seed)

    def keep_to(self, left: int, top: int, right: int, bottom: int) -> None:
        """Draw only this part of the picture from now on; the rest stays as it is now.

        Drawing a part costs less. Call it while nothing that moves is shown.
        """
        if self._empty is not None:
            message = "the scene keeps to a part already"
            raise RuntimeError(message)
        self._plotter.render()
        self._empty = np.asarray(self._plotter.screenshot(return_img=True))[:, :, :3].copy()
        self._part = (slice(top, bottom), slice(left, right))
        (width, height), view = self._size_px, self._plotter.camera
        part_width, part_height = right - left, bottom - top
        self._plotter.window_size = [part_width, part_height]
        half = np.tan(np.radians(view.view_angle) / 2.0) * part_height / height
        view.view_angle = float(np.degrees(2.0 * np.arctan(half)))
        view.SetWindowCenter(
            (left + right - width) / part_width, (height - top - bottom) / part_height
        )

    def close(self) -> None:
        """Free the drawing window."""
        self._plotter.close()

    def _add_box(
        self,
        centre: tuple[float, float, float],
        size: tuple[float, float, float],
        colour: str,
        ambient: float = 0.1,
    ) -> None:
        box = pv.Cube(center=centre, x_length=size[0], y_length=size[1], z_length=size[2])
        self._plotter.add_mesh(box, color=colour, ambient=ambient * self._look.ambient)

    def _add_mat(self) -> None:
        half = _MAT_THICKNESS_M / 2.0
        self._add_box((-0.02, 0.0, -half), (1.95, 0.72, _MAT_THICKNESS_M), self._look.mat)

    def _add_chair(self, seat_height: float) -> None:
        seat_thickness, leg = 0.05, 0.035
        seat, wood = self._look.seat, self._look.chair_legs
        under = seat_height - seat_thickness
        self._add_box(
            (0.0, 0.05, seat_height - seat_thickness / 2.0), (0.44, 0.46, seat_thickness), seat
        )
        self._add_box((0.0, 0.285, seat_height + 0.28), (0.42, 0.03, 0.34), seat)
        for x in (-0.19, 0.19):
            self._add_box((x, -0.15, under / 2.0), (leg, leg, under), wood)
            back_leg = under + 0.4
            self._add_box((x, 0.26, back_leg / 2.0), (leg, leg, back_leg), wood)

    def _add_room(self, camera: Camera) -> None:
        """Lay a floor and put a wall behind the person, square to the camera."""
        floor = pv.Plane(center=(0.0, 0.0, self.floor_m), i_size=_ROOM_M, j_size=_ROOM_M)
        self._plotter.add_mesh(floor, color=self._look.floor, ambient=0.3 * self._look.ambient)
        wall = pv.Cube(
            center=(0.0, _WALL_BEHIND_M, 2.0), x_length=_ROOM_M, y_length=0.05, z_length=6.0
        )
        wall = wall.rotate_z(camera.azimuth_deg)
        self._plotter.add_mesh(wall, color=self._look.wall, lighting=False)

    def _add_lamps(self, camera: Camera) -> None:
        turn = rotation_about((0.0, 0.0, 1.0), camera.azimuth_deg)
        for lamp in self._look.lamps:
            position = tuple(float(x) for x in turn @ np.array(lamp.place))
            light = pv.Light(
                position=position,
                focal_point=(0.0, 0.0, 0.4),
                intensity=lamp.brightness,
                color=lamp.colour,
            )
            light.positional = False
            self._plotter.add_light(light)

    def _aim(self, camera: Camera, size_px: tuple[int, int]) -> None:
        view = self._plotter.camera
        view.position = tuple(float(x) for x in camera.position)
        view.focal_point = camera.target_m
        view.up = (0.0, 0.0, 1.0)
        view.view_angle = camera.vertical_view_deg(size_px)
        view.clipping_range = (0.2, 30.0)
