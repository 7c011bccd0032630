"""How to build and call each public layer of Keras for `probe_layers.py`: data, and nothing about the answers.

A layer is built from the values of `REQUIRED` for the constructor parameters that have no default, and its entry in
`BUILD`, if it has one, over them. Its input is the one of `INPUTS`, or else the first of `SHAPES` that it takes.
"""

from __future__ import annotations

# Constructor parameters without a default, in all layers.
REQUIRED = {
    "activation": "relu",
    "axes": 1,
    "dims": (2, 1),
    "equation": "ab,bc->ac",
    "filters": 2,
    "head_dim": 4,
    "height": 6,
    "input_dim": 10,
    "kernel_size": 2,
    "key_dim": 4,
    "max_boxes": 2,
    "max_number": 2,
    "n": 2,
    "num_bins": 4,
    "num_heads": 2,
    "num_key_value_heads": 2,
    "num_query_heads": 2,
    "output_dim": 4,
    "output_shape": 4,
    "output_size": 2,
    "pool_size": 2,
    "scale": 0.5,
    "target_shape": (-1,),
    "units": 3,
    "width": 6,
    "window_size": 2,
}

# Constructor parameters that may decide whether the layer does anything in training, with a value that is not zero.
# Each is tried alone while the others are zero (None where zero is refused).
KNOBS = {
    "alpha": 0.5,
    "brightness_factor": 0.5,
    "contrast_factor": 0.5,
    "dropout": 0.5,
    "factor": 0.5,
    "height_factor": 0.3,
    "hue_factor": 0.5,
    "rate": 0.5,
    "recurrent_dropout": 0.5,
    "saturation_factor": 0.5,
    "stddev": 0.5,
    "width_factor": 0.3,
    "x_factor": 0.3,
    "y_factor": 0.3,
}

# Layers that take the word of a knob to mean something else than a strength: here it is a plain parameter.
NOT_KNOBS = {
    "ELU": ["alpha"],
    "LeakyReLU": ["alpha"],
    "RandomElasticTransform": ["alpha"],
    "RandomPosterization": ["factor"],
}

# Knobs that are taken through `**kwargs`, where no signature shows them.
HIDDEN_KNOBS = {"AdditiveAttention": ["dropout"], "Attention": ["dropout"]}

BUILD = {
    "CategoryEncoding": {"num_tokens": 10},
    "Discretization": {"bin_boundaries": [0.0, 0.5]},
    "DenseFeatures": None,  # feature columns: TensorFlow 1's way to say what an input is
    "FlaxLayer": None,  # needs flax
    "IntegerLookup": {"vocabulary": [1, 2, 3]},
    "GroupNormalization": {"groups": 1},
    "Hashing": {"num_bins": 4},
    "JaxLayer": None,  # needs the JAX backend
    "Lambda": {"function": "identity"},
    "MaxNumBoundingBoxes": {"max_number": 2, "bounding_box_format": "xyxy"},
    "MelSpectrogram": {"fft_length": 16, "sequence_stride": 4},
    "Normalization": {"mean": 0.0, "variance": 1.0},
    "Permute": {"dims": (2, 1)},
    "RandomCrop": {"height": 6, "width": 6},
    "RandomPosterization": {"factor": 4},
    "RepeatVector": {"n": 2},
    "STFTSpectrogram": {"frame_length": 16, "frame_step": 4, "fft_length": 16},
    "SpectralNormalization": {"layer": "Dense"},
    "StringLookup": {"vocabulary": ["a", "b"]},
    "TFSMLayer": None,  # needs a SavedModel on disk
    "experimental.DynamicEmbedding": None,  # a vocabulary that grows in training, by itself and not by mode
    "experimental.DynamicLookup": None,
    "TextVectorization": {"vocabulary": ["a", "b"]},
    "TorchModuleWrapper": None,  # needs torch
    "InputLayer": None,  # is never called
    "Layer": None,  # has no `call` of its own
    "Wrapper": None,  # has no `call` of its own
    "AbstractRNNCell": None,
    "AbstractWrapper": None,
    "InputSpec": None,
}

# Parameters that hold a child: (parameters, child that does nothing by mode, child that does, is it a list).
# Only the first parameter is filled; the others are None unless given.
CHILDREN = {
    "Bidirectional": (["layer", "backward_layer"], "LSTM", "LSTM dropout", False),
    "Pipeline": (["layers"], "Rescaling", "RandomFlip", True),
    "RNN": (["cell"], "LSTMCell", "LSTMCell dropout", False),
    "SpectralNormalization": (["layer"], "Dense", None, False),
    "StackedRNNCells": (["cells"], "LSTMCell", "LSTMCell dropout", True),
    "TimeDistributed": (["layer"], "Dense", "Dropout", False),
    "Wrapper": (["layer"], "Dense", "Dropout", False),
}

# What the layer is called with: "two" tensors, a "list" of two, a cell's "state(s)", ...
INPUTS = {
    "Add": "list",
    "AdditiveAttention": "list3",
    "Attention": "list3",
    "Average": "list",
    "CategoryEncoding": "ids",
    "Bidirectional": "sequence",
    "Concatenate": "list",
    "ConvLSTM1D": "video 1",
    "ConvLSTM2D": "video 2",
    "ConvLSTM3D": "video 3",
    "Dot": "list",
    "EinsumDense": "flat",
    "Embedding": "ids",
    "GRU": "sequence",
    "GRUCell": "state",
    "GroupQueryAttention": "two",
    "GroupedQueryAttention": "two",
    "HashedCrossing": "list ids",
    "Hashing": "ids",
    "IntegerLookup": "ids",
    "LSTM": "sequence",
    "LSTMCell": "states",
    "MaxNumBoundingBoxes": "boxes",
    "Maximum": "list",
    "MelSpectrogram": "sound",
    "Minimum": "list",
    "MultiHeadAttention": "two",
    "Multiply": "list",
    "RMSNormalization": "flat",
    "ReversibleEmbedding": "ids",
    "STFTSpectrogram": "channel of sound",
    "RNN": "sequence",
    "SimpleRNN": "sequence",
    "SimpleRNNCell": "state",
    "StackedRNNCells": "nested states",
    "StringLookup": "words",
    "Subtract": "list",
    "TextVectorization": "words",
    "TimeDistributed": "sequence",
    "CutMix": "labelled images",
    "MixUp": "labelled images",
    "Mosaic": "labelled images",
}

# Tried in this order where INPUTS says nothing; values are between 0 and 255.
SHAPES = [(4, 8, 8, 3), (4, 6, 3), (4, 6), (2, 4, 4, 4, 3), (2, 3, 6, 6, 3), (2, 3, 6, 3), (2, 3, 4, 4, 4, 3)]

# What only reading the sources of Keras tells.
# Recurrent cells and layers: Keras 2 keeps the dropout mask of their first call.
MASKED = ["ConvLSTM1D", "ConvLSTM2D", "ConvLSTM3D", "GRU", "GRUCell", "LSTM", "LSTMCell", "SimpleRNN", "SimpleRNNCell"]

STATED = {
    "keras": {
        "FlaxLayer": {"sensitive": "if", "note": "sensitive if the Flax module's method takes training"},
        "JaxLayer": {"sensitive": "if", "note": "sensitive if call_fn takes training"},
        "Lambda": {"sensitive": "if", "note": "sensitive if the function takes training, or calls what is sensitive"},
        "TFSMLayer": {
            "sensitive": "if",
            "nonzero": ["call_training_endpoint"],
            "note": "runs call_training_endpoint when training is true",
        },
        "TorchModuleWrapper": {
            "sensitive": "if",
            "note": "None counts as training: the module is put in eval mode only by training=False",
        },
    },
    "tf_keras": {
        "DenseFeatures": {"sensitive": "if", "note": "hands training to its feature columns"},
        "Lambda": {"sensitive": "if", "note": "sensitive if the function takes training, or calls what is sensitive"},
    },
}
