"""One file per provider. A file is all there is to a provider: add one and it is known, delete it and it is gone."""
