"""Kit (工具): what every layer may lean on; it holds no models and knows no case."""
