"""Record (案卷): the file under the road. Everything reads and writes a case through one gate, `flow`."""
