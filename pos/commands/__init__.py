"""The commands, a file each. Apart from `pos.cli` so that typing one loads no other."""
