# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""Features of proposals as points of a plane (figure 5).

Legend: N proposals, D channels, K classes; label K is the background.
"""

from typing import List, Sequence, Tuple

import numpy as np

from ..visualization.draw import class_colour
from ..visualization.text import save_figure

# Markers of the target, the positive and the negative video.
_MARKERS = (
    ('o', 'target video'),
    ('^', 'positive video'),
    ('s', 'negative video'),
)


def points_in_a_plane(features: np.ndarray, seed: int = 0) -> np.ndarray:
    """t-SNE of features by their cosine distance.

    Args:
        features: [N, D].
        seed: Of all that is random.

    Returns:
        float [N, 2]. Neighbours of a point were neighbours before;
        distances between groups mean nothing.

    Raises:
        ValueError: There are fewer than 4 points.
    """
    if len(features) < 4:
        raise ValueError(
            f'{len(features)} proposals are too few for a picture; draw '
            'another triplet with --seed'
        )
    from sklearn.manifold import TSNE

    return TSNE(
        metric='cosine',
        init='pca',
        learning_rate='auto',
        # Its neighbours must be fewer than there are points.
        perplexity=min(30.0, (len(features) - 1) / 3),
        random_state=seed,
    ).fit_transform(np.asarray(features, dtype=np.float32))


def neighbour_agreement(features: np.ndarray, labels: np.ndarray) -> float:
    """How often the most similar other row has the same label.

    What a picture shows is a matter of its making; this is a number about
    the features themselves.

    Args:
        features: [N, D], compared by cosine similarity.
        labels: int [N].

    Returns:
        A share, 0 to 1; NaN for fewer than two rows.

    Example:
        >>> rows = np.array([[1., 0.], [1., .1], [0., 1.], [.1, 1.]])
        >>> neighbour_agreement(rows, np.array([0, 0, 1, 2]))
        0.5
    """
    if len(features) < 2:
        return float('nan')
    norm = np.linalg.norm(features, axis=1, keepdims=True)
    unit = features / np.maximum(norm, 1e-12)
    similarity = unit @ unit.T
    np.fill_diagonal(similarity, -np.inf)
    return float((labels[similarity.argmax(1)] == labels).mean())


def draw_embeddings(
    panels: Sequence[Tuple[str, np.ndarray]],
    labels: np.ndarray,
    videos: np.ndarray,
    class_names: Sequence[str],
    title: str,
    path: str,
) -> None:
    """Draw several embeddings of the same proposals side by side.

    Colour is the category, grey the background, shape the video.

    Args:
        panels: For each its title and points [N, 2].
        labels: int [N], K for background.
        videos: 0 for the target video, 1 for the positive, 2 for the
            negative, int [N].
        class_names: The name of each class, [K].
        title: Above all panels.
        path: The file to write, such as ``features.png``.
    """
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D

    background = labels == len(class_names)
    figure = Figure(figsize=(5.2 * len(panels), 5.9))
    for number, (name, points) in enumerate(panels, 1):
        axes = figure.add_subplot(1, len(panels), number)
        for video, (marker, _) in enumerate(_MARKERS):
            for grey in (True, False):
                here = (videos == video) & (background == grey)
                axes.scatter(
                    points[here, 0],
                    points[here, 1],
                    c='#d0d0d0' if grey else _colours(labels[here]),
                    marker=marker,
                    s=18 if grey else 46,
                    linewidths=0 if grey else 0.6,
                    edgecolors='black',
                    zorder=1 if grey else 2,
                )
        axes.set_title(name, fontsize=10)
        axes.set_xticks([])
        axes.set_yticks([])
    handles = [
        _dot(Line2D, marker, '#808080', text) for marker, text in _MARKERS
    ]
    handles += [
        _dot(Line2D, 'o', _colours([label])[0], class_names[label])
        for label in np.unique(labels[~background])
    ]
    handles.append(_dot(Line2D, 'o', '#d0d0d0', 'background'))
    figure.suptitle(title, fontsize=11)
    figure.legend(
        handles=handles,
        loc='lower center',
        ncol=min(8, len(handles)),
        fontsize=9,
        frameon=False,
    )
    lines = -(-len(handles) // 8)
    figure.tight_layout(rect=(0, 0.05 * lines, 1, 0.98))
    save_figure(figure, path, dpi=130)


def _colours(labels: Sequence[int]) -> List[Tuple[float, ...]]:
    """Red, green, blue of each label, 0 to 1, as boxes are drawn."""
    return [
        tuple(part / 255 for part in class_colour(int(label))[::-1])
        for label in labels
    ]


def _dot(line, marker, colour, text):
    """Draw an entry of the legend."""
    return line(
        [], [], marker=marker, color=colour, linestyle='none', label=text
    )
