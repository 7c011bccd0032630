"""Random Keras programs as a person would write them: Hypothesis strategies that draw source text.

worlds      the shape of the data, and the builtin layers that keep it
writer      what has been written of a file so far, and how to choose
holding     attributes that hold layers, and the statements that call them
doubts      what is decided only when a program runs
bodies      the statements of a `call` and of its helper methods
classes     layer and model classes
steps       `train_step`, `test_step`, `predict_step`
graphs      functional and Sequential models, and the functions that build them
programs    whole files
"""
