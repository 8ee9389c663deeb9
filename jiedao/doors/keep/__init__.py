"""Keeping (备份与恢复): sealed copies of the database and its files, what proves them whole, and the way back."""
