"""Journal (留痕): receipts of writes, changes of what is not a case, who read what, and the seals over all chains."""
