"""One expression classifier in TFLite asked about pictures; run by benchmarks.peers in an environment of its own.

``python tflite_peer.py MODEL PICTURES.npy FORM OUT.npz``: uint8 grey pictures (n, S, S); FORM is "fer" or "facex".
Needs ai-edge-litert and numpy, and nothing of this project.
"""

import sys
import time

import numpy as np
from ai_edge_litert.interpreter import Interpreter
from numpy.typing import NDArray


def shown(picture: NDArray[np.uint8], side: int, form: str) -> NDArray[np.float32]:
    """What the package itself shows the network: bilinear enlargement, then its own range."""
    height, width = picture.shape
    across, down = ((np.arange(side) + 0.5) * size / side - 0.5 for size in (width, height))
    left, top = (np.clip(np.floor(at), 0, size - 2).astype(int) for at, size in ((across, width), (down, height)))
    x, y = np.clip(across - left, 0, 1), np.clip(down - top, 0, 1)[:, None]
    grey = picture.astype(np.float32)
    rows = grey[top] * (1 - y) + grey[top + 1] * y
    large = rows[:, left] * (1 - x) + rows[:, left + 1] * x
    if form == "fer":
        return ((large / 255 - 0.5) * 2)[None, :, :, None].astype(np.float32)
    return np.repeat((large / 255)[None, :, :, None], 3, axis=3).astype(np.float32)


def main() -> None:
    model, pictures, form, out = sys.argv[1:]
    interpreter = Interpreter(model, num_threads=1)
    interpreter.allocate_tensors()
    (given,), (said,) = interpreter.get_input_details(), interpreter.get_output_details()
    answers, seconds = [], []
    for picture in np.load(pictures):
        tensor = shown(picture, given["shape"][1], form)
        began = time.process_time()
        interpreter.set_tensor(given["index"], tensor)
        interpreter.invoke()
        answers.append(interpreter.get_tensor(said["index"])[0].copy())
        seconds.append(time.process_time() - began)
    np.savez(out, answers=np.stack(answers), ms=1000 * np.median(seconds))


if __name__ == "__main__":
    main()
