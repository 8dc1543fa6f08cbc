"""`python -m pos`: the commands, where the `pos` script is not on the path."""

from pos.cli import main

if __name__ == "__main__":
    main()
