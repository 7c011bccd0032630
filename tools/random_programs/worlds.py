"""The builtin layers that programs are made of: each keeps the shape of its input, so that any can follow any."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class World:
    """One shape of data. `{rate}` in a constructor stands for a number or for a variable that holds one."""

    data: str  # as `# run:` lines have it
    shape: str  # of `keras.Input`
    acting: tuple[str, ...]  # constructors of layers that act by mode
    plain: tuple[str, ...]  # of layers that do not, or only carry a value on


VECTORS = World(
    data="float(2, 4)",
    shape="(4,)",
    acting=(
        "layers.Dropout({rate})",
        "layers.BatchNormalization()",
        "layers.GaussianNoise({rate})",
        "layers.GaussianDropout({rate})",
        "layers.AlphaDropout({rate})",
    ),
    plain=(
        "layers.Dense(4)",
        'layers.Dense(4, activation="relu")',
        "layers.LayerNormalization()",
        'layers.Activation("relu")',
        "layers.ReLU()",
        "layers.Lambda(lambda t: t * 2.0)",
    ),
)
SEQUENCES = World(
    data="float(2, 2, 4)",
    shape="(2, 4)",
    acting=(
        "layers.Dropout({rate})",
        "layers.SpatialDropout1D({rate})",
        "layers.LSTM(4, return_sequences=True, dropout={rate})",
        "layers.GRU(4, return_sequences=True, recurrent_dropout={rate})",
        "layers.Bidirectional(layers.LSTM(2, return_sequences=True, dropout={rate}))",
        "layers.TimeDistributed(layers.Dropout({rate}))",
        "layers.RNN(layers.LSTMCell(4, dropout={rate}), return_sequences=True)",
        "layers.MultiHeadAttention(2, 2, dropout={rate})",
        "layers.BatchNormalization()",
    ),
    plain=(
        "layers.Dense(4)",
        'layers.Conv1D(4, 2, padding="same")',
        "layers.LayerNormalization()",
        "layers.TimeDistributed(layers.Dense(4))",
        "layers.LSTM(4, return_sequences=True)",
    ),
)
IMAGES = World(
    data="float(2, 6, 6, 3)",
    shape="(6, 6, 3)",
    acting=(
        'layers.RandomFlip("horizontal")',
        "layers.BatchNormalization()",
        "layers.Dropout({rate})",
        "layers.RandomRotation(0.1)",
        "layers.RandomBrightness(0.1)",
        "layers.RandomContrast(0.2)",
        "layers.SpatialDropout2D({rate})",
        "layers.GaussianNoise({rate})",
    ),
    plain=(
        'layers.Conv2D(3, 3, padding="same")',
        "layers.Resizing(6, 6)",
        "layers.CenterCrop(6, 6)",
        "layers.Rescaling(0.5)",
        "layers.Dense(3)",
        'layers.MaxPooling2D(3, strides=1, padding="same")',
    ),
)
