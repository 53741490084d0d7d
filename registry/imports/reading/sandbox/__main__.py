"""Starts the child process: told where this folder lies and where the reader is installed.

It runs without site-packages, since setting those up took longer than all else. What it does is
imported, since a script is compiled each time.
"""

import sys

if __name__ == "__main__":
    sys.path += sys.argv[2:4]
    __import__("sandbox.opening", fromlist=["main"]).main(int(sys.argv[1]))
