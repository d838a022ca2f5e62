raise OSError("libacme.so is not there")
