"""The runtime verifier: builds the models that findings are about, runs them, and says what each layer received."""
