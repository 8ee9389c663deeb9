"""Our own lint rules (自定规则): what no general linter knows about this project, each with a good and a bad line."""
