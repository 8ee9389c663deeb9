"""Exchange (数据交换): what comes from and goes to other systems, by files."""
