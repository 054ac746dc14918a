"""The cluster that a run moves work into: what is read of it, the few calls that change it, and the lock it keeps."""
