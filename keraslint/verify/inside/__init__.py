"""What runs in the interpreter that has Keras: it imports nothing but the standard library, Keras and NumPy."""
