"""Paper (文书排版): files and receipts set by Typst from data, with our own fonts and nothing of the machine's."""
