"""Wall screens (大屏): displays that a duty officer pairs for some hours; what they may show stands at the door."""
