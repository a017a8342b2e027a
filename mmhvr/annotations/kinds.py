# Copyright (c) mmhvr contributors. Licensed under Apache-2.0.
"""Each kind of fault: what it does to training or to the number, the remedy.

One table for the reader's errors, its warnings and ``mmhvr data check``.
"""

from typing import Dict, NamedTuple


class Kind(NamedTuple):
    """What is known of a kind of fault before it is seen in a file.

    Attributes:
        effect (str): What it does; empty if the fault says it.
        remedy (str): What a person does about it.
    """

    effect: str
    remedy: str


_LEFT_OUT = 'they are left out, in training and in evaluation'
_COLLISION = 'what refers to one of them may mean the other'
_BOX_FORM = (
    'check that bbox is [x, y, width, height] with x, y the upper left corner'
)
KINDS: Dict[str, Kind] = {
    # Fields and ids: nothing can be read before they are right.
    'field-missing': Kind('the file cannot be read', 'give one to each'),
    'field-mistyped': Kind('the file cannot be read', 'write it so'),
    **{
        f'{section}-share-id': Kind(
            _COLLISION,
            f'files that were joined count from the start again: number '
            f'{section} anew, and with them what refers to them',
        )
        for section in ('images', 'videos', 'annotations')
    },
    'categories-share-id': Kind(
        _COLLISION, 'give each category an id of its own'
    ),
    'categories-share-name': Kind(
        'a label is found by the name',
        'join the categories of one name, or rename one',
    ),
    'reference-lost': Kind(
        'the file cannot be read',
        'add what is named, or take out what names it',
    ),
    'category-ids': Kind(
        'harmless here, since labels follow the names; other programs take '
        'ids for places',
        'number the categories 1, 2, 3, ...',
    ),
    # Classes.
    'category-without-boxes': Kind(
        'nothing of them is learnt, and they are left out of the mean',
        'add boxes of them, or take them out of categories and of the class '
        'names',
    ),
    'few-videos': Kind(
        'training stops, as a batch needs K classes and N videos of each',
        'add videos, lower videos_per_category and num_categories (mmhvr '
        'new writes what the data allow), or leave small classes out with '
        "small_categories='leave_out'",
    ),
    'name-without-comma': Kind(
        'Python joins texts that no comma parts: these classes are found '
        'nowhere',
        'put the comma, and a comma behind a single name, too',
    ),
    'class-names': Kind(
        'boxes of classes that are not named alike are never learnt or found',
        'spell the classes of config and file alike',
    ),
    # Videos and frames.
    'frame-twice': Kind(
        'the order of the frames is not known',
        'count the frames of a video 0, 1, 2, ...',
    ),
    'frame-id-missing': Kind(
        'training stops: the order of the frames is not known',
        'count the frames of a video 0, 1, 2, ...',
    ),
    'frame-gaps': Kind(
        'training and test stop at such a video',
        'count the frames of each video 0, 1, 2, ... in their order',
    ),
    'frames-by-alphabet': Kind(
        'if they were filmed in the order of their numbers, neighbours in '
        'the file are none in time: motion and support frames are wrong',
        'sort their names by number and set frame_id by that',
    ),
    'file-twice': Kind(
        'each record is an image of its own, with its own boxes alone',
        'give each frame one record, with all its boxes',
    ),
    'file-in-two-videos': Kind(
        'each record is an image of its own, with its own boxes alone',
        'if they are one image, join their records',
    ),
    'videos-missing': Kind(
        'training stops', 'list each video with its id and a name'
    ),
    'video-id-missing': Kind(
        'training stops at an image of no video',
        'give video_id to each image, or set load_as_video=False for still '
        'images',
    ),
    'video-without-frames': Kind(
        'it is passed over', 'take its record out, or add its images'
    ),
    'video-without-boxes': Kind(
        'no batch draws it, and all that is found in it counts as false',
        'annotate it, or leave it out of the file',
    ),
    'frame-sizes': Kind(
        'they may be several videos under one id, and without '
        'PadVideoFrames training stops at such a sample',
        'give each video an id of its own',
    ),
    'every-nth-frame': Kind(
        'if the others are not annotated, what is found in them counts as '
        'false',
        'leave them out of the file for evaluation',
    ),
    'key-frame-missing': Kind(
        'a frame without it may be a target of training',
        'write true or false for each image',
    ),
    'size-missing': Kind(
        'training stops: it needs the size of each image',
        'write width and height of each image in pixels',
    ),
    # Boxes.
    'boxes-as-shares': Kind('no box can be used', 'write pixels'),
    'boxes-unusable': Kind('there is nothing to learn or to find', _BOX_FORM),
    'boxes-as-corners': Kind(
        'boxes are larger than their objects', 'write [x, y, width, height]'
    ),
    'boxes-of-other-size': Kind(
        'boxes lie beside their objects',
        'most boxes are of images of another size, or bbox is not [x, y, '
        'width, height] with x, y the upper left corner',
    ),
    'box-beyond': Kind(
        'they count, and training cuts them at the border',
        'if they are many, ' + _BOX_FORM,
    ),
    'box-not-finite': Kind(_LEFT_OUT, 'write the numbers, or take them out'),
    'box-inverted': Kind(
        _LEFT_OUT, 'write them from their upper left corner on'
    ),
    'box-empty': Kind(_LEFT_OUT, 'take them out, or draw them anew'),
    'box-outside': Kind(
        _LEFT_OUT, 'take them out, or check of which image they are'
    ),
    'box-repeated': Kind(
        'they count, so that one of the two is always missed', 'take them out'
    ),
    'boxes-ignored': Kind(
        'there is none to learn or to find',
        'set iscrowd and ignore to 0 for single objects',
    ),
    'box-of-other-video': Kind(
        'they are taken as boxes of their image_id',
        'check which of the two is right',
    ),
    # Tracks.
    'track-missing': Kind(
        'evaluation has no slow, medium and fast objects; detection itself '
        'reads no tracks',
        'give instance_id to each box, the same for the same object',
    ),
    'track-twice': Kind(
        'evaluation by motion stops there',
        'give each object of a video an id of its own',
    ),
    'track-classes': Kind(
        'one of the classes is wrong, or two objects share the id: what '
        'training learns contradicts itself',
        'look at the track and give it one class, or two ids',
    ),
    'box-jumps': Kind(
        'boxes that lie beside their object teach the wrong thing and '
        'cannot be found',
        'look at these frames in the annotation tool',
    ),
    # Pictures.
    'image-missing': Kind(
        'training and test stop there',
        'get the files, check --images, or leave these frames out',
    ),
    'image-unreadable': Kind(
        'training and test stop there', 'get or make the files again'
    ),
    'image-size': Kind(
        'boxes lie beside their objects; training and test stop there',
        'annotate the images that are there, or scale width, height and '
        'boxes of the file',
    ),
    'image-turned': Kind(
        'images are read upright, as a viewer shows them, and the boxes are '
        'of the image as it is stored; training and test stop there',
        'write sizes and boxes of the upright image, or take the mark out '
        'of the files (exiftool -Orientation= FILE)',
    ),
    'image-mark': Kind(
        'they are shown and read turned or mirrored, and whether the boxes '
        'are of that cannot be told',
        'look at one (mmhvr data show), and take the mark out of the files '
        'if its boxes lie wrong (exiftool -Orientation= FILE)',
    ),
    # Two files.
    'overlap-videos': Kind(
        'the number is too good: the model has seen what it is tested on',
        'put each video into one of the files',
    ),
    'overlap-files': Kind(
        'the number is too good: the model has seen what it is tested on',
        'put each video into one of the files',
    ),
    'overlap-pictures': Kind(
        'the number is too good: the model has seen what it is tested on',
        'put copies of a video into one of the files',
    ),
}
