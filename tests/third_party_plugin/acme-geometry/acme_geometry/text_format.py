"""Directions as text: a line `acme N D`, then a line of D numbers for each of N features."""

from saegeo_core import SaegeoError


class AcmeText:
    name = "acme-text"
    summary = "directions as text, in a file that begins with the word acme"

    def recognises(self, path):
        return path.is_file() and path.suffix == ".acme"

    def read(self, path, rows, layout):
        import numpy as np
        import torch

        from saegeo_core.loading.file_format import StoredDirections

        with path.open() as file:
            word, n, d = file.readline().split()
            numbers = np.loadtxt(file, dtype=np.float32, ndmin=2)
        if word != "acme" or numbers.shape != (int(n), int(d)):
            raise SaegeoError(f"{path} is damaged: it holds {numbers.shape}, not {n} by {d}", "write it again")
        return StoredDirections(torch.from_numpy(numbers), {"model": "acme-1"})

    def read_sae(self, path):
        import torch

        from saegeo_core.loading.sae_from_arrays import sae_from_arrays

        decoder = self.read(path, "decoder", None).vectors
        n, d = decoder.shape
        arrays = {"W_enc": decoder.T, "W_dec": decoder, "b_enc": torch.zeros(n), "b_dec": torch.zeros(d)}
        return sae_from_arrays("topk", arrays, path, k=8)
